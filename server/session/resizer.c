/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/session/resizer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/broker/porter.h"
#include "capture/monitor/monitor.h"
#include "server/config/monitor.h"

enum { PATIENCE_S = 20 }; /* a driver may need long, and another process may have the lock */

/* --- the process that is asked --- */

static int obey(const char *request, struct monitor *monitor, struct reason *reason) {
	struct monitor_screen sizes[MONITOR_SCREENS];
	size_t count = config_screens(request, sizes);
	memset(monitor, 0, sizeof *monitor);
	if (!count)
		return reason_set(reason, -EINVAL, "'%s' are not the sizes of up to %d screens", request,
			MONITOR_SCREENS);
	return monitor_resize("", sizes, count, monitor, reason);
}

void resizer_serve(int fd) {
	char request[RESIZER_REQUEST];
	ssize_t length;
	while ((length = recv(fd, request, sizeof request - 1, 0)) > 0) {
		struct monitor monitor;
		struct reason reason = {""};
		struct resizer_answer answer = {0};
		request[length] = '\0';
		answer.error = obey(request, &monitor, &reason);
		snprintf(answer.words, sizeof answer.words, "%s",
			answer.error ? reason.text : monitor.words.text);
		if (send(fd, &answer, sizeof answer, MSG_NOSIGNAL) != sizeof answer)
			return;
	}
}

/* --- the process that asks --- */

static int left_behind = -1;

void resizer_use(int fd) {
	left_behind = fd;
}

static int exchange(int fd, const char *request, struct resizer_answer *answer) {
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		return -errno;
	ssize_t length = recv(fd, answer, sizeof *answer, 0);
	if (length != sizeof *answer)
		return length < 0 ? -errno : -EPROTO;
	answer->words[sizeof answer->words - 1] = '\0';
	return answer->error > 0 ? -EPROTO : 0;
}

static int ask(
	int fd, const char *who, const struct monitor_screen *sizes, size_t count, struct reason *reason) {
	char request[RESIZER_REQUEST] = "";
	struct resizer_answer answer;
	size_t used = 0;
	for (size_t i = 0; i < count && used < sizeof request; i++)
		used += (size_t)snprintf(request + used, sizeof request - used, "%s%ux%u", i ? "," : "",
			sizes[i].width, sizes[i].height);
	int error = exchange(fd, request, &answer);
	if (error)
		return reason_set(reason, error, "%s does not answer: %s", who, strerror(-error));
	return answer.error ? reason_set(reason, answer.error, "%s", answer.words) : 0;
}

int resizer_resize_at(const char *root, const char *socket, const struct monitor_screen *sizes, size_t count,
	struct reason *reason) {
	struct monitor monitor;
	int fd;
	if (left_behind >= 0)
		return ask(left_behind, "zerovnc-resize", sizes, count, reason);
	int error = monitor_resize(root, sizes, count, &monitor, reason);
	/* The reason says already why this process may not do it itself. */
	if (error != -EACCES || porter_connect(socket, PATIENCE_S, &fd) != 0)
		return error;
	error = ask(fd, socket, sizes, count, reason);
	close(fd);
	return error;
}

int resizer_resize(const struct monitor_screen *sizes, size_t count, struct reason *reason) {
	return resizer_resize_at("", RESIZER_SOCKET, sizes, count, reason);
}
