/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/spared.h"

#include <string.h>

static int32_t tiles_before(uint32_t pixels) {
	return (int32_t)(pixels / DAMAGE_TILE);
}

/* The tile in which pixel number `pixels` of the picture lies, or the next one if that would be cut in two.
 */
static int32_t tiles_up_to(uint32_t pixels) {
	return tiles_before(pixels + DAMAGE_TILE - 1);
}

/* The last tile of a row or column may be smaller than others. */
static int32_t whole_tiles(uint32_t end, uint32_t picture_end) {
	return end == picture_end ? tiles_up_to(end) : tiles_before(end);
}

/* Adds the whole tiles of a rectangle in the picture, which is not empty. */
static void add(struct spared *spared, const struct picture *picture, const struct rect *part,
	const struct rect *rect) {
	int32_t column = tiles_before((uint32_t)part->x), row = tiles_before((uint32_t)part->y);
	const int32_t tiles[4] = {
		tiles_up_to((uint32_t)rect->x) - column,
		tiles_up_to((uint32_t)rect->y) - row,
		whole_tiles((uint32_t)rect->x + rect->width, picture->width) - column,
		whole_tiles((uint32_t)rect->y + rect->height, picture->height) - row,
	};
	if (tiles[0] < tiles[2] && tiles[1] < tiles[3])
		memcpy(spared->parts[spared->count++], tiles, sizeof tiles);
}

void spared_find(struct spared *spared, const struct picture *picture, const struct rect *part) {
	memset(spared, 0, sizeof *spared);
	for (uint32_t i = 0; picture->absent && i < picture->spared_count; i++) {
		struct rect rect = rect_intersect(picture->spared[i], *part);
		if (rect_area(rect))
			add(spared, picture, part, &rect);
	}
}

bool spared_has(const struct spared *spared, uint32_t column, uint32_t row) {
	int32_t x = (int32_t)column, y = (int32_t)row;
	for (uint32_t i = 0; i < spared->count; i++) {
		const int32_t *at = spared->parts[i];
		if (at[0] <= x && x < at[2] && at[1] <= y && y < at[3])
			return true;
	}
	return false;
}

int spared_find_missing(const struct spared *spared, const struct picture *picture, const struct rect *part,
	struct damage *missing) {
	uint32_t left = (uint32_t)part->x / DAMAGE_TILE, top = (uint32_t)part->y / DAMAGE_TILE;
	uint32_t columns = (picture->width + DAMAGE_TILE - 1) / DAMAGE_TILE;
	int error = damage_resize(missing, part->width + (uint32_t)part->x % DAMAGE_TILE,
		part->height + (uint32_t)part->y % DAMAGE_TILE);
	for (uint32_t row = 0; row < missing->rows; row++) {
		const bool *absent = picture->absent + (size_t)(top + row) * columns + left;
		for (uint32_t column = 0; column < missing->columns; column++)
			if (absent[column] && !spared_has(spared, column, row))
				damage_add(missing, column, row);
	}
	return error;
}
