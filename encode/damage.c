/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/damage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/rect.h"

static uint32_t tiles_across(uint32_t pixels) {
	return pixels / DAMAGE_TILE + (pixels % DAMAGE_TILE != 0);
}

static size_t tile_count(const struct damage *damage) {
	return (size_t)damage->columns * damage->rows;
}

static size_t word_count(const struct damage *damage) {
	return (tile_count(damage) + 63) / 64;
}

void damage_init(struct damage *damage) {
	memset(damage, 0, sizeof *damage);
}

int damage_resize(struct damage *damage, uint32_t width, uint32_t height) {
	if (damage->bits && damage->width == width && damage->height == height) {
		damage_clear(damage);
		return 0;
	}
	damage_finish(damage);
	struct damage sized = {
		.width = width,
		.height = height,
		.columns = tiles_across(width),
		.rows = tiles_across(height),
	};
	size_t words = word_count(&sized);
	sized.bits = calloc(words ? words : 1, sizeof *sized.bits);
	if (!sized.bits)
		return -ENOMEM;
	*damage = sized;
	return 0;
}

void damage_finish(struct damage *damage) {
	free(damage->bits);
	damage_init(damage);
}

void damage_clear(struct damage *damage) {
	if (damage->bits)
		memset(damage->bits, 0, word_count(damage) * sizeof *damage->bits);
}

void damage_fill(struct damage *damage) {
	size_t tiles = tile_count(damage), words = word_count(damage);
	if (!words)
		return;
	memset(damage->bits, 0xff, words * sizeof *damage->bits);
	if (tiles % 64)
		damage->bits[words - 1] = (UINT64_C(1) << tiles % 64) - 1;
}

void damage_add(struct damage *damage, uint32_t column, uint32_t row) {
	size_t tile = (size_t)row * damage->columns + column;
	damage->bits[tile / 64] |= UINT64_C(1) << tile % 64;
}

bool damage_has(const struct damage *damage, uint32_t column, uint32_t row) {
	size_t tile = (size_t)row * damage->columns + column;
	return damage->bits[tile / 64] >> tile % 64 & 1;
}

void damage_merge(struct damage *damage, const struct damage *from) {
	for (size_t i = 0; i < word_count(damage); i++)
		damage->bits[i] |= from->bits[i];
}

struct rect damage_tile(const struct damage *damage, uint32_t column, uint32_t row) {
	uint32_t x = column * DAMAGE_TILE, y = row * DAMAGE_TILE;
	return (struct rect){
		.x = (int32_t)x,
		.y = (int32_t)y,
		.width = damage->width - x < DAMAGE_TILE ? damage->width - x : DAMAGE_TILE,
		.height = damage->height - y < DAMAGE_TILE ? damage->height - y : DAMAGE_TILE,
	};
}

uint32_t damage_count(const struct damage *damage) {
	uint32_t count = 0;
	for (size_t i = 0; i < word_count(damage); i++)
		count += (uint32_t)__builtin_popcountll(damage->bits[i]);
	return count;
}

bool damage_is_empty(const struct damage *damage) {
	for (size_t i = 0; i < word_count(damage); i++) {
		if (damage->bits[i])
			return false;
	}
	return true;
}

size_t damage_rectangles_max(const struct damage *damage) {
	return (size_t)damage->rows * ((damage->columns + 1) / 2);
}

/* The first tile at or after `column` that is set (or clear, if `set` is false), or `columns` if there is
 * none. */
static uint32_t find(const struct damage *damage, uint32_t column, uint32_t row, bool set) {
	while (column < damage->columns && damage_has(damage, column, row) != set)
		column++;
	return column;
}

/* Whether [begin, end) is one whole run of `row`: all set, and clear on both sides. */
static bool is_run(const struct damage *damage, uint32_t begin, uint32_t end, uint32_t row) {
	if (begin > 0 && damage_has(damage, begin - 1, row))
		return false;
	return damage_has(damage, begin, row) && find(damage, begin, row, false) == end;
}

static struct rect run_rectangle(const struct damage *damage, uint32_t begin, uint32_t end, uint32_t row) {
	uint32_t bottom = row + 1;
	while (bottom < damage->rows && is_run(damage, begin, end, bottom))
		bottom++;
	uint32_t right = end == damage->columns ? damage->width : end * DAMAGE_TILE;
	uint32_t lower = bottom == damage->rows ? damage->height : bottom * DAMAGE_TILE;
	return (struct rect){
		.x = (int32_t)(begin * DAMAGE_TILE),
		.y = (int32_t)(row * DAMAGE_TILE),
		.width = right - begin * DAMAGE_TILE,
		.height = lower - row * DAMAGE_TILE,
	};
}

size_t damage_rectangles(const struct damage *damage, struct rect *rectangles, size_t capacity) {
	size_t count = 0;
	if (!capacity)
		return 0;
	for (uint32_t row = 0; row < damage->rows; row++) {
		uint32_t end;
		for (uint32_t begin = find(damage, 0, row, true); begin < damage->columns;
			begin = find(damage, end, row, true)) {
			end = find(damage, begin, row, false);
			/* The same run is one row up, and its rectangle already includes this row. */
			if (row > 0 && is_run(damage, begin, end, row - 1))
				continue;
			struct rect rectangle = run_rectangle(damage, begin, end, row);
			if (count < capacity)
				rectangles[count++] = rectangle;
			else
				rectangles[capacity - 1] = rect_unite(rectangles[capacity - 1], rectangle);
		}
	}
	return count;
}
