/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/control.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/folder.h"
#include "server/loop.h"
#include "server/socket_file.h"

enum { REQUEST_SIZE = 512, MAX_PEERS = 16, PATIENCE_S = 5 };

static const char socket_name[] = "/control.sock", roots_own[] = "/run/zerovnc/control.sock";

static const char output[] = "output ";

struct control {
	uv_pipe_t listener;
	uv_timer_t late; /* runs while a client waits for an answer */
	struct loop_closing closing;
	bool closed;
	char *path;
	bool folder_made; /* we made the path's folder, too */
	struct control_events events;
	LIST_HEAD(, peer) peers; /* newest first */
	int peer_count;          /* number of peers that are not being closed */
};

struct peer {
	uv_pipe_t pipe;
	struct loop_closing closing;
	uv_write_t write;
	struct control *control;
	LIST_ENTRY(peer) link; /* control.peers */
	char request[REQUEST_SIZE];
	size_t request_size;
	bool waits;    /* it has asked */
	bool switches; /* for other outputs, not for the status */
	char *answer;
};

/* Writes the path number `index` at which the server may listen if nobody names one. -ENOENT past the last
 * one. */
static int default_path(unsigned index, char path[FOLDER_PATH]) {
	int error = folder_runtime(index, path, FOLDER_PATH - sizeof socket_name);
	if (!error)
		strcat(path, socket_name);
	return error;
}

static void control_free(struct control *control) {
	if (!control->closed || !LIST_EMPTY(&control->peers))
		return;
	free(control->path);
	free(control);
}

static void on_peer_closed(void *owner) {
	struct peer *peer = owner;
	struct control *control = peer->control;
	LIST_REMOVE(peer, link);
	free(peer->answer);
	free(peer);
	control_free(control);
}

static bool is_closing(const struct peer *peer) {
	return uv_is_closing((const uv_handle_t *)&peer->pipe);
}

static void peer_close(struct peer *peer) {
	if (is_closing(peer))
		return;
	peer->control->peer_count--;
	loop_close(&peer->closing, on_peer_closed, peer, LOOP_HANDLES(&peer->pipe));
}

/* Closes the oldest client that has asked for nothing. If all have asked, closes the oldest of them; clients
 * that asked are answered soon. */
static void close_oldest(struct control *control) {
	struct peer *oldest = NULL, *peer;
	LIST_FOREACH(peer, &control->peers, link)
		if (!is_closing(peer) && (!oldest || oldest->waits || !peer->waits))
			oldest = peer;
	if (oldest)
		peer_close(oldest);
}

static void on_written(uv_write_t *write, int status) {
	(void)status;
	peer_close(write->data);
}

static void answer(struct peer *peer, json_t *json) {
	peer->answer = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
	json_decref(json);
	if (!peer->answer) {
		peer_close(peer);
		return;
	}
	uv_buf_t buffer = uv_buf_init(peer->answer, (unsigned)strlen(peer->answer));
	peer->write.data = peer;
	if (uv_write(&peer->write, (uv_stream_t *)&peer->pipe, &buffer, 1, on_written) < 0)
		peer_close(peer);
}

void control_answer(struct control *control) {
	struct peer *peer;
	bool waits = false;
	LIST_FOREACH(peer, &control->peers, link) {
		if (!peer->waits || is_closing(peer))
			continue;
		json_t *json = peer->switches ? control->events.switched(control->events.context)
					      : control->events.status(control->events.context);
		peer->waits = peer->switches && !json;
		if (!peer->waits)
			answer(peer, json);
		waits |= peer->waits;
	}
	if (!waits)
		uv_timer_stop(&control->late);
}

/* Whoever still waits is told so. */
static void on_late(uv_timer_t *timer) {
	struct control *control = timer->data;
	struct peer *peer;
	control_answer(control);
	LIST_FOREACH(peer, &control->peers, link) {
		if (!peer->waits || is_closing(peer))
			continue;
		peer->waits = false;
		answer(peer, json_pack("{s:s}", "error",
				     "the outputs are not shown yet: `zerovnc status` tells when they are"));
	}
}

static void obey(struct peer *peer) {
	struct control *control = peer->control;
	uv_read_stop((uv_stream_t *)&peer->pipe);
	const char *outputs = strncmp(peer->request, output, sizeof output - 1) == 0
				      ? peer->request + sizeof output - 1
				      : NULL;
	if (!outputs && strcmp(peer->request, "status") != 0) {
		answer(peer, json_pack("{s:s}", "error", "the requests are 'status' and 'output NAME'"));
		return;
	}
	peer->switches = outputs != NULL;
	peer->waits = true;
	if (!uv_is_active((uv_handle_t *)&control->late))
		uv_timer_start(&control->late, on_late, CONTROL_ANSWER_MS, 0);
	if (outputs)
		control->events.output(control->events.context, outputs);
	else
		control->events.asked(control->events.context);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
	(void)suggested;
	struct peer *peer = handle->data;
	*buffer = uv_buf_init(
		peer->request + peer->request_size, (unsigned)(REQUEST_SIZE - 1 - peer->request_size));
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer) {
	(void)buffer;
	struct peer *peer = stream->data;
	if (size < 0) {
		peer_close(peer);
		return;
	}
	peer->request_size += (size_t)size;
	peer->request[peer->request_size] = '\0';
	char *end = strchr(peer->request, '\n');
	if (end) {
		*end = '\0';
		obey(peer);
	} else if (peer->request_size == REQUEST_SIZE - 1) {
		peer_close(peer);
	}
}

static void on_connection(uv_stream_t *listener, int status) {
	struct control *control = listener->data;
	struct peer *peer = status < 0 ? NULL : calloc(1, sizeof *peer);
	if (!peer)
		return;
	peer->control = control;
	peer->pipe.data = peer;
	LIST_INSERT_HEAD(&control->peers, peer, link);
	uv_pipe_init(listener->loop, &peer->pipe, 0);
	if (++control->peer_count > MAX_PEERS)
		close_oldest(control);
	/* Accept every connection: libuv does not listen any more while one is not accepted. */
	if (uv_accept(listener, (uv_stream_t *)&peer->pipe) < 0 ||
		uv_read_start((uv_stream_t *)&peer->pipe, on_alloc, on_read) < 0)
		peer_close(peer);
}

/* -EAGAIN: a server listens there, but has not accepted earlier connections for PATIENCE_S. */
static int connect_to(const char *path) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	struct timeval patience = {.tv_sec = PATIENCE_S};
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	int error = -errno;
	close(fd);
	return error;
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
	int made = folder_make_runtime(path, FOLDER_PATH - sizeof socket_name, reason);
	if (made >= 0)
		strcat(path, socket_name);
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
		error = uv_listen((uv_stream_t *)&control->listener, MAX_PEERS, on_connection);
	return error;
}

static void on_closed(void *owner) {
	struct control *control = owner;
	control->closed = true;
	control_free(control);
}

static void close_handles(struct control *control) {
	/* closing the listener also removes the socket */
	loop_close(&control->closing, on_closed, control, LOOP_HANDLES(&control->listener, &control->late));
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
	control->listener.data = control->late.data = control;
	uv_timer_init(loop, &control->late);
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
	struct peer *peer;
	LIST_FOREACH(peer, &control->peers, link)
		peer_close(peer);
	close_handles(control);
	if (!control->folder_made)
		return;
	*strrchr(control->path, '/') = '\0';
	rmdir(control->path); /* fails if anything else is in it */
}

static bool has_answered(int fd) {
	char first;
	return recv(fd, &first, 1, MSG_PEEK) >= 0 || errno != EAGAIN;
}

/* Asks the kernel who answers: a moment ago, another user's socket may have been at this path. */
static int check_answerer(int fd, const char *path, struct reason *reason) {
	struct ucred who;
	socklen_t size = sizeof who;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size))
		return reason_set(reason, -errno, "cannot tell who answers at %s: %s", path, strerror(errno));
	if (who.uid == 0 || who.uid == geteuid())
		return 0;
	return reason_set(reason, -EPERM,
		"the server at %s is run by %s, not by you or root, so it was not asked: ask it as that user, or name another server's socket with --control=PATH",
		path, folder_owner_name(who.uid));
}

static json_t *read_answer(int fd, const char *path, struct reason *reason) {
	json_error_t error;
	json_t *json = json_loadfd(fd, JSON_DISABLE_EOF_CHECK, &error);
	if (!json)
		reason_set(reason, -EPROTO, "the server at %s gave no valid answer", path);
	return json;
}

static const char silent[] =
	"the server at %s has not answered for %d s: it was stopped (kill -CONT resumes it), or it hangs and must be restarted";

static json_t *converse(int fd, const char *path, const char *request, struct reason *reason) {
	char line[REQUEST_SIZE];
	int size = snprintf(line, sizeof line, "%s\n", request);
	/* A server that is ending may have closed the connection: SIGPIPE must not end us. */
	bool sent = size < REQUEST_SIZE && send(fd, line, (size_t)size, MSG_NOSIGNAL) == size;
	if (!sent || has_answered(fd))
		return read_answer(fd, path, reason);
	reason_set(reason, -ETIMEDOUT, silent, path, PATIENCE_S);
	return NULL;
}

static int explain_no_connection(const char *path, int error, struct reason *reason) {
	bool roots = geteuid() && strcmp(path, roots_own) != 0 && access(roots_own, F_OK) == 0;
	switch (error) {
	case -ENOENT:
	case -ECONNREFUSED:
		return reason_set(reason, error,
			"no server answers at %s: is one running? %s--control=PATH names another server's socket",
			path, roots ? "Root's server answers only root; " : "");
	case -EAGAIN:
		return reason_set(reason, -ETIMEDOUT, silent, path, PATIENCE_S);
	case -EACCES:
		return reason_set(reason, error,
			"cannot ask the server at %s: %s; ask as the user it runs as, or as root", path,
			strerror(EACCES));
	default:
		return reason_set(reason, error, "cannot ask the server at %s: %s", path, strerror(-error));
	}
}

static json_t *ask_at(const char *path, const char *request, int *error, struct reason *reason) {
	json_t *json = NULL;
	struct stat status;
	/* connecting reports what does not exist or cannot be reached */
	*error = lstat(path, &status) ? 0 : folder_check_file(path, reason);
	if (*error)
		return NULL;
	int fd = connect_to(path);
	*error = fd < 0 ? explain_no_connection(path, fd, reason) : check_answerer(fd, path, reason);
	if (!*error)
		json = converse(fd, path, request, reason);
	if (fd >= 0)
		close(fd);
	return json;
}

static bool is_nobody(int error) {
	return error == -ENOENT || error == -ECONNREFUSED;
}

json_t *control_ask(const char *given, const char *request, struct reason *reason) {
	char path[FOLDER_PATH];
	json_t *json = NULL;
	int error = -ENOENT;
	if (given)
		return ask_at(given, request, &error, reason);
	/* The server's place depends on which folders existed when it started. If no server is found, the
	 * error names the best place. */
	for (unsigned i = 0; is_nobody(error) && default_path(i, path) == 0; i++) {
		struct reason why;
		json = ask_at(path, request, &error, &why);
		if (error && (i == 0 || !is_nobody(error)))
			*reason = why;
	}
	return json;
}
