/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/system/watchdog.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/system/notify.h"
#include "tests/test.h"

enum { CALLS = 6, ALIVE_FROM = 4 };

struct watched {
	uv_loop_t *loop;
	int manager, calls, heard;
};

/* Returns how often the manager has been told so far. */
static int count_words(int manager) {
	char words[64];
	int count = 0;
	for (ssize_t size; (size = recv(manager, words, sizeof words - 1, MSG_DONTWAIT)) > 0; count++) {
		words[size] = '\0';
		CHECK_SAY(strcmp(words, "WATCHDOG=1") == 0, "%s", words);
	}
	CHECK(errno == EAGAIN);
	return count;
}

/* Not alive for some calls, then alive. Each call checks what the calls before it caused. */
static bool alive(void *context) {
	struct watched *watched = context;
	watched->heard += count_words(watched->manager);
	CHECK(watched->heard == (watched->calls > ALIVE_FROM ? watched->calls - ALIVE_FROM : 0));
	if (++watched->calls == CALLS)
		uv_stop(watched->loop);
	return watched->calls > ALIVE_FROM;
}

int main(void) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char folder[] = "/tmp/zerovnc-watchdog-XXXXXX";
	struct watchdog *watchdog;
	uv_loop_t loop;
	CHECK(mkdtemp(folder));
	snprintf(address.sun_path, sizeof address.sun_path, "%s/notify", folder);
	struct watched watched = {.loop = &loop, .manager = socket(AF_UNIX, SOCK_DGRAM, 0)};
	CHECK(bind(watched.manager, (struct sockaddr *)&address, sizeof address) == 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	notify_prepare();
	uv_loop_init(&loop);

	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	CHECK(watchdog_create(&loop, alive, &watched, &watchdog) == 0 && !watchdog);
	setenv("WATCHDOG_USEC", "20000", 1);
	CHECK(watchdog_create(&loop, alive, &watched, &watchdog) == 0 && watchdog);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(watched.calls == CALLS);

	watchdog_destroy(watchdog);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&loop) == 0);
	close(watched.manager);
	unlink(address.sun_path);
	rmdir(folder);
	return 0;
}
