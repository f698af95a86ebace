/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT_ONCE = 32 /* parts */ };

void socket_set_options(int fd) {
	int yes = 1, unsent = 64 << 10, silence = 10, pause = 5, probes = 4; /* s; TAKING_DEAD_MS in all */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
	/* a viewer behind a dead link sends nothing and is sent nothing, and the keys that it holds must not
	 * stay pressed for hours */
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &silence, sizeof silence);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &pause, sizeof pause);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
	/* bytes that the network cannot take yet wait in our queue, where they can be counted */
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

int socket_open(struct socket *socket, uv_loop_t *loop, int fd, uv_poll_cb ready, void *data) {
	struct transport *transport = transport_plain(fd);
	if (!transport)
		return -ENOMEM;
	int error = uv_poll_init(loop, &socket->poll, fd);
	if (error) {
		transport_destroy(transport);
		return error;
	}
	socket->fd = fd;
	socket->transport = transport;
	socket->ready = ready;
	socket->poll.data = data;
	socket_set_secret(socket, true);
	socket_set_options(fd);
	return 0;
}

void socket_set_secret(struct socket *socket, bool secret) {
	socket->in.secret = socket->out.own.secret = secret;
}

void socket_take_leave(struct socket *socket) {
	if (!socket->farewell)
		transport_close(socket->transport);
	socket->farewell = true;
}

void socket_close(struct socket *socket) {
	socket_take_leave(socket);
	transport_destroy(socket->transport);
	socket->transport = NULL;
	shutdown(socket->fd, SHUT_RDWR);
	outgoing_finish(&socket->out);
}

void socket_finish(struct socket *socket) {
	close(socket->fd);
	queue_finish(&socket->in);
}

size_t socket_queued(const struct socket *socket) {
	return outgoing_size(&socket->out) + transport_unsent(socket->transport);
}

int socket_flush(struct socket *socket) {
	struct outgoing *out = &socket->out;
	struct iovec parts[AT_ONCE];
	int error = transport_flush(socket->transport);
	while (!error && outgoing_size(out)) {
		ssize_t sent =
			transport_write_parts(socket->transport, parts, outgoing_parts(out, parts, AT_ONCE));
		if (sent > 0) {
			outgoing_take(out, (size_t)sent);
			socket->bytes_sent += (uint64_t)sent;
		} else {
			error = sent ? (int)sent : -EPIPE;
		}
	}
	return error;
}

ssize_t socket_read(struct socket *socket, size_t size) {
	uint8_t *room = queue_room(&socket->in, size);
	ssize_t got = room ? transport_read(socket->transport, room, size) : -ENOMEM;
	if (got > 0)
		queue_added(&socket->in, (size_t)got);
	return got;
}

bool socket_is_layered(const struct socket *socket) {
	return socket->transport && socket->transport->below;
}

void socket_watch(struct socket *socket, int events) {
	if (events == socket->watched)
		return;
	socket->watched = events;
	if (events)
		uv_poll_start(&socket->poll, events, socket->ready);
	else
		uv_poll_stop(&socket->poll);
}

struct transport *socket_lift(struct socket *socket) {
	struct transport *transport = socket->transport;
	struct queue *in = &socket->in;
	socket->transport = NULL;
	if (queue_size(in))
		transport = transport_prefixed(transport, queue_bytes(in), queue_size(in));
	queue_take(in, queue_size(in));
	return transport;
}

void socket_put(struct socket *socket, struct transport *transport) {
	socket->transport = transport;
}
