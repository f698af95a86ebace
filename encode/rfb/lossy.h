/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lossy: what of a viewer's framebuffer was sent with losses and has not been sent exactly since. For each
 * tile it is known in a box, so the memory is bounded: a few bytes for a tile. A box may also have pixels
 * that are exact, but none that lost something is outside of it. Pure; one thread uses it.
 */
#ifndef ZEROVNC_LOSSY_H
#define ZEROVNC_LOSSY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/rect.h"
#include "encode/damage.h"
#include "encode/moves/moves.h"
#include "encode/rfb/region.h"

/* Rectangles of a piece that have lost something. Borrowed. */
struct lossy_places {
	const struct rect *list;
	size_t count;
};

/* Starts zeroed: nothing has lost anything in a framebuffer of 0x0. No memory is needed until something has.
 * If memory runs out, what is added is not remembered. */
struct lossy {
	uint32_t width, height; /* of the framebuffer */
	struct damage boxes;    /* 0x0 until there is something */
	uint64_t *since;        /* owned; when each tile was sent with losses last, in nanoseconds */
	struct damage chosen;   /* what lossy_choose() finds */
};

/* The framebuffer has this size, and nothing in it has lost anything. */
void lossy_reset(struct lossy *lossy, uint32_t width, uint32_t height);
void lossy_finish(struct lossy *lossy);

/* A part of the framebuffer, or what of it lies in there, is sent with losses. */
void lossy_add(struct lossy *lossy, struct rect part, uint64_t now_ns);
/* It is sent exactly. */
void lossy_remove(struct lossy *lossy, struct rect part);
/* It is copied (CopyRect): what was lost travels with it. */
void lossy_move(struct lossy *lossy, const struct move *move, uint64_t now_ns);

bool lossy_any(const struct lossy *lossy);
/* Since when a tile has been as it was sent, the one of which this is true for longest. UINT64_MAX: there is
 * none. */
uint64_t lossy_oldest_ns(const struct lossy *lossy);
/* Adds all of it to a region, with what lies between. */
void lossy_list(const struct lossy *lossy, struct region *to);

/*
 * Writes into `to` what is to be sent exactly next: of tiles that are close to each other, that were sent
 * with losses up to this time and that were asked for, about as many pixels as these, but never too few to
 * get on. Nothing, if there is no such tile.
 */
void lossy_choose(struct lossy *lossy, uint64_t until_ns, const struct region *asked, uint32_t pixels,
	struct region *to);

#endif
