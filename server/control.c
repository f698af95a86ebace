/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/control.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/log.h"

enum { REQUEST_SIZE = 64, MAX_PEERS = 16, PATIENCE_S = 5 };

struct control {
	uv_pipe_t listener;
	char *path;
	json_t *(*status)(void *context);
	void *context;
	struct peer *peers; /* the newest first */
	int peer_count;     /* of those that are not being closed */
	bool closed;
};

struct peer {
	uv_pipe_t pipe;
	uv_write_t write;
	struct control *control;
	struct peer *next, **link; /* control.peers */
	char request[REQUEST_SIZE];
	size_t request_size;
	char *answer;
};

const char *control_default_path(void) {
	static char path[PATH_MAX];
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	if (geteuid() == 0)
		snprintf(path, sizeof path, "/run/zerovnc.sock");
	else if (runtime && *runtime)
		snprintf(path, sizeof path, "%s/zerovnc.sock", runtime);
	else
		snprintf(path, sizeof path, "/tmp/zerovnc-%u.sock", (unsigned)geteuid());
	return path;
}

static void control_free(struct control *control) {
	if (!control->closed || control->peers)
		return;
	free(control->path);
	free(control);
}

static void on_peer_closed(uv_handle_t *handle) {
	struct peer *peer = handle->data;
	struct control *control = peer->control;
	*peer->link = peer->next;
	if (peer->next)
		peer->next->link = peer->link;
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
	uv_close((uv_handle_t *)&peer->pipe, on_peer_closed);
}

/* Who asks is answered at once: the oldest is one that does not ask. */
static void close_oldest(struct control *control) {
	struct peer *oldest = NULL;
	for (struct peer *peer = control->peers; peer; peer = peer->next)
		if (!is_closing(peer))
			oldest = peer;
	if (oldest)
		peer_close(oldest);
}

static void on_written(uv_write_t *write, int status) {
	(void)status;
	peer_close(write->data);
}

static void answer(struct peer *peer) {
	struct control *control = peer->control;
	json_t *json = strcmp(peer->request, "status") == 0
			       ? control->status(control->context)
			       : json_pack("{s:s}", "error", "the only request is 'status'");
	peer->answer = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
	json_decref(json);
	if (!peer->answer) {
		peer_close(peer);
		return;
	}
	uv_buf_t buffer = uv_buf_init(peer->answer, (unsigned)strlen(peer->answer));
	peer->write.data = peer;
	uv_read_stop((uv_stream_t *)&peer->pipe);
	if (uv_write(&peer->write, (uv_stream_t *)&peer->pipe, &buffer, 1, on_written) < 0)
		peer_close(peer);
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
		answer(peer);
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
	peer->link = &control->peers;
	peer->next = control->peers;
	if (peer->next)
		peer->next->link = &peer->next;
	control->peers = peer;
	uv_pipe_init(listener->loop, &peer->pipe, 0);
	if (++control->peer_count > MAX_PEERS)
		close_oldest(control);
	/* Every one is accepted: libuv listens no more while one is not. */
	if (uv_accept(listener, (uv_stream_t *)&peer->pipe) < 0 ||
		uv_read_start((uv_stream_t *)&peer->pipe, on_alloc, on_read) < 0)
		peer_close(peer);
}

/* -EAGAIN: somebody listens there and has not taken those who came before: at once with SOCK_NONBLOCK, else
 * after PATIENCE_S. */
static int connect_to(const char *path, int flags) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
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

/* A socket that nobody answers is what a killed server left behind. Whatever else lies there stays. */
static int clear_path(const char *path, struct reason *reason) {
	struct stat status;
	if (strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path) /* libuv would cut it off */
		return reason_set(reason, -ENAMETOOLONG,
			"give a shorter path with --control=PATH: no socket's can be as long as %s", path);
	if (lstat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
		return reason_set(reason, -EEXIST,
			"%s is there already and is no socket; give another place with --control=PATH", path);
	int fd = connect_to(path, SOCK_NONBLOCK);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 || fd == -EAGAIN)
		return reason_set(reason, -EADDRINUSE,
			"another server has the control socket %s; give another place with --control=PATH",
			path);
	if (fd == -ECONNREFUSED)
		unlink(path);
	return 0;
}

static int listen_at(uv_loop_t *loop, struct control *control, const char *path) {
	int error = uv_pipe_init(loop, &control->listener, 0);
	if (error < 0)
		return error;
	mode_t mask = umask(0177);
	error = uv_pipe_bind(&control->listener, path);
	umask(mask);
	if (error == 0)
		error = uv_listen((uv_stream_t *)&control->listener, MAX_PEERS, on_connection);
	return error;
}

static void on_listener_closed(uv_handle_t *handle) {
	struct control *control = handle->data;
	control->closed = true;
	control_free(control);
}

int control_create(uv_loop_t *loop, const char *path, json_t *(*status)(void *context), void *context,
	struct control **result, struct reason *reason) {
	int error = clear_path(path, reason);
	if (error < 0)
		return error;
	struct control *control = calloc(1, sizeof *control);
	if (!control || !(control->path = strdup(path))) {
		free(control);
		return reason_set(reason, -ENOMEM, "out of memory");
	}
	control->status = status;
	control->context = context;
	control->listener.data = control;
	error = listen_at(loop, control, path);
	if (error < 0) {
		reason_set(reason, error,
			"cannot listen at the control socket %s: %s; give --control=PATH in a folder that "
			"is there and may be written to",
			path, uv_strerror(error));
		uv_close((uv_handle_t *)&control->listener, on_listener_closed);
		return error;
	}
	*result = control;
	return 0;
}

void control_destroy(struct control *control) {
	if (!control)
		return;
	for (struct peer *peer = control->peers; peer; peer = peer->next)
		peer_close(peer);
	uv_close((uv_handle_t *)&control->listener, on_listener_closed); /* removes the socket, too */
}

static bool has_answered(int fd) {
	char first;
	return recv(fd, &first, 1, MSG_PEEK) >= 0 || errno != EAGAIN;
}

json_t *control_ask(const char *path, const char *request, struct reason *reason) {
	int fd = connect_to(path, 0);
	if (fd == -ENOENT || fd == -ECONNREFUSED) {
		reason_set(reason, fd,
			"no server answers at %s: is one running? Another's socket is given by "
			"--control=PATH",
			path);
		return NULL;
	}
	static const char silent[] =
		"the server at %s has not answered for %d s: it was stopped (kill -CONT lets it "
		"go on), or it hangs and must be started anew";
	if (fd == -EAGAIN) {
		reason_set(reason, -ETIMEDOUT, silent, path, PATIENCE_S);
		return NULL;
	}
	if (fd < 0) {
		reason_set(reason, fd, "cannot ask the server at %s: %s%s", path, strerror(-fd),
			fd == -EACCES ? "; ask as the user it runs as, or as root" : "");
		return NULL;
	}
	json_error_t error;
	json_t *json = NULL;
	char line[REQUEST_SIZE];
	int size = snprintf(line, sizeof line, "%s\n", request);
	/* A server that is ending has closed it, perhaps: that must not end us. */
	bool answered = true;
	if (size < REQUEST_SIZE && send(fd, line, (size_t)size, MSG_NOSIGNAL) == size) {
		answered = has_answered(fd);
		if (answered)
			json = json_loadfd(fd, JSON_DISABLE_EOF_CHECK, &error);
	}
	if (!answered)
		reason_set(reason, -ETIMEDOUT, silent, path, PATIENCE_S);
	else if (!json)
		reason_set(reason, -EPROTO, "the server at %s gave no answer that can be read", path);
	close(fd);
	return json;
}
