/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/control.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "tests/test.h"

static char folder[] = "/tmp/zerovnc-control-XXXXXX";
static char path[64];

static struct control *asked; /* the control that answers at once; NULL: it answers later */
static unsigned times_asked;

static json_t *on_status(void *context) {
	return json_pack("{s:i}", "answer", *(int *)context);
}

static void on_asked(void *context) {
	(void)context;
	times_asked++;
	if (asked)
		control_answer(asked);
}

static struct control_events events(int *answer) {
	return (struct control_events){.context = answer, .asked = on_asked, .status = on_status};
}

struct question {
	const char *request;
	uv_async_t done;
	json_t *json;
	struct reason reason;
};

static void *ask(void *argument) {
	struct question *question = argument;
	question->json = control_ask(path, question->request, &question->reason);
	uv_async_send(&question->done);
	return NULL;
}

static void on_done(uv_async_t *async) {
	uv_stop(async->loop);
}

static json_t *ask_from_a_thread(uv_loop_t *loop, const char *request) {
	struct question question = {.request = request};
	pthread_t thread;
	uv_async_init(loop, &question.done, on_done);
	CHECK(pthread_create(&thread, NULL, ask, &question) == 0);
	uv_run(loop, UV_RUN_DEFAULT);
	pthread_join(thread, NULL);
	uv_close((uv_handle_t *)&question.done, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
	return question.json;
}

static void *hang_up(void *argument) {
	int *listener = argument, fd = accept(*listener, NULL, NULL);
	CHECK(fd >= 0 && close(fd) == 0);
	return NULL;
}

/* A server that is ending right now: whether or not the request still reaches it, there is a reason and no
 * signal. */
static void check_hung_up(void) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct reason reason = {""};
	pthread_t thread;
	strcpy(address.sun_path, path);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 1) == 0);
	for (int i = 0; i < 200; i++) {
		CHECK(pthread_create(&thread, NULL, hang_up, &listener) == 0);
		CHECK(!control_ask(path, "status", &reason) && strstr(reason.text, path));
		pthread_join(thread, NULL);
	}
	close(listener);
	unlink(path);
}

static int connect_raw(void) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
	return fd;
}

static void check_answered(int fd) {
	char text[64] = "";
	CHECK(recv(fd, text, sizeof text - 1, MSG_DONTWAIT) > 0 && strstr(text, "42"));
	close(fd);
}

/* Nobody is answered before the status is known, or until it cannot be waited for any longer. Then everybody
 * is answered, even clients that have closed their half. */
static void answers_later(uv_loop_t *loop, struct control *control) {
	int first = connect_raw(), second = connect_raw(), leaver = connect_raw(), late;
	char byte;
	asked = NULL;
	times_asked = 0;
	CHECK(send(first, "status\n", 7, 0) == 7 && shutdown(first, SHUT_WR) == 0);
	CHECK(send(second, "status\nmore", 11, 0) == 11);
	CHECK(send(leaver, "status\n", 7, 0) == 7 && close(leaver) == 0);
	while (times_asked < 3)
		uv_run(loop, UV_RUN_ONCE);
	CHECK(recv(first, &byte, 1, MSG_DONTWAIT) < 0 && recv(second, &byte, 1, MSG_DONTWAIT) < 0);
	control_answer(control);
	uv_run(loop, UV_RUN_NOWAIT);
	check_answered(first);
	check_answered(second);
	late = connect_raw();
	CHECK(send(late, "status\n", 7, 0) == 7);
	while (recv(late, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0)
		uv_run(loop, UV_RUN_ONCE); /* the control's own timer */
	check_answered(late);
	CHECK(send(late = connect_raw(), "status\n", 7, 0) == 7); /* waits when the control is destroyed */
	while (times_asked < 5)
		uv_run(loop, UV_RUN_ONCE);
	close(late);
}

/* The server was stopped, or it hangs: the kernel still accepts connections for it, up to its backlog. */
static void check_silent(void) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct reason reason = {""};
	struct control *control;
	uv_loop_t loop;
	strcpy(address.sun_path, path);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 0) == 0);
	CHECK(!control_ask(path, "status", &reason) && strstr(reason.text, "not answered"));
	CHECK(!control_ask(path, "status", &reason) && strstr(reason.text, "not answered"));
	uv_loop_init(&loop);
	struct control_events none = events(NULL);
	CHECK(control_create(&loop, path, &none, &control, &reason) == -EADDRINUSE);
	CHECK(strstr(reason.text, "--control") && uv_loop_close(&loop) == 0);
	close(listener);
	unlink(path);
}

/* A killed server left its socket behind. */
static void takes_over(void) {
	uv_loop_t loop;
	struct control *control;
	struct reason reason;
	int answer = 42;
	uv_loop_init(&loop);
	int stale = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, path);
	CHECK(bind(stale, (struct sockaddr *)&address, sizeof address) == 0 && close(stale) == 0);
	struct control_events with = events(&answer);
	CHECK(control_create(&loop, path, &with, &control, &reason) == 0);
	control_destroy(control);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&loop) == 0);
}

int main(void) {
	uv_loop_t loop;
	struct control *control, *second;
	struct reason reason;
	struct stat status;
	int answer = 42;
	signal(SIGPIPE, SIG_IGN); /* as the server does */
	CHECK(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/socket", folder);
	uv_loop_init(&loop);
	struct control_events with = events(&answer);

	CHECK(!control_ask(path, "status", &reason) && strstr(reason.text, path));
	CHECK(control_create(&loop, path, &with, &control, &reason) == 0);
	CHECK(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600);
	CHECK(control_create(&loop, path, &with, &second, &reason) == -EADDRINUSE);
	CHECK(control_create(&loop, "/nowhere/socket", &with, &second, &reason) < 0);
	char long_path[sizeof((struct sockaddr_un *)0)->sun_path + 1] = "/tmp/";
	memset(long_path + 5, 'x', sizeof long_path - 6);
	CHECK(control_create(&loop, long_path, &with, &second, &reason) == -ENAMETOOLONG);
	CHECK(strstr(reason.text, "--control"));

	asked = control;
	json_t *json = ask_from_a_thread(&loop, "status");
	CHECK(json && json_integer_value(json_object_get(json, "answer")) == 42);
	json_decref(json);
	json = ask_from_a_thread(&loop, "dance");
	CHECK(json && json_object_get(json, "error"));
	json_decref(json);

	/* Clients that babble, stay silent or leave early harm only themselves. */
	int babbler = connect_raw(), silent = connect_raw(), leaver = connect_raw();
	char noise[4096];
	memset(noise, 'x', sizeof noise);
	CHECK(send(babbler, noise, sizeof noise, MSG_NOSIGNAL) > 0);
	close(leaver);
	json = ask_from_a_thread(&loop, "status");
	CHECK(json);
	json_decref(json);

	/* No matter how many of them there are. */
	int crowd[40];
	for (size_t i = 0; i < ARRAY_LEN(crowd); i++) {
		crowd[i] = connect_raw();
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	json = ask_from_a_thread(&loop, "status");
	CHECK(json);
	json_decref(json);

	answers_later(&loop, control);
	control_destroy(control);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&loop) == 0);
	CHECK(access(path, F_OK) < 0);
	close(babbler);
	close(silent);
	for (size_t i = 0; i < ARRAY_LEN(crowd); i++)
		close(crowd[i]);

	check_hung_up();
	check_silent();

	takes_over();
	rmdir(folder);
	return 0;
}
