/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/broker/key.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "capture/base/confine.h"
#include "capture/base/processor.h"
#include "capture/broker/keyholder.h"
#include "capture/broker/wire.h"
#include "capture/kms/device.h"

enum { PATIENCE_S = 5 }; /* longer than any card takes, and shorter than the server's patience */

static int keyholder = -1; /* the connection; owned */

/* --- questions --- */

/* The broker ends when it looks at the lifeline. What comes late is not to answer another question. */
static int lose(void) {
	shutdown(keyholder, SHUT_RDWR);
	return -EIO;
}

static int converse(struct keyholder_question *question, int fd, struct keyholder_answer *answer) {
	size_t length;
	question->processor = processor_now();
	int error = wire_send(keyholder, question, sizeof *question, &fd, 1);
	if (!error)
		error = wire_receive(keyholder, answer, sizeof *answer, &length, NULL);
	return error || length != sizeof *answer || answer->error > 0 || answer->error < -4095 ? lose() : 0;
}

static int ask(int fd, unsigned long request, void *argument) {
	struct keyholder_question question = {0};
	struct keyholder_answer answer;
	while (question.call < KEYHOLDER_CALLS && keyholder_requests[question.call] != request)
		question.call++;
	if (question.call == KEYHOLDER_CALLS)
		return -EINVAL;
	if (argument)
		memcpy(&question.fb_id, argument, sizeof question.fb_id);
	int error = converse(&question, fd, &answer);
	if (!error && answer.argument.fb_id != question.fb_id)
		error = lose();
	if (error || answer.error)
		return error ? error : answer.error;
	if (argument)
		memcpy(argument, &answer.argument, _IOC_SIZE(request));
	return 0;
}

/* --- the start --- */

static struct kms_delegate delegate = {.ask = ask};

/* All others stay until the broker enters its own sandbox. */
static int give_up_capability(void) {
	int others[CAP_LAST_CAP];
	size_t count = 0;
	for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
		if (capability != CAP_SYS_ADMIN)
			others[count++] = capability;
	return confine_capabilities(others, count);
}

int key_hand_over(struct reason *reason) {
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return reason_set(reason, -errno, "no process can be asked: %s", strerror(errno));
	pid_t pid = fork();
	if (pid == 0)
		keyholder_live(pair[1]);
	int error = pid < 0 ? -errno : 0;
	close(pair[1]);
	if (!error && setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0)
		error = -errno;
	if (!error)
		error = give_up_capability();
	if (error) {
		close(pair[0]);
		return reason_set(reason, error, "CAP_SYS_ADMIN cannot be handed over: %s", strerror(-error));
	}
	keyholder = pair[0];
	kms_device_delegate(&delegate);
	return 0;
}

int key_await(struct reason *reason) {
	struct keyholder_greeting greeting;
	size_t length;
	int error = wire_receive(keyholder, &greeting, sizeof greeting, &length, NULL);
	if (!error && (length != sizeof greeting || !wire_is_text(greeting.reason, sizeof greeting.reason)))
		error = -EPROTO;
	if (error)
		return reason_set(reason, error, "the process that has CAP_SYS_ADMIN did not begin: %s",
			strerror(-error));
	delegate.may_capture = greeting.may_capture != 0;
	return reason_set(reason, greeting.error, "%s", greeting.reason);
}

int key_lifeline(void) {
	return keyholder;
}
