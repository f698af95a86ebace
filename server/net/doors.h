/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doors: the sockets of listen/sockets.h at work: accepts the connections that come in through them.
 *
 * All functions must be called on the loop's thread.
 */
#ifndef ZEROVNC_DOORS_H
#define ZEROVNC_DOORS_H

#include <stddef.h>
#include <uv.h>

#include "capture/base/reason.h"
#include "server/net/listen/sockets.h"

struct door;
struct gateway_options;

/* All members are required. */
struct doors_events {
	void *context;
	/* A connection came in through `by`, which is borrowed during the call. It owns `fd`, even if it
	 * returns an error. Returns 0 or -errno. */
	int (*came)(void *context, int fd, const struct listener_socket *by);
	/* A listener has stopped for good: see `open`. */
	void (*closed)(void *context);
};

struct doors {
	uv_loop_t *loop;
	struct doors_events events;
	struct listener_sockets sockets;
	struct door *list; /* one for each socket */
	size_t open;       /* sockets through which somebody can still come in */
};

/* Opens the sockets that the options name, and logs warnings about them. `doors` must be zeroed before.
 * Returns 0, or -errno with a reason. Call doors_close() in any case. */
int doors_open(struct doors *doors, const struct gateway_options *options, struct reason *reason);

/* Accepts from now on. Connections that were handed over, by inetd or a similar program, come before it
 * returns. Returns 0, or -errno with a reason. */
int doors_start(
	struct doors *doors, uv_loop_t *loop, const struct doors_events *events, struct reason *reason);

/* Accepts nobody any more. Whoever connects from now on waits in the kernel. */
void doors_shut(struct doors *doors);

/* Closes the sockets and their handles on the loop: run it once more. Takes zeroed ones. */
void doors_close(struct doors *doors);

#endif
