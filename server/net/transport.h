/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * transport: a two-way stream of bytes that never blocks. The first lies on a socket, others lie on another
 * transport (TLS, WebSocket, RSA-AES) and own it.
 */
#ifndef ZEROVNC_TRANSPORT_H
#define ZEROVNC_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "server/net/queue.h"

struct transport;

/* So many frames, messages or warnings that carry nothing may come in a row: whoever goes on with them would
 * keep one read busy for as long as he likes. */
enum { TRANSPORT_MAX_EMPTY = 64 };

/* A layer seals so many bytes at most before it hands them on, and so many waits inside for the socket: the
 * fewer and longer what is sent, the less it costs. A little more still fits into what queues keep. */
enum { TRANSPORT_GATHER = 128 << 10 };

struct transport_impl {
	const char *name;
	/* Bytes read; 0 at the end; -EAGAIN; another -errno: broken. */
	ssize_t (*read)(struct transport *transport, void *bytes, size_t size);
	/* Bytes taken, of which some may still wait inside; -EAGAIN; another -errno: broken. After -EAGAIN
	 * the same bytes are offered again. */
	ssize_t (*write)(struct transport *transport, const void *bytes, size_t size);
	/* Bytes of what was taken that still wait for the socket to be writable; call flush then. */
	size_t (*unsent)(const struct transport *transport);
	/* 0: nothing waits any more; -EAGAIN; another -errno: broken. */
	int (*flush)(struct transport *transport);
	/* Says farewell as its protocol has it, as far as that goes without waiting. */
	void (*close)(struct transport *transport);
	void (*destroy)(struct transport *transport);
};

struct transport {
	const struct transport_impl *impl;
	struct transport *below; /* NULL for the one on the socket; owned */
};

/* On a connected non-blocking stream socket, which it borrows. NULL: out of memory. */
struct transport *transport_plain(int fd);

/* Gives these bytes first to whoever reads, then what `below` has, which it takes over in any case. NULL: out
 * of memory. */
struct transport *transport_prefixed(struct transport *below, const void *bytes, size_t size);

ssize_t transport_read(struct transport *transport, void *bytes, size_t size);
ssize_t transport_write(struct transport *transport, const void *bytes, size_t size);
size_t transport_unsent(const struct transport *transport);
int transport_flush(struct transport *transport);
void transport_close(struct transport *transport);
/* Hands a layer's `unsent` on to what lies below. 0: all of it; -EAGAIN; another -errno: broken. */
int transport_drain(struct transport *below, struct queue *unsent);
/* And everything below. Takes NULL. */
void transport_destroy(struct transport *transport);

#endif
