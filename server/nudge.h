/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nudge: when a touch also wakes the display. The first touch does that finds it dark, and a later one that
 * finds it dark still: a nudge may be lost on a compositor that is just going to sleep. In between it may be
 * lighting up, and more nudges would reach whoever is there by then. Pure.
 */
#ifndef ZEROVNC_NUDGE_H
#define ZEROVNC_NUDGE_H

#include <stdbool.h>
#include <stdint.h>

/* So long a display may take to light up before the next touch nudges again. */
#define NUDGE_AGAIN_NS (2 * UINT64_C(1000000000))

/* The last one; starts as zeros. */
struct nudge {
	unsigned darkness; /* in which darkness of the display */
	uint64_t at_ns;
};

/* Whether a touch at `now_ns` wakes the display, which is then the last one. `darkness`: as
 * frames_darkness(). */
bool nudge_touch(struct nudge *nudge, unsigned darkness, uint64_t now_ns);

#endif
