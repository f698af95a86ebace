/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/doors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "server/log.h"
#include "server/loop.h"
#include "server/net/gateway.h"
#include "server/net/listen/listener.h"

enum { ACCEPT_AT_ONCE = 32, ACCEPT_PAUSE_MS = 100 };

struct door {
	struct doors *doors;
	struct listener_socket *socket;
	struct door_handles {
		uv_poll_t poll;
		uv_timer_t pause;
		struct loop_closing closing;
	} * handles; /* they outlive the doors until the loop has closed them */
};

/* --- opening --- */

static int on_failed(void *context, const char *what, int error, bool needed, const struct reason *reason) {
	(void)what;
	struct reason *first = context;
	if (needed) {
		*first = *reason;
		return error;
	}
	log_debug("%s", reason->text);
	return 0;
}

static void on_skipped(void *context, const char *why) {
	(void)context;
	log_info("not listening at a unix socket: %s", why);
}

static void warn_of_awaited(const struct listener_sockets *sockets) {
	for (size_t i = 0; i < sockets->count; i++)
		if (sockets->list[i].awaited)
			log_warning("this machine has no address %s yet: viewers can connect once it does",
				sockets->list[i].address);
}

/* Viewers that connect there would wait for ever. */
static void warn_of_unused(const struct gateway_options *options) {
	for (size_t i = 0; i < options->listen_count; i++)
		if (strncmp(options->listen[i], "fd:", 3) == 0)
			return;
	if (listener_passed())
		log_warning(
			"nobody answers at the sockets that systemd passed: leave out `listen`, or add --listen=systemd");
}

static void warn_of_vain_group(const struct listener_sockets *sockets, const char *group) {
	for (size_t i = 0; i < sockets->count; i++)
		if (sockets->list[i].path[0])
			return;
	log_warning("--socket-group=%s has no effect: no unix socket is made (--listen=unix:PATH makes one)",
		group);
}

int doors_open(struct doors *doors, const struct gateway_options *options, struct reason *reason) {
	struct listener_sockets *sockets = &doors->sockets;
	struct listener_wish wish = {.listen = options->listen,
		.listen_count = options->listen_count,
		.socket_group = options->socket_group,
		.context = reason,
		.failed = on_failed,
		.skipped = on_skipped};
	int error = listener_open_all(&wish, sockets);
	warn_of_awaited(sockets);
	if (!error)
		warn_of_unused(options);
	if (!error && options->socket_group)
		warn_of_vain_group(sockets, options->socket_group);
	return error;
}

/* --- accepting --- */

static void on_connection(uv_poll_t *poll, int status, int events);

static void on_pause_over(uv_timer_t *timer) {
	struct door *door = timer->data;
	uv_poll_start(&door->handles->poll, UV_READABLE, on_connection);
}

static void accept_one(struct door *door, int fd) {
	const struct doors_events *events = &door->doors->events;
	int error = events->came(events->context, fd, door->socket);
	if (error)
		log_warning("%s: a connection was dropped: %s", door->socket->address, strerror(-error));
}

/* Nobody can come in here any more. */
static void close_for_good(struct door *door) {
	const struct doors_events *events = &door->doors->events;
	door->doors->open--;
	events->closed(events->context);
}

static void on_connection(uv_poll_t *poll, int status, int events) {
	(void)status;
	(void)events;
	struct door *door = poll->data;
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		int fd = accept4(door->socket->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			accept_one(door, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			log_warning(
				"%s: cannot accept connections: %s", door->socket->address, strerror(errno));
			uv_poll_stop(poll); /* otherwise it would be ready for ever */
			uv_timer_start(&door->handles->pause, on_pause_over, ACCEPT_PAUSE_MS, 0);
		} else if (errno == EINVAL) { /* the process that handed it over has shut it down */
			log_error("%s: no longer listening", door->socket->address);
			uv_poll_stop(poll); /* as above */
			close_for_good(door);
		}
		return;
	}
}

static int start_one(struct doors *doors, struct door *door, struct listener_socket *socket) {
	door->doors = doors;
	door->socket = socket;
	if (socket->connected) {
		int fd = socket->fd;
		socket->fd = -1;
		return doors->events.came(doors->events.context, fd, socket);
	}
	struct door_handles *handles = calloc(1, sizeof *handles);
	if (!handles)
		return -ENOMEM;
	int error = uv_poll_init(doors->loop, &handles->poll, socket->fd);
	if (error) {
		free(handles);
		return error;
	}
	uv_timer_init(doors->loop, &handles->pause);
	handles->poll.data = handles->pause.data = door;
	door->handles = handles;
	doors->open++;
	return uv_poll_start(&handles->poll, UV_READABLE, on_connection);
}

void doors_shut(struct doors *doors) {
	for (size_t i = 0; i < doors->sockets.count; i++) {
		struct door_handles *handles = doors->list[i].handles;
		if (!handles)
			continue;
		uv_poll_stop(&handles->poll);
		uv_timer_stop(&handles->pause);
	}
}

static void stop_one(struct door *door) {
	struct door_handles *handles = door->handles;
	if (!handles)
		return;
	loop_close(&handles->closing, free, handles, LOOP_HANDLES(&handles->poll, &handles->pause));
}

int doors_start(
	struct doors *doors, uv_loop_t *loop, const struct doors_events *events, struct reason *reason) {
	doors->loop = loop;
	doors->events = *events;
	doors->list = calloc(doors->sockets.count + 1, sizeof *doors->list);
	if (!doors->list)
		return reason_set(reason, -ENOMEM, "out of memory");
	for (size_t i = 0; i < doors->sockets.count; i++) {
		int error = start_one(doors, &doors->list[i], &doors->sockets.list[i]);
		if (error)
			return reason_set(
				reason, error, "%s: %s", doors->sockets.list[i].address, strerror(-error));
	}
	return 0;
}

void doors_close(struct doors *doors) {
	for (size_t i = 0; doors->list && i < doors->sockets.count; i++)
		stop_one(&doors->list[i]);
	listener_close(&doors->sockets);
	free(doors->list);
	doors->list = NULL;
}
