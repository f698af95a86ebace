/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dial: one attempt at a TCP connection to somebody else. The name is looked up on a thread of libuv's pool.
 * Its addresses are tried one after the other, in the resolver's order, which is that of RFC 6724. Nothing
 * here waits.
 *
 * All functions must be called on the loop's thread.
 */
#ifndef ZEROVNC_DIAL_H
#define ZEROVNC_DIAL_H

#include <sys/socket.h>
#include <uv.h>

#include "capture/base/reason.h"

enum {
	DIAL_MS = 10000,        /* for all of it */
	DIAL_ADDRESS_MS = 4000, /* for one address, if there is another one */
};

struct dial;

/* Called from the loop. One of the last two is called, once, unless dial_stop() comes before. */
struct dial_events {
	void *context;
	/* Whether this address may be connected to. Returns 0, or -errno with a reason: it is passed over. */
	int (*may)(void *context, const struct sockaddr *address, socklen_t size, struct reason *reason);
	/* The other side has taken the connection. Whoever is called owns `fd`: non-blocking, close-on-exec.
	 */
	void (*reached)(void *context, int fd);
	/* The reason does not say who was called. */
	void (*failed)(void *context, int error, const struct reason *reason);
};

/* Returns NULL when out of memory. */
struct dial *dial_start(
	uv_loop_t *loop, const char *host, const char *port, const struct dial_events *events);

/* Must be called once, also after an event; may be called from within one. It is freed from the loop. Takes
 * NULL. */
void dial_stop(struct dial *dial);

#endif
