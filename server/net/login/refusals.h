/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refusals: what the log says about connections that are turned away before they become viewers. Each gets a
 * line at level info until there are more than anybody would read. The others are counted, and their sum is
 * logged.
 *
 * Used on the loop's thread only.
 */
#ifndef ZEROVNC_REFUSALS_H
#define ZEROVNC_REFUSALS_H

#include <stdint.h>
#include <uv.h>

enum {
	REFUSALS_WINDOW_MS = 60 * 1000,
	REFUSALS_LINES = 20, /* of each kind in one window; more are only counted */
};

enum refusal {
	REFUSAL_LATE,    /* a deadline passed */
	REFUSAL_CROWD,   /* there were too many connections or viewers */
	REFUSAL_GUESSED, /* wrong passwords came before */
	REFUSAL_UNFIT,   /* anything else: it asked for something that is not served, or sent nonsense */
	REFUSAL_COUNT,
};

struct log_event;
struct refusals;

/* `window_ms`: the time over which lines are counted, normally REFUSALS_WINDOW_MS. Returns NULL when out of
 * memory. */
struct refusals *refusals_create(uv_loop_t *loop, uint64_t window_ms);

/* Logs the sums that are not logged yet. The loop closes the timer: run it once more. Takes NULL. */
void refusals_destroy(struct refusals *refusals);

/* Logs a line with what it is about, or only counts it. */
void refusals_log(
	struct refusals *refusals, enum refusal why, const struct log_event *about, const char *line);

#endif
