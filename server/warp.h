/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * warp: tells when the pointer rests where no viewer has put it: a program has moved it, or keeps it, or the
 * machine's own mouse was used. Some viewers put their own pointer where they are told, and say so, which
 * moves the pointer here in turn: told of each step of a motion, they would pull it back. So only where it
 * rests counts. Pure.
 */
#ifndef ZEROVNC_WARP_H
#define ZEROVNC_WARP_H

#include <stdbool.h>
#include <stdint.h>

struct warp {
	bool seen;    /* x and y are known: */
	int32_t x, y; /* where it was seen last */
	bool moved;   /* by something else than a viewer, and did not rest since */
	bool put;     /* by a viewer, and did not rest since: */
	int32_t put_x, put_y;
	int32_t off_x, off_y; /* how far from there it came to rest, the last time */
	unsigned count;       /* times that it came to rest elsewhere */
};

/* A viewer puts the pointer there. */
void warp_put(struct warp *warp, int32_t x, int32_t y);

/* The pointer is there. `own`: a viewer has moved it so lately that this is its doing. True: it has moved. */
bool warp_see(struct warp *warp, int32_t x, int32_t y, bool own);

/* What is known of its place is no measure for what is seen next: its picture changed, and nobody knows which
 * pixel of that is the tip. */
void warp_forget(struct warp *warp);

/* It rests. `near`: how far it may be from where a viewer has put it. Farther away, and always equally far,
 * is no program's doing but a wrong mapping, and counts once. */
void warp_rest(struct warp *warp, uint32_t near);

#endif
