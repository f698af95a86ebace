/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * idle: ends a server that nobody has needed for a while. It is for servers whose sockets a service manager
 * holds and that it starts again for the next viewer. Loop thread.
 */
#ifndef ZEROVNC_IDLE_H
#define ZEROVNC_IDLE_H

#include <stdbool.h>
#include <uv.h>

struct idle;

struct idle_events {
	void *context;
	/* Whether somebody needs the server now. */
	bool (*needed)(void *context);
	/* Nobody has needed it for as long as was said. Called once. */
	void (*over)(void *context);
};

/* Begins to wait. Returns NULL when out of memory. */
struct idle *idle_create(uv_loop_t *loop, unsigned seconds, const struct idle_events *events);

/* Somebody has just needed the server: the wait begins anew. Takes NULL. */
void idle_stir(struct idle *idle);

/* Its timer closes on the loop: run the loop once more afterwards. Takes NULL. */
void idle_destroy(struct idle *idle);

#endif
