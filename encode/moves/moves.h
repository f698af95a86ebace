/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * moves: finds what only moved between two pictures of the same size, as a scrolled page or a dragged window
 * does. Nothing is guessed: where a move ends, the later picture has exactly the pixels that the earlier one
 * has where it began.
 *
 * Candidates come from votes (encode/moves/votes), or else from needles (encode/moves/needles), rectangles
 * from comparing every pixel that they would explain (encode/moves/cells). Little damage costs nothing.
 * Damage without any move costs the votes, which read a bounded sample of it, and sometimes the needles,
 * which read what was damaged once and are used less and less while they find nothing. A move costs about as
 * much as comparing its pixels twice. Pure; one thread uses a finder.
 */
#ifndef ZEROVNC_MOVES_H
#define ZEROVNC_MOVES_H

#include <stddef.h>
#include <stdint.h>

#include "capture/base/rect.h"
#include "encode/damage.h"

enum { MOVES_MAX = 32 };

/* Two pictures, both XRGB8888 with rows `stride` bytes apart. Borrowed. */
struct moves_pair {
	const uint8_t *before, *after;
	size_t stride;
	uint32_t width, height;
};

/* How far something moved, in pixels to the right and downwards. */
struct offset {
	int32_t x, y;
};

/* What a rectangle of the later picture shows has moved there by `by`: in the earlier one it lay at
 * move_source(). */
struct move {
	struct rect target;
	struct offset by;
};

/* Made one after the other, in this order and in place, they are right: no move's source is covered by the
 * target of one before it. A source and a target of the same move may overlap. */
struct moves {
	uint64_t from; /* generation of the earlier picture */
	size_t count;
	struct move list[MOVES_MAX];
};

/* Where it came from. */
struct rect move_source(const struct move *move);

struct moves_finder;

/* NULL: out of memory. */
struct moves_finder *moves_finder_create(void);
void moves_finder_destroy(struct moves_finder *finder);

/* Finds moves that explain some of the damage, and writes `count` and `list`. Finds none if memory runs out,
 * or if a side has more than 16384 pixels. The damage must have the pictures' size. */
void moves_find(struct moves_finder *finder, const struct moves_pair *pair, const struct damage *damage,
	struct moves *moves);

#endif
