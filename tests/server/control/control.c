/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/control/control.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "server/control/ask.h"
#include "server/control/reader.h"
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

static json_t *on_command(
	void *context, const char *verb, const char *argument, const struct control_asker *asker) {
	CHECK(*(int *)context == 42 && asker->uid == getuid() && asker->pid == getpid());
	return json_pack("{s:s, s:s}", "verb", verb, "argument", argument);
}

static bool watched;

static json_t *on_begin(void *context) {
	CHECK(*(int *)context == 42 && watched);
	return control_reader_event("began");
}

static void on_watched(void *context, bool by_any) {
	CHECK(*(int *)context == 42 && watched != by_any);
	watched = by_any;
}

static struct control_events events(int *answer) {
	return (struct control_events){.context = answer,
		.asked = on_asked,
		.status = on_status,
		.begin = on_begin,
		.watched = on_watched,
		.command = on_command};
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

/* What is neither "status" nor "output" with a name is a command, whose asker is known. */
static void passes_on(uv_loop_t *loop, const char *request, const char *verb, const char *argument) {
	json_t *json = ask_from_a_thread(loop, request);
	CHECK_SAY(strcmp(json_string_value(json_object_get(json, "verb")), verb) == 0, "%s", request);
	CHECK_SAY(strcmp(json_string_value(json_object_get(json, "argument")), argument) == 0, "%s", request);
	json_decref(json);
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

static int read_events(uv_loop_t *loop) {
	static const char begins[] = "{\"event\":\"began\",\"time\":\"20";
	char text[sizeof begins] = "";
	int fd = connect_raw();
	CHECK(send(fd, "events\n", 7, 0) == 7);
	while (recv(fd, text, sizeof text - 1, MSG_PEEK | MSG_DONTWAIT) < 0)
		uv_run(loop, UV_RUN_ONCE);
	CHECK_SAY(strcmp(text, begins) == 0, "%s", text);
	while (recv(fd, text, 1, MSG_DONTWAIT) == 1 && text[0] != '\n')
		;
	return fd;
}

/* Returns false at the end of what has been sent. */
static bool read_line(uv_loop_t *loop, int fd, char line[256]) {
	size_t used = 0;
	for (int idle = 0; idle < 3;) {
		if (recv(fd, line + used, 1, MSG_DONTWAIT) != 1) {
			uv_run(loop, UV_RUN_NOWAIT);
			idle++;
		} else if (line[used++] == '\n') {
			line[used - 1] = '\0';
			return true;
		}
		CHECK(used < 255);
	}
	CHECK(used == 0);
	return false;
}

/* It loses what does not fit into its queue, and is told how much, in order. Nobody waits for it. */
static void loses_some(uv_loop_t *loop, struct control *control, int slow, int quick) {
	enum { TOLD = 20000 };
	int next = 0, lost = 0;
	char line[256];
	for (int i = 0; i < TOLD; i++) {
		json_t *event = json_pack("{s:s, s:i}", "event", "tick", "number", i);
		control_tell(control, event);
		json_decref(event);
		uv_run(loop, UV_RUN_NOWAIT);
		CHECK(read_line(loop, quick, line));
	}
	while (read_line(loop, slow, line)) {
		int number;
		const char *count = strstr(line, "\"count\":");
		if (count)
			next += lost = atoi(count + 8);
		else
			CHECK_SAY(sscanf(line, "{\"event\":\"tick\",\"number\":%d", &number) == 1 &&
					  number == next++,
				"%s", line);
	}
	CHECK_SAY(next == TOLD && lost > TOLD / 2, "%d of which %d are lost", next, lost);
}

static void has_readers(uv_loop_t *loop, struct control *control) {
	int readers[CONTROL_READERS];
	char line[256];
	CHECK(!control_has_readers(control) && !watched);
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		readers[i] = read_events(loop);
	CHECK(control_has_readers(control) && watched);
	json_t *json = ask_from_a_thread(loop, "events"); /* one too many */
	CHECK(strstr(json_string_value(json_object_get(json, "error")), "8 programs"));
	json_decref(json);
	for (size_t i = 2; i < ARRAY_LEN(readers); i++)
		close(readers[i]);
	uv_run(loop, UV_RUN_NOWAIT);
	int again = read_events(loop); /* there is room again */
	loses_some(loop, control, readers[0], readers[1]);
	/* A crowd that asks for nothing pushes no reader out, and what a reader says is ignored. */
	int crowd[20];
	for (size_t i = 0; i < ARRAY_LEN(crowd); i++) {
		crowd[i] = connect_raw();
		uv_run(loop, UV_RUN_NOWAIT);
	}
	CHECK(send(readers[1], "status\nevents\n", 14, 0) == 14);
	json = json_pack("{s:s}", "event", "last");
	control_tell(control, json);
	json_decref(json);
	uv_run(loop, UV_RUN_NOWAIT);
	CHECK(read_line(loop, readers[1], line) && strcmp(line, "{\"event\":\"last\"}") == 0);
	for (size_t i = 0; i < ARRAY_LEN(crowd); i++)
		close(crowd[i]);
	close(readers[0]);
	close(readers[1]);
	close(again);
	for (int i = 0; i < 3; i++)
		uv_run(loop, UV_RUN_NOWAIT);
	CHECK(!control_has_readers(control) && !watched);
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
	passes_on(&loop, "dance", "dance", "");
	passes_on(&loop, "dance with me", "dance", "with me");
	passes_on(&loop, "status of you", "status", "of you"); /* it has no argument, */
	passes_on(&loop, "output", "output", "");              /* and this one needs one */

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

	has_readers(&loop, control);
	answers_later(&loop, control);
	int reader = read_events(&loop); /* that is still there when the control is destroyed */
	control_destroy(control);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&loop) == 0);
	CHECK(access(path, F_OK) < 0 && !watched);
	close(reader);
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
