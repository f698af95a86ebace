/* SPDX-License-Identifier: GPL-2.0-or-later */
/* changes: where pixels differ, and whether a damage says so. */
#ifndef ZEROVNC_TESTS_CHANGES_H
#define ZEROVNC_TESTS_CHANGES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "capture/base/rect.h"
#include "encode/damage.h"

/* The smallest rectangle that contains all pixels of an area that differ. Width 0: none does. Rows are
 * `stride` bytes apart. */
static inline struct rect changes_in(const void *before, const void *now, size_t stride, struct rect area) {
	struct rect changed = {0};
	for (uint32_t y = (uint32_t)area.y; y < (uint32_t)area.y + area.height; y++) {
		for (uint32_t x = (uint32_t)area.x; x < (uint32_t)area.x + area.width; x++) {
			size_t at = y * stride + x * sizeof(uint32_t);
			struct rect pixel = {(int32_t)x, (int32_t)y, 1, 1};
			if (memcmp((const uint8_t *)before + at, (const uint8_t *)now + at,
				    sizeof(uint32_t)) != 0)
				changed = changed.width ? rect_unite(changed, pixel) : pixel;
		}
	}
	return changed;
}

/* Whether the damage says that this part of a tile changed. Width 0: none. */
static inline bool changes_are(
	const struct damage *damage, uint32_t column, uint32_t row, struct rect changed) {
	if (!damage_has(damage, column, row))
		return !changed.width;
	return rect_equals(damage_part(damage, column, row), changed);
}

/* Whether both say the same of a tile. */
static inline bool changes_are_same(
	const struct damage *one, const struct damage *other, uint32_t column, uint32_t row) {
	return changes_are(one, column, row,
		damage_has(other, column, row) ? damage_part(other, column, row) : (struct rect){0});
}

/* Adds a pixel. */
static inline void changes_add(struct damage *damage, uint32_t x, uint32_t y) {
	uint8_t left = (uint8_t)(x % DAMAGE_TILE), top = (uint8_t)(y % DAMAGE_TILE);
	damage_add_box(damage, x / DAMAGE_TILE, y / DAMAGE_TILE,
		(struct damage_box){left, top, (uint8_t)(left + 1), (uint8_t)(top + 1)});
}

#endif
