/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nudge: decides whether a viewer's touch (any key or pointer event) also wakes the display. The first touch
 * that finds the display dark does. A later touch that still finds it dark does so again, because a nudge may
 * be lost on a compositor that is just going to sleep. In between the display may be lighting up, and more
 * nudges would reach whatever is on it by then. Pure.
 */
#ifndef ZEROVNC_NUDGE_H
#define ZEROVNC_NUDGE_H

#include <stdbool.h>
#include <stdint.h>

/* How long a display may take to light up before the next touch nudges again. */
#define NUDGE_AGAIN_NS (2 * UINT64_C(1000000000))

/* The last nudge. Starts zeroed. */
struct nudge {
	unsigned darkness; /* the display's period of darkness in which it was sent */
	uint64_t at_ns;    /* when it was sent */
};

/* Returns whether a touch at `now_ns` must wake the display, and then records it as the last nudge.
 * `darkness` is frames_darkness(). */
bool nudge_touch(struct nudge *nudge, unsigned darkness, uint64_t now_ns);

#endif
