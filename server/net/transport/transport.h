/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * transport: a two-way stream of bytes that never blocks. The lowest one uses a socket. The others use
 * another transport (TLS, WebSocket, RSA-AES) and own it.
 */
#ifndef ZEROVNC_TRANSPORT_H
#define ZEROVNC_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "server/net/queue.h"

struct transport;

/* The most frames, messages or warnings without any data that may come in a row. A client that kept sending
 * them would keep one read busy for ever. */
enum { TRANSPORT_MAX_EMPTY = 64 };

/* A layer encrypts at most this many bytes before it hands them on, and at most this many wait inside it for
 * the socket: fewer and longer sends cost less. A little more still fits into the memory that queues keep. */
enum { TRANSPORT_GATHER = 128 << 10 };

struct transport_impl {
	const char *name;
	/* Returns the bytes read, 0 at the end, -EAGAIN, or another -errno if the transport is broken. */
	ssize_t (*read)(struct transport *transport, void *bytes, size_t size);
	/* Sends parts, one behind the other; none is empty. Returns the bytes taken, of which some may still
	 * wait inside, -EAGAIN, or another -errno if the transport is broken. After -EAGAIN the same bytes
	 * are offered again. */
	ssize_t (*write)(struct transport *transport, const struct iovec *parts, size_t count);
	/* Bytes that were taken and still wait until the socket is writable. Call flush then. */
	size_t (*unsent)(const struct transport *transport);
	/* Returns 0 when nothing waits any more, -EAGAIN, or another -errno if the transport is broken. */
	int (*flush)(struct transport *transport);
	/* Closes the stream as its protocol prescribes (close_notify, a Close frame), as far as that is
	 * possible without waiting. */
	void (*close)(struct transport *transport);
	void (*destroy)(struct transport *transport);
};

struct transport {
	const struct transport_impl *impl;
	struct transport *below; /* owned; NULL for the one on the socket */
};

/* A transport on a connected non-blocking stream socket, which it borrows. Returns NULL when out of
 * memory. */
struct transport *transport_plain(int fd);

/* A transport that first yields these bytes to its reader, and then what `below` has. It takes ownership of
 * `below` in any case. Returns NULL when out of memory. */
struct transport *transport_prefixed(struct transport *below, const void *bytes, size_t size);

ssize_t transport_read(struct transport *transport, void *bytes, size_t size);
ssize_t transport_write(struct transport *transport, const void *bytes, size_t size);
ssize_t transport_write_parts(struct transport *transport, const struct iovec *parts, size_t count);
size_t transport_unsent(const struct transport *transport);
int transport_flush(struct transport *transport);
void transport_close(struct transport *transport);
/* Hands a layer's `unsent` on to the transport below. Returns 0 when all of it was taken, -EAGAIN, or another
 * -errno if the transport is broken. */
int transport_drain(struct transport *below, struct queue *unsent);
/* Goes through parts, for a layer that seals bytes. Starts zeroed, apart from the parts. */
struct transport_reader {
	const struct iovec *parts;
	size_t count;
	size_t offset; /* in the first one */
};

/* Returns the next bytes, at most `most`, and sets `*size`; 0: there are none left. They are where they lie,
 * unless that would be little: then several parts are put together in `memory`, which has room for `most`. */
const uint8_t *transport_reader_next(
	struct transport_reader *reader, uint8_t *memory, size_t most, size_t *size);

/* Destroys it and everything below. Takes NULL. */
void transport_destroy(struct transport *transport);

#endif
