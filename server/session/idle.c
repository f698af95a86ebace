/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/session/idle.h"

#include <stdlib.h>

#include "server/loop.h"

struct idle {
	uv_timer_t timer;
	struct loop_closing closing;
	struct idle_events events;
	uint64_t patience, since; /* milliseconds */
};

/* A timer that is set anew at each event would be the dearest part of it. So it only looks when it is over.
 */
static void on_look(uv_timer_t *timer) {
	struct idle *idle = timer->data;
	uint64_t now = uv_now(timer->loop);
	if (idle->events.needed(idle->events.context))
		idle->since = now;
	uint64_t waited = now - idle->since;
	if (waited >= idle->patience)
		idle->events.over(idle->events.context);
	else
		uv_timer_start(timer, on_look, idle->patience - waited, 0);
}

struct idle *idle_create(uv_loop_t *loop, unsigned seconds, const struct idle_events *events) {
	struct idle *idle = calloc(1, sizeof *idle);
	if (!idle)
		return NULL;
	idle->events = *events;
	idle->patience = (uint64_t)seconds * 1000;
	idle->since = uv_now(loop);
	idle->timer.data = idle;
	uv_timer_init(loop, &idle->timer);
	uv_timer_start(&idle->timer, on_look, idle->patience, 0);
	return idle;
}

void idle_stir(struct idle *idle) {
	if (idle)
		idle->since = uv_now(idle->timer.loop);
}

void idle_destroy(struct idle *idle) {
	if (idle)
		loop_close(&idle->closing, free, idle, LOOP_HANDLES(&idle->timer));
}
