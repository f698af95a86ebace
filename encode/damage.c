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
	sized.boxes = calloc(tile_count(&sized) + 1, sizeof *sized.boxes);
	sized.coloured = calloc(words ? words : 1, sizeof *sized.coloured);
	if (!sized.bits || !sized.boxes || !sized.coloured) {
		damage_finish(&sized);
		return -ENOMEM;
	}
	*damage = sized;
	return 0;
}

void damage_finish(struct damage *damage) {
	free(damage->bits);
	free(damage->boxes);
	free(damage->coloured);
	damage_init(damage);
}

void damage_clear(struct damage *damage) {
	if (damage->bits)
		memset(damage->bits, 0, word_count(damage) * sizeof *damage->bits);
}

void damage_fill(struct damage *damage) {
	for (uint32_t row = 0; row < damage->rows; row++)
		for (uint32_t column = 0; column < damage->columns; column++)
			damage_add(damage, column, row);
}

static uint8_t smaller(uint8_t a, uint8_t b) {
	return a < b ? a : b;
}
static uint8_t larger(uint8_t a, uint8_t b) {
	return a > b ? a : b;
}

struct damage_box damage_box_unite(struct damage_box one, struct damage_box other) {
	return (struct damage_box){smaller(one.left, other.left), smaller(one.top, other.top),
		larger(one.right, other.right), larger(one.bottom, other.bottom)};
}

static void add(struct damage *damage, size_t tile, struct damage_box box) {
	uint64_t bit = UINT64_C(1) << tile % 64;
	bool has = damage->bits[tile / 64] & bit;
	damage->bits[tile / 64] |= bit;
	damage->coloured[tile / 64] &= ~bit;
	damage->boxes[tile] = has ? damage_box_unite(damage->boxes[tile], box) : box;
}

void damage_add(struct damage *damage, uint32_t column, uint32_t row) {
	damage_add_box(damage, column, row, damage_whole(damage, column, row));
}

void damage_add_box(struct damage *damage, uint32_t column, uint32_t row, struct damage_box box) {
	add(damage, (size_t)row * damage->columns + column, box);
}

void damage_add_colours(struct damage *damage, uint32_t column, uint32_t row) {
	size_t tile = (size_t)row * damage->columns + column;
	damage->coloured[tile / 64] |= UINT64_C(1) << tile % 64;
}

void damage_set_box(struct damage *damage, uint32_t column, uint32_t row, struct damage_box box) {
	damage_remove(damage, column, row);
	damage_add_box(damage, column, row, box);
}

void damage_remove(struct damage *damage, uint32_t column, uint32_t row) {
	size_t tile = (size_t)row * damage->columns + column;
	damage->bits[tile / 64] &= ~(UINT64_C(1) << tile % 64);
}

bool damage_has(const struct damage *damage, uint32_t column, uint32_t row) {
	size_t tile = (size_t)row * damage->columns + column;
	return damage->bits[tile / 64] >> tile % 64 & 1;
}

bool damage_has_colours(const struct damage *damage, uint32_t column, uint32_t row) {
	size_t tile = (size_t)row * damage->columns + column;
	return damage->bits[tile / 64] & damage->coloured[tile / 64] & UINT64_C(1) << tile % 64;
}

void damage_merge(struct damage *damage, const struct damage *from) {
	for (size_t i = 0; i < word_count(damage); i++) {
		for (uint64_t left = from->bits[i]; left; left &= left - 1) {
			size_t tile = i * 64 + (size_t)__builtin_ctzll(left);
			add(damage, tile, from->boxes[tile]);
		}
		damage->coloured[i] |= from->bits[i] & from->coloured[i];
	}
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

struct damage_box damage_whole(const struct damage *damage, uint32_t column, uint32_t row) {
	struct rect tile = damage_tile(damage, column, row);
	return (struct damage_box){.right = (uint8_t)tile.width, .bottom = (uint8_t)tile.height};
}

struct rect damage_part(const struct damage *damage, uint32_t column, uint32_t row) {
	struct damage_box box = damage->boxes[(size_t)row * damage->columns + column];
	return (struct rect){
		.x = (int32_t)(column * DAMAGE_TILE + box.left),
		.y = (int32_t)(row * DAMAGE_TILE + box.top),
		.width = (uint32_t)(box.right - box.left),
		.height = (uint32_t)(box.bottom - box.top),
	};
}

uint32_t damage_count(const struct damage *damage) {
	uint32_t count = 0;
	for (size_t i = 0; i < word_count(damage); i++)
		count += (uint32_t)__builtin_popcountll(damage->bits[i]);
	return count;
}

bool damage_extent(const struct damage *damage, uint32_t column, uint32_t *first, uint32_t *end) {
	*first = 0;
	*end = damage->rows;
	while (*first < *end && !damage_has(damage, column, *first))
		++*first;
	while (*end > *first && !damage_has(damage, column, *end - 1))
		--*end;
	return *first < *end;
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

/* Rectangles that are being written. */
struct output {
	struct rect *rectangles;
	size_t count, capacity;
};

static void put(struct output *output, struct rect rectangle) {
	struct rect *last = &output->rectangles[output->capacity - 1];
	if (output->count < output->capacity)
		output->rectangles[output->count++] = rectangle;
	else
		*last = rect_unite(*last, rectangle);
}

size_t damage_rectangles(const struct damage *damage, struct rect *rectangles, size_t capacity) {
	struct output output = {rectangles, 0, capacity};
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
			put(&output, run_rectangle(damage, begin, end, row));
		}
	}
	return output.count;
}

/* --- trimmed --- */

static bool is_worth_joining(struct rect one, struct rect other, uint32_t spare) {
	return rect_area(rect_unite(one, other)) <= rect_area(one) + rect_area(other) + spare;
}

/* Writes the boxes of a row of tiles, from left to right, neighbours joined. */
static void put_row(const struct damage *damage, uint32_t row, uint32_t spare, struct output *output) {
	struct rect run = {0};
	uint32_t end = 0; /* of the run's columns */
	for (uint32_t column = find(damage, 0, row, true); column < damage->columns;
		column = find(damage, end, row, true)) {
		struct rect part = damage_part(damage, column, row);
		if (run.width && column == end && is_worth_joining(run, part, spare)) {
			run = rect_unite(run, part);
		} else {
			if (run.width)
				put(output, run);
			run = part;
		}
		end = column + 1;
	}
	if (run.width)
		put(output, run);
}

static uint32_t first_column(const struct rect *rectangle) {
	return (uint32_t)rectangle->x / DAMAGE_TILE;
}

static bool spans_same_columns(const struct rect *one, const struct rect *other) {
	return first_column(one) == first_column(other) &&
	       ((uint32_t)one->x + one->width - 1) / DAMAGE_TILE ==
		       ((uint32_t)other->x + other->width - 1) / DAMAGE_TILE;
}

/* Joins rectangles of a row of tiles, from `begin` on, with those that end in the row above, from `above` on,
 * and empties these. Both are in the same columns, where there are no others, so nothing overlaps. */
static void join_rows(struct output *output, size_t above, size_t begin, uint32_t spare) {
	struct rect *rectangles = output->rectangles;
	for (size_t i = begin; i < output->count; i++) {
		while (above < begin && first_column(&rectangles[above]) < first_column(&rectangles[i]))
			above++;
		if (above == begin)
			break;
		if (!spans_same_columns(&rectangles[above], &rectangles[i]) ||
			!is_worth_joining(rectangles[above], rectangles[i], spare))
			continue;
		rectangles[i] = rect_unite(rectangles[above], rectangles[i]);
		rectangles[above].width = 0;
	}
}

static size_t drop_empty(struct rect *rectangles, size_t count) {
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (rectangles[i].width)
			rectangles[kept++] = rectangles[i];
	return kept;
}

size_t damage_trimmed(const struct damage *damage, uint32_t spare, struct rect *rectangles, size_t capacity) {
	struct output output = {rectangles, 0, capacity};
	size_t above = 0;
	if (!capacity)
		return 0;
	for (uint32_t row = 0; row < damage->rows; row++) {
		size_t begin = output.count;
		put_row(damage, row, spare, &output);
		join_rows(&output, above, begin, spare);
		above = begin;
	}
	return drop_empty(rectangles, output.count);
}
