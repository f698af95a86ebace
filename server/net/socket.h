/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * socket: a connected socket, the transport on it, and the bytes that wait to be read from it and to be sent.
 *
 * All functions must be called on the loop's thread.
 */
#ifndef ZEROVNC_SOCKET_H
#define ZEROVNC_SOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "server/net/outgoing.h"
#include "server/net/queue.h"
#include "server/net/transport/transport.h"

struct socket {
	int fd;
	struct transport *transport; /* NULL between socket_lift() and socket_put() */
	struct queue in;
	struct outgoing out;
	uint64_t bytes_sent; /* that the transport took */
	bool farewell;       /* the transport's close_notify or Close frame was sent, if it has one */
	uv_poll_t poll;
	int watched; /* events that `poll` waits for */
	uv_poll_cb ready;
};

/* What every connection to somebody outside needs: nothing waits to be sent together with more, and a link
 * that is dead is noticed. */
void socket_set_options(int fd);

/* Takes over a connected socket. `ready` is called with this `data` in its handle; see socket_watch().
 * Returns 0 or -errno; on an error `fd` still belongs to the caller. `socket` must be zeroed before. */
int socket_open(struct socket *socket, uv_loop_t *loop, int fd, uv_poll_cb ready, void *data);

/* Says goodbye as the transport prescribes, shuts the socket down, and gives back what was lent. The caller
 * then closes `poll` (loop_close()), and calls socket_finish() when the loop has closed it. */
void socket_close(struct socket *socket);
void socket_finish(struct socket *socket);

/* Sends what can be sent of `out` now. Returns 0 if nothing is left, -EAGAIN, or another -errno if the
 * connection is broken. */
int socket_flush(struct socket *socket);

/* Bytes that the kernel has not taken yet: those in `out`, and the encrypted ones after it. */
size_t socket_queued(const struct socket *socket);

/* Reads up to `size` bytes into `in`. Returns how many came, 0 at the end, -EAGAIN, or another -errno if the
 * connection is broken. */
ssize_t socket_read(struct socket *socket, size_t size);

/* Whether layers of the transport may hold bytes that the kernel does not report. */
bool socket_is_layered(const struct socket *socket);

/* Waits for these events of libuv's; 0: for none. */
void socket_watch(struct socket *socket, int events);

/* Sends the transport's close_notify or Close frame, if it has one and if this was not done yet. */
void socket_take_leave(struct socket *socket);

/* Takes the transport away, so that a layer can be put on it. Bytes that were read already belong to that
 * layer and are given back to it. Returns NULL when out of memory. */
struct transport *socket_lift(struct socket *socket);

/* Uses this transport from now on, and owns it. */
void socket_put(struct socket *socket, struct transport *transport);

/* Whether bytes are wiped when they leave the queues; true at first. */
void socket_set_secret(struct socket *socket, bool secret);

#endif
