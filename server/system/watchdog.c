/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/system/watchdog.h"

#include <errno.h>
#include <stdlib.h>

#include "server/log.h"
#include "server/loop.h"
#include "server/system/notify.h"

struct watchdog {
	uv_timer_t timer;
	struct loop_closing closing;
	bool (*alive)(void *context);
	void *context;
	bool silent; /* not alive when it was last asked */
};

static void on_turn(uv_timer_t *timer) {
	struct watchdog *watchdog = timer->data;
	bool alive = watchdog->alive(watchdog->context);
	if (!alive && !watchdog->silent)
		log_error(
			"the frame thread hangs, perhaps in a driver: not answering the service manager's watchdog");
	watchdog->silent = !alive;
	if (alive)
		notify_send("WATCHDOG=1");
}

int watchdog_create(uv_loop_t *loop, bool (*alive)(void *context), void *context, struct watchdog **result) {
	uint64_t interval = notify_watchdog_ms() / 2;
	*result = NULL;
	if (interval == 0)
		return 0;
	struct watchdog *watchdog = calloc(1, sizeof *watchdog);
	if (!watchdog)
		return -ENOMEM;
	watchdog->alive = alive;
	watchdog->context = context;
	watchdog->timer.data = watchdog;
	uv_timer_init(loop, &watchdog->timer);
	uv_timer_start(&watchdog->timer, on_turn, interval, interval);
	*result = watchdog;
	return 0;
}

void watchdog_destroy(struct watchdog *watchdog) {
	if (watchdog)
		loop_close(&watchdog->closing, free, watchdog, LOOP_HANDLES(&watchdog->timer));
}
