/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/refusals.h"

#include <stdlib.h>

#include "server/log.h"
#include "server/loop.h"

struct refusals {
	uv_timer_t window; /* runs from the first line until the sum is logged */
	struct loop_closing closing;
	uint64_t window_ms;
	struct tally {
		unsigned said, counted;
	} tallies[REFUSAL_COUNT];
};

static const char *const happened[REFUSAL_COUNT] = {
	[REFUSAL_LATE] = "timed out",
	[REFUSAL_CROWD] = "exceeded a limit",
	[REFUSAL_GUESSED] = "had to wait because of wrong passwords",
	[REFUSAL_UNFIT] = "failed the handshake",
};

static void sum_up(struct refusals *refusals) {
	for (int why = 0; why < REFUSAL_COUNT; why++) {
		struct tally *tally = &refusals->tallies[why];
		if (tally->counted)
			log_info("and %u more connection%s %s in the last %u seconds", tally->counted,
				tally->counted == 1 ? "" : "s", happened[why],
				(unsigned)(refusals->window_ms / 1000));
		*tally = (struct tally){0};
	}
}

static void on_window_over(uv_timer_t *timer) {
	sum_up(timer->data);
}

struct refusals *refusals_create(uv_loop_t *loop, uint64_t window_ms) {
	struct refusals *refusals = calloc(1, sizeof *refusals);
	if (!refusals)
		return NULL;
	uv_timer_init(loop, &refusals->window);
	refusals->window.data = refusals;
	refusals->window_ms = window_ms;
	return refusals;
}

void refusals_destroy(struct refusals *refusals) {
	if (!refusals)
		return;
	sum_up(refusals);
	loop_close(&refusals->closing, free, refusals, LOOP_HANDLES(&refusals->window));
}

void refusals_log(
	struct refusals *refusals, enum refusal why, const struct log_event *about, const char *line) {
	struct tally *tally = &refusals->tallies[why];
	if (!uv_is_active((uv_handle_t *)&refusals->window))
		uv_timer_start(&refusals->window, on_window_over, refusals->window_ms, 0);
	if (tally->said == REFUSALS_LINES) {
		tally->counted++;
		return;
	}
	tally->said++;
	log_about(LOG_LEVEL_INFO, about, "%s", line);
}
