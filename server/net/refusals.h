/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refusals: what the log says of connections that are turned away before they are viewers: a line at info for
 * each, and where they come faster than anybody can read, how many more there were.
 *
 * All of it belongs to the loop's thread.
 */
#ifndef ZEROVNC_REFUSALS_H
#define ZEROVNC_REFUSALS_H

#include <stddef.h>
#include <uv.h>

enum {
	REFUSALS_WINDOW_MS = 60 * 1000,
	REFUSALS_LINES = 20, /* of each kind in one window; the rest is counted */
};

enum refusal {
	REFUSAL_LATE,    /* what was waited for did not come */
	REFUSAL_CROWD,   /* there were too many */
	REFUSAL_GUESSED, /* wrong passwords came before */
	REFUSAL_UNFIT,   /* it asked for what is not served, or spoke nonsense */
	REFUSAL_COUNT,
};

struct refusals;

/* `window_ms`: how long lines are counted together; REFUSALS_WINDOW_MS. NULL: out of memory. */
struct refusals *refusals_create(uv_loop_t *loop, uint64_t window_ms);

/* Says what it has counted and not told yet; its timer ends on the loop (run it once more). Takes NULL. */
void refusals_destroy(struct refusals *refusals);

void refusals_log(struct refusals *refusals, enum refusal why, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
