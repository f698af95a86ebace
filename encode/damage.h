/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * damage: which 64x64 tiles of a picture changed, where in them, and how to say so in few rectangles. Pure
 * data without locks.
 */
#ifndef ZEROVNC_DAMAGE_H
#define ZEROVNC_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"

enum { DAMAGE_TILE = 64 }; /* pixels on a side */

/* The part of a tile that changed, in pixels from the tile's upper left corner. `right` and `bottom` are not
 * in it. Outside of it nothing changed. */
struct damage_box {
	uint8_t left, top, right, bottom;
};

/* A bitmap of tiles, row by row: tile (column, row) is bit row * columns + column. */
struct damage {
	uint32_t width, height; /* of the picture, pixels */
	uint32_t columns, rows;
	uint64_t *bits;           /* owned, (columns * rows + 63) / 64 words; bits past the last tile are 0 */
	struct damage_box *boxes; /* owned, one per tile, in the picture; only those of set tiles count */
	uint64_t *coloured;       /* owned, likewise: of tiles whose colours were left in the picture */
};

/* An empty bitmap for a picture of 0x0. */
void damage_init(struct damage *damage);
/* Makes it a clear bitmap of this size. 0, or -ENOMEM (then it is 0x0). */
int damage_resize(struct damage *damage, uint32_t width, uint32_t height);
void damage_finish(struct damage *damage);

void damage_clear(struct damage *damage);
void damage_fill(struct damage *damage);
/* Adds a whole tile. */
void damage_add(struct damage *damage, uint32_t column, uint32_t row);
/* Adds a part of a tile, which is not empty and lies in the picture. The tile's box grows if it has one. */
void damage_add_box(struct damage *damage, uint32_t column, uint32_t row, struct damage_box box);
/* Says of a tile that was just added that its colours are in the picture (tile_colours.h). Once it is added
 * again, they are not. */
void damage_add_colours(struct damage *damage, uint32_t column, uint32_t row);
/* Gives a tile this box, which is not empty and lies in the picture, in place of the one that it may have. */
void damage_set_box(struct damage *damage, uint32_t column, uint32_t row, struct damage_box box);
void damage_remove(struct damage *damage, uint32_t column, uint32_t row);
bool damage_has(const struct damage *damage, uint32_t column, uint32_t row);
bool damage_has_colours(const struct damage *damage, uint32_t column, uint32_t row);
/* Adds the boxes of `from`, which must have the same size and was reported later, and what it says of
 * colours. */
void damage_merge(struct damage *damage, const struct damage *from);
/* The part of the picture that a tile covers, clipped to the picture. */
struct rect damage_tile(const struct damage *damage, uint32_t column, uint32_t row);
/* The box of a whole tile. It ends where the picture does. */
struct damage_box damage_whole(const struct damage *damage, uint32_t column, uint32_t row);
/* The part of the picture that changed in a tile, which is set. */
struct rect damage_part(const struct damage *damage, uint32_t column, uint32_t row);
/* The smallest box that includes both. */
struct damage_box damage_box_unite(struct damage_box one, struct damage_box other);
uint32_t damage_count(const struct damage *damage);
/* Finds the first tile of a column that is set, and the end behind the last one. False: none is. */
bool damage_extent(const struct damage *damage, uint32_t column, uint32_t *first, uint32_t *end);
bool damage_is_empty(const struct damage *damage);

/*
 * The tiles as rectangles that do not overlap, clipped to the picture. Runs of tiles are merged along rows,
 * then equal runs of neighbouring rows are merged. Writes at most `capacity` rectangles and returns how many
 * were written. `capacity` must be at least 1, and damage_rectangles_max() always suffices. A smaller
 * capacity never loses damage: what does not fit is merged into the last rectangle's bounding box.
 */
size_t damage_rectangles(const struct damage *damage, struct rect *rectangles, size_t capacity);
size_t damage_rectangles_max(const struct damage *damage);

/*
 * The same for the boxes of the tiles: rectangles that do not overlap, cover all boxes, and nothing of tiles
 * that are not set. `spare`: how many pixels that did not change are worth one rectangle less. If it is 0,
 * the rectangles cover exactly the boxes. damage_count() rectangles always suffice. If the capacity does not,
 * the last rectangle may overlap others.
 */
size_t damage_trimmed(const struct damage *damage, uint32_t spare, struct rect *rectangles, size_t capacity);

#endif
