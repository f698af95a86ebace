/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * warp: finds out when the pointer rests where no viewer has put it. A program has moved it or keeps it
 * there, or the machine's own mouse was used. Some viewers put their own pointer where we tell them, and send
 * that as pointer motion, which moves the pointer here in turn. If they were told of each step of a motion,
 * they would pull the pointer back. So only the place where it rests counts. Pure.
 */
#ifndef ZEROVNC_WARP_H
#define ZEROVNC_WARP_H

#include <stdbool.h>
#include <stdint.h>

struct warp {
	bool seen;            /* x and y are known */
	int32_t x, y;         /* where the pointer was seen last */
	bool moved;           /* something other than a viewer moved it, and it has not rested since */
	bool put;             /* a viewer put it somewhere, and it has not rested since */
	int32_t put_x, put_y; /* where a viewer put it last */
	int32_t off_x, off_y; /* how far from there it last came to rest */
	unsigned count;       /* how often it came to rest elsewhere */
};

/* A viewer puts the pointer at (x, y). */
void warp_put(struct warp *warp, int32_t x, int32_t y);

/* The pointer was seen at (x, y). `own`: a viewer has moved it so recently that this is its doing. Returns
 * whether the pointer has moved since it was last seen. */
bool warp_see(struct warp *warp, int32_t x, int32_t y, bool own);

/* The pointer's last place must not be compared with the next one: its image changed, and nobody knows which
 * pixel of the image is the tip. */
void warp_forget(struct warp *warp);

/* The pointer rests. `near` is how many pixels it may be from where a viewer has put it. If it is farther
 * away, but always equally far, no program did that: the mapping is wrong, and it counts once. */
void warp_rest(struct warp *warp, uint32_t near);

#endif
