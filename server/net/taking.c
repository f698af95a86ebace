/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/taking.h"

#include "server/net/auth/local_user.h"
#include "server/net/socket.h"
#include "server/net/tcp.h"

/* The bytes that the other side has read in all, as far as we can see: those that its kernel has taken, minus
 * those that a process on this machine has not read yet. Use it for comparisons only, since layers add bytes
 * of their own. That our own kernel accepts more bytes says less: it takes dozens of kilobytes at once, which
 * may be half a minute's worth. */
static int64_t taken(const struct socket *socket) {
	int64_t unread = local_user_unread(socket->fd);
	return (int64_t)socket->bytes_sent - (int64_t)transport_unsent(socket->transport) -
	       (int64_t)tcp_under_way(socket->fd) - (unread > 0 ? unread : 0);
}

static int64_t patience(const struct taking *taking, bool is_tcp) {
	int64_t taken = taking->taken > 0 ? taking->taken : 0;
	int64_t ms = TAKING_STUCK_MS + (taken + (is_tcp ? 0 : TAKING_LUMP)) / TAKING_SLOWEST;
	return ms < TAKING_PATIENCE_MS ? ms : TAKING_PATIENCE_MS;
}

/* Whether nothing that it was sent, or asked by a probe, is acknowledged. */
static bool is_silent(const struct tcp_way *way) {
	bool awaited = way->under_way > way->unsent || way->probes > 1;
	return awaited && way->silence >= TAKING_LOOK_MS * 1000;
}

static bool is_stuck(struct taking *taking, const struct socket *socket, bool is_tcp) {
	int64_t now = taken(socket);
	bool some = now - taking->taken >= TAKING_STUCK_BYTES;
	taking->stuck_ms = some ? 0 : taking->stuck_ms + TAKING_LOOK_MS;
	if (some)
		taking->taken = now;
	return taking->stuck_ms >= patience(taking, is_tcp);
}

void taking_begin(struct taking *taking, const struct socket *socket) {
	*taking = (struct taking){.taken = taken(socket)};
}

bool taking_is_done(const struct socket *socket) {
	return !socket_queued(socket) && !tcp_under_way(socket->fd);
}

/* A silent link says nothing about how its viewer reads. The kernel can be told to end such a link
 * (TCP_USER_TIMEOUT), but then it also ends one whose other side answers and only has no room for more. */
const char *taking_look(struct taking *taking, const struct socket *socket) {
	struct tcp_way way = {0};
	bool is_tcp = tcp_look(socket->fd, &way), silent = is_silent(&way);
	taking->silent_ms = silent ? taking->silent_ms + TAKING_LOOK_MS : 0;
	if (taking->silent_ms >= TAKING_DEAD_MS)
		return "the connection broke: none of the data sent to it was acknowledged";
	if (!silent && is_stuck(taking, socket, is_tcp))
		return "it has read nothing, or next to nothing, for too long";
	return NULL;
}
