/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/broker/link.h"

#include <errno.h>
#include <string.h>

#include "capture/base/processor.h"
#include "capture/broker/porter.h"

enum { PATIENCE_S = 10 }; /* longer than any card takes */

static int fail_to_connect(const char *path, int error, struct reason *reason) {
	const char *help =
		error == -ENOENT || error == -ECONNREFUSED ? "is it running? (systemctl start zerovnc-broker)"
		: error == -ESHUTDOWN ? "the process that connects for this one has ended: restart the server"
		: error == -EACCES    ? "it serves only one user (zerovnc-broker --user)"
				      : "see its log";
	return reason_set(
		reason, error, "the broker cannot be reached at %s: %s: %s", path, strerror(-error), help);
}

int link_connect(const char *path, int *fd, struct reason *reason) {
	int error = porter_connect(path, PATIENCE_S, fd);
	return error ? fail_to_connect(path, error, reason) : 0;
}

bool link_is_broken(int error) {
	return error == -EPIPE || error == -EPROTO || error == -ETIMEDOUT;
}

/* The errors of the connection itself, whatever the kernel calls them. */
static int broken(int error, struct reason *reason) {
	if (error == -EAGAIN)
		return reason_set(reason, -ETIMEDOUT, "the broker does not answer: see its log");
	if (error == -EPROTO)
		return reason_set(reason, -EPROTO,
			"the broker's answer makes no sense: is it of the same version? (zerovnc-broker --version)");
	return reason_set(reason, -EPIPE,
		"the broker is gone, or it does not serve this user: see its log, and zerovnc-broker --user");
}

int link_mend(int error) {
	return error > 0 || error < -4095 || link_is_broken(error) ? -EIO : error;
}

static bool is_answer(const struct wire_answer *answer, size_t length, enum wire_kind kind) {
	return length >= offsetof(struct wire_answer, reason) && answer->version == WIRE_VERSION &&
	       answer->kind == kind && length == wire_answer_size(kind) &&
	       wire_is_text(answer->reason, sizeof answer->reason);
}

/* The broker answers at once, if it gets the processor. */
static int hear(int fd, struct wire_answer *answer, size_t *length, struct wire_fds *fds) {
	struct processor_turn turn = {0};
	int error = -EAGAIN;
	while (error == -EAGAIN && processor_give(&turn))
		error = wire_receive_now(fd, answer, sizeof *answer, length, fds);
	return error == -EAGAIN ? wire_receive(fd, answer, sizeof *answer, length, fds) : error;
}

int link_ask(int fd, enum wire_kind kind, struct wire_request *request, struct wire_answer *answer,
	struct wire_fds *fds, struct reason *reason) {
	struct processor_stay stay;
	size_t length;
	processor_stay_begin(&stay);
	request->version = WIRE_VERSION;
	request->kind = kind;
	request->processor = stay.at;
	if (fds)
		fds->count = fds->taken = 0;
	int error = wire_send(fd, request, wire_request_size(kind), NULL, 0);
	if (!error)
		error = hear(fd, answer, &length, fds);
	processor_stay_end(&stay);
	if (error)
		return broken(error, reason);
	error = is_answer(answer, length, kind) ? 0 : broken(-EPROTO, reason);
	if (!error && answer->error) {
		error = link_mend(answer->error);
		reason_set(reason, 0, "%s", answer->reason);
	}
	if (error && fds)
		wire_close(fds);
	return error;
}
