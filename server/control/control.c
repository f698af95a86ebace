/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/control/guest.h"
#include "server/control/reader.h"
#include "server/folder.h"
#include "server/log.h"
#include "server/loop.h"
#include "server/socket_file.h"

enum { MAX_CLIENTS = 16, AT_ONCE = 16 };

const char control_socket_name[] = "/control.sock";

struct control {
	uv_pipe_t listener;
	uv_timer_t late;   /* runs while a client waits for an answer */
	uv_check_t polled; /* runs once after connections came */
	unsigned accepted; /* since it ran last */
	bool pending;      /* another one waits for it to be accepted */
	struct loop_closing closing;
	bool closed;
	struct control_guest guest;
	char *path;
	bool folder_made; /* we made the path's folder, too */
	struct control_events events;
	LIST_HEAD(, client) clients; /* newest first */
	int client_count;            /* number of clients that may ask, and are not being closed */
	int reader_count;            /* how many of them read events */
};

struct client {
	uv_pipe_t pipe;
	struct loop_closing closing;
	uv_write_t write;
	struct control *control;
	LIST_ENTRY(client) link; /* control.clients */
	bool counts;             /* among control.client_count */
	struct control_asker asker;
	char request[CONTROL_REQUEST_SIZE];
	size_t request_size;
	enum { NOTHING, STATUS, OUTPUT, RELOAD, CALL } waits_for;
	uint64_t until;  /* the loop's time at which it is answered anyway */
	uint64_t called; /* the number of its call */
	struct control_reader reader;
	char *answer;
};

static void control_free(struct control *control) {
	if (!control->closed || !LIST_EMPTY(&control->clients))
		return;
	free(control->path);
	free(control);
}

static void on_client_closed(void *owner) {
	struct client *client = owner;
	struct control *control = client->control;
	LIST_REMOVE(client, link);
	free(client->answer);
	free(client);
	control_free(control);
}

static bool is_closing(const struct client *client) {
	return uv_is_closing((const uv_handle_t *)&client->pipe);
}

static void count_reader(struct control *control, int change) {
	bool before = control_has_readers(control);
	control->reader_count += change;
	if (before != control_has_readers(control))
		control->events.watched(control->events.context, !before);
}

static void client_close(struct client *client) {
	if (is_closing(client))
		return;
	if (client->counts)
		client->control->client_count--;
	if (client->reader.stream)
		count_reader(client->control, -1);
	loop_close(&client->closing, on_client_closed, client, LOOP_HANDLES(&client->pipe));
}

/* Closes the oldest client that has asked for nothing. If all have asked, closes the oldest of them; clients
 * that asked are answered soon. Those that read events stay. */
static void close_oldest(struct control *control) {
	struct client *oldest = NULL, *client;
	LIST_FOREACH(client, &control->clients, link)
		if (client->counts && !is_closing(client) && !client->reader.stream &&
			(!oldest || oldest->waits_for || !client->waits_for))
			oldest = client;
	if (oldest)
		client_close(oldest);
}

static void on_written(uv_write_t *write, int status) {
	(void)status;
	client_close(write->data);
}

static void answer(struct client *client, json_t *json) {
	client->answer = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
	json_decref(json);
	if (!client->answer) {
		client_close(client);
		return;
	}
	uv_buf_t buffer = uv_buf_init(client->answer, (unsigned)strlen(client->answer));
	client->write.data = client;
	if (uv_write(&client->write, (uv_stream_t *)&client->pipe, &buffer, 1, on_written) < 0)
		client_close(client);
}

/* Returns a new reference. NULL: it cannot be answered yet, or for the status: out of memory. */
static json_t *find_answer(const struct client *client) {
	const struct control_events *events = &client->control->events;
	switch (client->waits_for) {
	case OUTPUT:
		return events->switched(events->context);
	case RELOAD:
		return events->reloaded(events->context);
	case CALL:
		return events->called(events->context, client->called);
	default:
		return events->status(events->context);
	}
}

void control_answer(struct control *control) {
	struct client *client;
	bool waits = false;
	LIST_FOREACH(client, &control->clients, link) {
		if (!client->waits_for || is_closing(client))
			continue;
		json_t *json = find_answer(client);
		if (json || client->waits_for == STATUS) {
			client->waits_for = NOTHING;
			answer(client, json);
		}
		waits |= client->waits_for != NOTHING;
	}
	if (!waits)
		uv_timer_stop(&control->late);
}

static void await_latest(struct control *control);

/* Whoever has waited long enough is told so. */
static void on_late(uv_timer_t *timer) {
	static const char *const late[] = {
		[OUTPUT] = "the outputs are not shown yet: `zerovnc status` tells when they are",
		[RELOAD] = "the settings are still being read: the log tells what comes of it",
		[CALL] = "it does not answer yet: the log tells what comes of it"};
	struct control *control = timer->data;
	struct client *client;
	control_answer(control);
	LIST_FOREACH(client, &control->clients, link) {
		if (!client->waits_for || is_closing(client) || client->until > uv_now(timer->loop))
			continue;
		json_t *json = json_pack("{s:s}", "error", late[client->waits_for]);
		client->waits_for = NOTHING;
		answer(client, json);
	}
	await_latest(control);
}

/* Sets the timer for the client that has to be answered first. */
static void await_latest(struct control *control) {
	const struct client *client;
	uint64_t first = UINT64_MAX, now = uv_now(control->late.loop);
	LIST_FOREACH(client, &control->clients, link)
		if (client->waits_for && !is_closing(client) && client->until < first)
			first = client->until;
	if (first != UINT64_MAX)
		uv_timer_start(&control->late, on_late, first > now ? first - now : 0, 0);
}

static void wait_for(struct client *client, int what) {
	struct control *control = client->control;
	client->waits_for = what;
	client->until = uv_now(control->late.loop) + (what == CALL ? CONTROL_CALL_MS : CONTROL_ANSWER_MS);
	await_latest(control);
}

bool control_has_readers(const struct control *control) {
	return control->reader_count > 0;
}

void control_tell(struct control *control, const json_t *event) {
	struct client *client;
	LIST_FOREACH(client, &control->clients, link)
		if (client->reader.stream && !is_closing(client))
			control_reader_tell(&client->reader, event);
}

/* It is still read from, which shows when it leaves. */
static void begin_events(struct client *client) {
	struct control *control = client->control;
	if (control->reader_count == CONTROL_READERS) {
		uv_read_stop((uv_stream_t *)&client->pipe);
		answer(client, json_pack("{s:o}", "error",
				       json_sprintf("%d programs read events already, which is the most",
					       CONTROL_READERS)));
		return;
	}
	count_reader(control, 1);
	client->reader.stream = (uv_stream_t *)&client->pipe;
	json_t *first = control->events.begin(control->events.context);
	if (first)
		control_reader_tell(&client->reader, first);
	json_decref(first);
}

static void call(struct client *client, const char *target) {
	const struct control_events *events = &client->control->events;
	json_t *json = events->call(events->context, target, &client->asker, &client->called);
	if (json)
		answer(client, json);
	else
		wait_for(client, CALL);
}

static void refuse(struct client *client) {
	uv_read_stop((uv_stream_t *)&client->pipe);
	answer(client, json_pack("{s:s}", "error", control_guest_no));
}

static void obey(struct client *client) {
	const struct control_events *events = &client->control->events;
	char *verb = client->request, *argument = strchr(verb, ' ');
	if (argument)
		*argument++ = '\0';
	if (!control_guest_may(&client->control->guest, client->asker.uid, verb)) {
		refuse(client);
		return;
	}
	if (!argument && strcmp(verb, "events") == 0) {
		begin_events(client);
		return;
	}
	uv_read_stop((uv_stream_t *)&client->pipe);
	if (!argument && strcmp(verb, "status") == 0) {
		wait_for(client, STATUS);
		events->asked(events->context);
	} else if (argument && strcmp(verb, "output") == 0) {
		wait_for(client, OUTPUT);
		events->output(events->context, argument);
	} else if (argument && strcmp(verb, "connect") == 0) {
		call(client, argument);
	} else if (!argument && strcmp(verb, "reload") == 0) {
		wait_for(client, RELOAD);
		events->reload(events->context, &client->asker);
	} else {
		answer(client,
			events->command(events->context, verb, argument ? argument : "", &client->asker));
	}
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
	(void)suggested;
	struct client *client = handle->data;
	if (client->reader.stream)
		client->request_size = 0;
	*buffer = uv_buf_init(client->request + client->request_size,
		(unsigned)(CONTROL_REQUEST_SIZE - 1 - client->request_size));
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer) {
	(void)buffer;
	struct client *client = stream->data;
	if (size < 0) {
		client_close(client);
		return;
	}
	if (client->reader.stream) /* what else it says means nothing */
		return;
	client->request_size += (size_t)size;
	client->request[client->request_size] = '\0';
	char *end = strchr(client->request, '\n');
	if (end) {
		*end = '\0';
		obey(client);
	} else if (client->request_size == CONTROL_REQUEST_SIZE - 1) {
		client_close(client);
	}
}

const char *control_describe_asker(const struct control_asker *asker, char words[CONTROL_ASKER_WORDS]) {
	snprintf(words, CONTROL_ASKER_WORDS, "uid %lu, process %ld", (unsigned long)asker->uid,
		(long)asker->pid);
	return words;
}

/* Returns false if the kernel does not tell. */
static bool find_asker(struct client *client) {
	struct ucred who;
	socklen_t size = sizeof who;
	uv_os_fd_t fd;
	if (uv_fileno((uv_handle_t *)&client->pipe, &fd) < 0 ||
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		return false;
	client->asker = (struct control_asker){.uid = who.uid, .pid = who.pid};
	return true;
}

static void welcome(struct client *client) {
	struct control *control = client->control;
	client->counts = true;
	if (++control->client_count > MAX_CLIENTS)
		close_oldest(control);
	if (uv_read_start((uv_stream_t *)&client->pipe, on_alloc, on_read) < 0)
		client_close(client);
}

/* Nothing is kept of strangers, and they do not count, so that they crowd out nobody. */
static void turn_away(struct client *client) {
	json_t *json = json_pack("{s:s}", "error", control_guest_no);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	uv_buf_t buffer = uv_buf_init(text, text ? (unsigned)strlen(text) : 0);
	if (text)
		uv_try_write((uv_stream_t *)&client->pipe, &buffer, 1); /* a new socket has room for that */
	free(text);
	json_decref(json);
	client_close(client);
}

static void on_polled(uv_check_t *check);

static void accept_one(struct control *control) {
	uv_stream_t *listener = (uv_stream_t *)&control->listener;
	struct client *client = calloc(1, sizeof *client);
	control->pending = !client;
	control->accepted++;
	uv_check_start(&control->polled, on_polled);
	if (!client)
		return;
	client->control = control;
	client->pipe.data = client;
	LIST_INSERT_HEAD(&control->clients, client, link);
	uv_pipe_init(listener->loop, &client->pipe, 0);
	if (uv_accept(listener, (uv_stream_t *)&client->pipe) < 0 || !find_asker(client))
		client_close(client);
	else if (!control_guest_may_come(&control->guest, client->asker.uid))
		turn_away(client);
	else
		welcome(client);
}

/* All other handles have had their turn. */
static void on_polled(uv_check_t *check) {
	struct control *control = check->data;
	uv_check_stop(check);
	control->accepted = 0;
	if (control->pending)
		accept_one(control);
}

/* While a connection is not accepted, libuv does not listen any more. Otherwise it might do nothing else than
 * accept for as long as somebody connects. */
static void on_connection(uv_stream_t *listener, int status) {
	struct control *control = listener->data;
	if (status < 0)
		return;
	if (control->accepted == AT_ONCE)
		control->pending = true;
	else
		accept_one(control);
}

/* A socket's mode says who may connect. If a link has taken its place, what that leads to stays as it is. */
static int open_to_all(const struct control *control, bool all) {
	return fchmodat(AT_FDCWD, control->path, all ? 0666 : 0600, AT_SYMLINK_NOFOLLOW);
}

void control_set_guest(struct control *control, const uid_t *uid) {
	const struct control_guest guest = {.known = uid, .uid = uid ? *uid : 0};
	struct client *client;
	if (guest.known != control->guest.known && open_to_all(control, guest.known) != 0)
		log_warning("cannot change who may connect to %s: %s", control->path, strerror(errno));
	control->guest = guest;
	LIST_FOREACH(client, &control->clients, link)
		if (!control_guest_may_come(&control->guest, client->asker.uid))
			client_close(client);
}

static int clear_path(const char *path, struct reason *reason) {
	if (strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path) /* libuv would truncate it */
		return reason_set(reason, -ENAMETOOLONG,
			"give a shorter path with --control=PATH: %s is too long for a socket", path);
	int error = folder_check_file(path, reason);
	if (error && error != -ENOENT) /* if it does not exist, listening reports that */
		return error;
	error = socket_file_clear(path);
	if (error == -EEXIST)
		return reason_set(reason, error,
			"%s exists already and is no socket; give another place with --control=PATH", path);
	if (error == -EADDRINUSE)
		return reason_set(reason, error,
			"another server uses the control socket %s; give another place with --control=PATH",
			path);
	return 0;
}

/* If no path is given, makes the best of the default folders. Returns 1 if the folder was made. */
static int choose_path(const char *given, char path[FOLDER_PATH], struct reason *reason) {
	if (given)
		return snprintf(path, FOLDER_PATH, "%s", given) < FOLDER_PATH
			       ? 0
			       : reason_set(reason, -ENAMETOOLONG, "give a shorter path with --control=PATH");
	int made = folder_make_runtime(path, FOLDER_PATH - sizeof control_socket_name, reason);
	if (made >= 0)
		strcat(path, control_socket_name);
	return made;
}

static int listen_at(uv_loop_t *loop, struct control *control, const char *path) {
	int error = uv_pipe_init(loop, &control->listener, 0);
	if (error)
		return error;
	mode_t mask = umask(0177);
	error = uv_pipe_bind(&control->listener, path);
	umask(mask);
	if (!error)
		error = uv_listen((uv_stream_t *)&control->listener, MAX_CLIENTS, on_connection);
	return error;
}

static void on_closed(void *owner) {
	struct control *control = owner;
	control->closed = true;
	control_free(control);
}

static void close_handles(struct control *control) {
	/* closing the listener also removes the socket */
	loop_close(&control->closing, on_closed, control,
		LOOP_HANDLES(&control->listener, &control->late, &control->polled));
}

int control_create(uv_loop_t *loop, const char *given, const struct control_events *events,
	struct control **result, struct reason *reason) {
	char path[FOLDER_PATH];
	int made = choose_path(given, path, reason);
	int error = made < 0 ? made : clear_path(path, reason);
	if (error)
		return error;
	struct control *control = calloc(1, sizeof *control);
	if (!control || !(control->path = strdup(path))) {
		free(control);
		return reason_set(reason, -ENOMEM, "out of memory");
	}
	control->folder_made = made;
	control->events = *events;
	control->listener.data = control->late.data = control->polled.data = control;
	uv_timer_init(loop, &control->late);
	uv_check_init(loop, &control->polled);
	error = listen_at(loop, control, path);
	if (error) {
		reason_set(reason, error,
			"cannot listen at the control socket %s: %s; give --control=PATH in a folder that exists and that the server may write to",
			path, uv_strerror(error));
		close_handles(control);
		return error;
	}
	*result = control;
	return 0;
}

void control_destroy(struct control *control) {
	if (!control)
		return;
	struct client *client;
	LIST_FOREACH(client, &control->clients, link)
		client_close(client);
	close_handles(control);
	if (!control->folder_made)
		return;
	*strrchr(control->path, '/') = '\0';
	rmdir(control->path); /* fails if anything else is in it */
}
