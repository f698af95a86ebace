/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that may not change anything asks `zerovnc resize -`, which is here a child behind a socket, or
 * the process that it left behind. */
#include "server/session/resizer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/broker/entrance.h"
#include "capture/monitor/monitor.h"
#include "server/command/resize.h"
#include "tests/test.h"

static bool may;    /* this process may change what is connected */
static int refusal; /* what the driver says */

int __wrap_monitor_resize(const char *root, const struct monitor_screen *sizes, size_t count,
	struct monitor *result, struct reason *reason);

int __wrap_monitor_resize(const char *root, const struct monitor_screen *sizes, size_t count,
	struct monitor *result, struct reason *reason) {
	CHECK(root[0] == '\0');
	if (!may)
		return reason_set(reason, -EACCES, "it takes root");
	if (refusal)
		return reason_set(reason, refusal, "the driver does not do %zu screens, the last %ux%u",
			count, sizes[count - 1].width, sizes[count - 1].height);
	*result = (struct monitor){.count = count};
	return reason_set(&result->words, 0, "now %ux%u", sizes[0].width, sizes[0].height);
}

static const struct monitor_screen all[MONITOR_SCREENS] = {
	{"", 1234, 567}, {"", 16384, 16384}, {"", 16384, 16384}, {"", 12345, 16000}};

/* As a service manager does: a process for one connection, with the connection as its standard input. */
static pid_t start_service(int listener) {
	fflush(NULL);
	pid_t child = fork();
	CHECK(child >= 0);
	if (child != 0)
		return child;
	struct pollfd wait = {.fd = listener, .events = POLLIN};
	CHECK(poll(&wait, 1, 10000) == 1);
	int connection = accept(listener, NULL, NULL);
	CHECK(connection >= 0 && dup2(connection, STDIN_FILENO) == STDIN_FILENO);
	close(connection);
	may = true;
	_exit(resize_run("-"));
}

static void check(const char *path, int listener, int expected, const char *words) {
	struct reason reason = {""};
	pid_t child = start_service(listener);
	int status, error = resizer_resize_at("", path, all, MONITOR_SCREENS, &reason);
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK_SAY(error == expected, "%d: %s", error, reason.text);
	CHECK_SAY(strstr(reason.text, words), "'%s' in: %s", words, reason.text);
}

/* It is asked without a try of our own, again and again, and its end is noticed. */
static void asks_who_was_left_behind(void) {
	struct reason reason = {""};
	int ends[2];
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
	refusal = 0;
	may = true;
	fflush(NULL);
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		close(ends[0]);
		refusal = -EOPNOTSUPP;
		resizer_serve(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	resizer_use(ends[0]);
	for (unsigned width = 800; width < 803; width++) {
		struct monitor_screen size = {"", width, 600};
		CHECK(resizer_resize_at("", "/nowhere", &size, 1, &reason) == -EOPNOTSUPP);
		CHECK_SAY(strstr(reason.text, "1 screens, the last 80"), "%s", reason.text);
	}
	CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
	CHECK(resizer_resize_at("", "/nowhere", all, 1, &reason) < 0);
	CHECK_SAY(strstr(reason.text, "zerovnc-resize does not answer"), "%s", reason.text);
}

int main(void) {
	char folder[] = "/tmp/zerovnc-test-resizer-XXXXXX", path[64];
	struct reason reason = {""};
	int listener, fd;
	CHECK(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/socket", folder);

	/* there is no socket, so the first reason counts */
	CHECK(resizer_resize_at("", path, all, 1, &reason) == -EACCES &&
		strstr(reason.text, "it takes root"));

	CHECK(entrance_open(path, getuid(), &listener) == 0);
	check(path, listener, 0, "");
	refusal = -EOPNOTSUPP;
	check(path, listener, -EOPNOTSUPP, "the driver does not do 4 screens, the last 12345x16000");
	refusal = 0;

	/* what is no size is refused */
	struct resizer_answer answer;
	pid_t child = start_service(listener);
	CHECK(entrance_connect(path, 10, &fd) == 0 && send(fd, "1x", 2, 0) == 2);
	CHECK(recv(fd, &answer, sizeof answer, 0) == sizeof answer && answer.error == -EINVAL);
	close(fd);
	CHECK(waitpid(child, NULL, 0) == child);

	/* whoever may, does it without asking */
	may = true;
	CHECK(resizer_resize_at("", path, all, 1, &reason) == 0);
	close(listener);
	CHECK(unlink(path) == 0 && rmdir(folder) == 0);
	asks_who_was_left_behind();
	return 0;
}
