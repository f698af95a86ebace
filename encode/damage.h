/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * damage: which 64x64 tiles of a picture changed, and how to say so in few rectangles. Pure data without
 * locks.
 */
#ifndef ZEROVNC_DAMAGE_H
#define ZEROVNC_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"

enum { DAMAGE_TILE = 64 }; /* pixels on a side */

/* A bitmap of tiles, row by row: tile (column, row) is bit row * columns + column. */
struct damage {
	uint32_t width, height; /* of the picture, pixels */
	uint32_t columns, rows;
	uint64_t *bits; /* owned, (columns * rows + 63) / 64 words; bits past the last tile are 0 */
};

/* An empty bitmap for a picture of 0x0. */
void damage_init(struct damage *damage);
/* Makes it a clear bitmap of this size. 0, or -ENOMEM (then it is 0x0). */
int damage_resize(struct damage *damage, uint32_t width, uint32_t height);
void damage_finish(struct damage *damage);

void damage_clear(struct damage *damage);
void damage_fill(struct damage *damage);
void damage_add(struct damage *damage, uint32_t column, uint32_t row);
bool damage_has(const struct damage *damage, uint32_t column, uint32_t row);
/* Adds the tiles of `from`, which must have the same size. */
void damage_merge(struct damage *damage, const struct damage *from);
/* The part of the picture that a tile covers, clipped to the picture. */
struct rect damage_tile(const struct damage *damage, uint32_t column, uint32_t row);
uint32_t damage_count(const struct damage *damage);
bool damage_is_empty(const struct damage *damage);

/*
 * The tiles as rectangles that do not overlap, clipped to the picture. Runs of tiles are merged along rows,
 * then equal runs of neighbouring rows are merged. Writes at most `capacity` rectangles and returns how many
 * were written. `capacity` must be at least 1, and damage_rectangles_max() always suffices. A smaller
 * capacity never loses damage: what does not fit is merged into the last rectangle's bounding box.
 */
size_t damage_rectangles(const struct damage *damage, struct rect *rectangles, size_t capacity);
size_t damage_rectangles_max(const struct damage *damage);

#endif
