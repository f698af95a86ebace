/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/listen/sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/net/endpoint.h"

struct listener_socket *listener_add(struct listener_sockets *sockets, int fd) {
	struct listener_socket *list = realloc(sockets->list, (sockets->count + 1) * sizeof *sockets->list);
	if (!list)
		return NULL;
	sockets->list = list;
	struct listener_socket *socket = &list[sockets->count++];
	memset(socket, 0, sizeof *socket);
	socket->fd = fd;
	socket->exposed = endpoint_is_exposed(fd);
	socket->loopback = !socket->exposed && endpoint_is_tcp(fd);
	endpoint_own_name(fd, socket->address, sizeof socket->address);
	return socket;
}

static void remove_path(struct listener_socket *socket) {
	unlink(socket->path);
	if (!socket->folder_made)
		return;
	*strrchr(socket->path, '/') = 0;
	rmdir(socket->path); /* fails if there is something else in it */
}

void listener_close_after(struct listener_sockets *sockets, size_t keep) {
	while (sockets->count > keep) {
		struct listener_socket *socket = &sockets->list[--sockets->count];
		if (socket->fd >= 0)
			close(socket->fd);
		if (socket->path[0])
			remove_path(socket);
	}
}

void listener_close(struct listener_sockets *sockets) {
	listener_close_after(sockets, 0);
	free(sockets->list);
	sockets->list = NULL;
}

int listener_passed(void) {
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	if (!pid || !count || atol(pid) != (long)getpid())
		return 0;
	int number = atoi(count);
	return number > 0 && number < 64 ? number : 0;
}

bool listener_all_held(const struct listener_sockets *sockets) {
	for (size_t i = 0; i < sockets->count; i++)
		if (!sockets->list[i].held)
			return false;
	return sockets->count > 0;
}

bool listener_any_exposed(const struct listener_sockets *sockets) {
	for (size_t i = 0; i < sockets->count; i++)
		if (sockets->list[i].exposed)
			return true;
	return false;
}

int listener_explain(int error, const char *what, struct reason *reason) {
	const char *remedy = "";
	switch (error) {
	case -EADDRINUSE:
		remedy =
			listener_passed()
				? ": the socket unit listens there for this server: leave out `listen`"
				: ": something else listens there; stop it or choose another with --listen=ADDR:PORT";
		break;
	case -EACCES:
		remedy =
			": ports below 1024 need root, CAP_NET_BIND_SERVICE or a socket unit (see PROCESSES in zerovnc(8)), and a unix socket needs a folder that may be written to";
		break;
	case -EROFS:
		remedy = ": the systemd unit lets it make sockets in /run/zerovnc only";
		break;
	case -EADDRNOTAVAIL:
		remedy = ": this machine has no such address";
		break;
	case -EAFNOSUPPORT:
		remedy = ": this machine does not support that protocol";
		break;
	}
	return reason_set(reason, error, "cannot listen on %s: %s%s", what, strerror(-error), remedy);
}
