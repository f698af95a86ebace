/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * standby: a connection that we have made and at whose other end nobody is yet.
 *
 * At a repeater we say our ID and greet (see below), and then wait for a viewer for as long as that takes.
 * Its first byte shows that it is there. UltraVNC's repeater reads 250 bytes from a server in mode II,
 * "ID:NAME" and zeros, and passes everything behind them on to the viewer that gives the same ID. A viewer
 * waits for the server's greeting, so that must be on its way before anybody is there to read it.
 *
 * A viewer on this machine has to take the connection before the kernel can tell which user it belongs to
 * (auth/local_user.h). That is waited for a moment.
 *
 * All functions must be called on the loop's thread.
 */
#ifndef ZEROVNC_STANDBY_H
#define ZEROVNC_STANDBY_H

#include <stdbool.h>
#include <uv.h>

#include "capture/base/reason.h"

enum { STANDBY_ID_SIZE = 250, STANDBY_USER_MS = 2000 };

struct standby;

/* One of these is called, once, from the loop, unless standby_stop() comes before. */
struct standby_events {
	void *context;
	void (*ready)(void *context, int fd); /* whoever is called owns `fd` */
	void (*failed)(void *context, int error, const struct reason *reason);
};

/* Owns `fd` from then on, even if it fails. `id`: at a repeater; "": waits for a viewer on this machine.
 * Returns 0, or -errno with a reason. */
int standby_start(uv_loop_t *loop, int fd, const char *id, const struct standby_events *events,
	struct standby **standby, struct reason *reason);

/* As dial_stop(). */
void standby_stop(struct standby *standby);

#endif
