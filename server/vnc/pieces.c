/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/vnc/pieces.h"

#include <stdlib.h>

enum { TILE = 64 };

void vnc_pieces_finish(struct vnc_pieces *pieces) {
	free(pieces->list);
	*pieces = (struct vnc_pieces){0};
}

static bool add(struct vnc_pieces *pieces, uint32_t x, uint32_t y, uint32_t width, uint32_t height) {
	if (pieces->count == pieces->capacity) {
		size_t capacity = pieces->capacity ? 2 * pieces->capacity : 64;
		struct vnc_piece *list = realloc(pieces->list, capacity * sizeof *list);
		if (!list)
			return false;
		pieces->list = list;
		pieces->capacity = capacity;
	}
	pieces->list[pieces->count++] =
		(struct vnc_piece){(uint16_t)x, (uint16_t)y, (uint16_t)width, (uint16_t)height};
	return true;
}

static uint32_t smaller(uint32_t a, uint32_t b) {
	return a < b ? a : b;
}

/* Returns as much of a side as is allowed, in whole tiles if it has to be cut and a tile fits. */
static uint32_t length_of(uint32_t side, uint32_t limit) {
	if (side <= limit)
		return side;
	return limit >= TILE ? limit / TILE * TILE : limit;
}

bool vnc_pieces_cut(
	struct vnc_pieces *pieces, const struct rect *rectangle, uint32_t widest, uint32_t pixels) {
	uint32_t width = length_of(rectangle->width, smaller(widest, pixels));
	uint32_t height = length_of(rectangle->height, pixels / width);
	for (uint32_t y = 0; y < rectangle->height; y += height)
		for (uint32_t x = 0; x < rectangle->width; x += width)
			if (!add(pieces, (uint32_t)rectangle->x + x, (uint32_t)rectangle->y + y,
				    smaller(width, rectangle->width - x),
				    smaller(height, rectangle->height - y)))
				return false;
	return true;
}
