/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/moves/cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	WORD = 64,
	WORDS = CELLS_COLUMNS_MAX / WORD,
	PATIENCE = 300000, /* cells that are looked at for rectangles of one match */
};

/* One bit a tile column. */
struct mask {
	uint64_t words[WORDS];
};

/* Rows in succession in which the same columns matched. */
struct band {
	uint32_t y, rows;
	struct mask matched;
};

struct cells {
	uint32_t width, height, columns;
	struct mask *open;  /* of each row; owned */
	struct band *bands; /* as many as there are rows at most; owned */
	size_t band_count, capacity;
	uint32_t patience;
};

struct cells *cells_create(void) {
	return calloc(1, sizeof(struct cells));
}

void cells_destroy(struct cells *cells) {
	if (!cells)
		return;
	free(cells->open);
	free(cells->bands);
	free(cells);
}

/* --- masks --- */

static bool mask_has(const struct mask *mask, uint32_t column) {
	return mask->words[column / WORD] >> column % WORD & 1;
}

static void mask_set(struct mask *mask, uint32_t column) {
	mask->words[column / WORD] |= UINT64_C(1) << column % WORD;
}

static void mask_clear(struct mask *mask, uint32_t from, uint32_t end) {
	for (uint32_t i = from; i < end; i++)
		mask->words[i / WORD] &= ~(UINT64_C(1) << i % WORD);
}

static bool mask_equals(const struct mask *one, const struct mask *other) {
	return memcmp(one, other, sizeof *one) == 0;
}

/* Finds the next run of columns at or after `*from`. False: there is none. */
static bool mask_run(const struct mask *mask, uint32_t columns, uint32_t *from, uint32_t *end) {
	while (*from < columns && !mask_has(mask, *from))
		++*from;
	for (*end = *from; *end < columns && mask_has(mask, *end);)
		++*end;
	return *from < *end;
}

/* --- the damage --- */

static int make_room(struct cells *cells, uint32_t rows) {
	if (rows <= cells->capacity)
		return 0;
	free(cells->open);
	free(cells->bands);
	cells->open = malloc(rows * sizeof *cells->open);
	cells->bands = malloc(rows * sizeof *cells->bands);
	cells->capacity = cells->open && cells->bands ? rows : 0;
	return cells->capacity ? 0 : -ENOMEM;
}

/* Opens a column from its first damaged tile to the last one. What did not change in between is mostly blank,
 * and moved as well; without it, the rectangles would be small. */
static void open_column(struct cells *cells, const struct damage *damage, uint32_t column) {
	uint32_t first, end;
	if (!damage_extent(damage, column, &first, &end))
		return;
	uint32_t lower = end * DAMAGE_TILE < cells->height ? end * DAMAGE_TILE : cells->height;
	for (uint32_t y = first * DAMAGE_TILE; y < lower; y++)
		mask_set(&cells->open[y], column);
}

int cells_open(struct cells *cells, const struct damage *damage) {
	if (damage->columns > CELLS_COLUMNS_MAX || damage->height > CELLS_ROWS_MAX)
		return -EINVAL;
	int error = make_room(cells, damage->height);
	if (error)
		return error;
	cells->width = damage->width;
	cells->height = damage->height;
	cells->columns = damage->columns;
	memset(cells->open, 0, damage->height * sizeof *cells->open);
	for (uint32_t i = 0; i < damage->columns; i++)
		open_column(cells, damage, i);
	return 0;
}

/* --- matching --- */

static uint32_t left_of(uint32_t column) {
	return column * DAMAGE_TILE;
}

static uint32_t right_of(const struct cells *cells, uint32_t column) {
	uint32_t right = (column + 1) * DAMAGE_TILE;
	return right < cells->width ? right : cells->width;
}

/* Compares the pixels from `x` to `end` of a row with those that lay there before they moved by `by`. Where
 * there are none, they are not equal. */
static bool is_equal(const struct moves_pair *pair, uint32_t y, struct offset by, uint32_t x, uint32_t end) {
	int64_t from = (int64_t)x - by.x;
	if (from < 0 || from + (end - x) > pair->width)
		return false;
	const uint8_t *before = pair->before + (size_t)((int64_t)y - by.y) * pair->stride + (size_t)from * 4;
	return memcmp(before, pair->after + y * pair->stride + (size_t)x * 4, (size_t)(end - x) * 4) == 0;
}

/* Mostly, all of a run matches, and one long comparison is the fastest. */
static void match_run(const struct cells *cells, const struct moves_pair *pair, uint32_t y, struct offset by,
	uint32_t from, uint32_t end, struct mask *matched) {
	bool all = is_equal(pair, y, by, left_of(from), right_of(cells, end - 1));
	for (uint32_t i = from; i < end; i++)
		if (all || is_equal(pair, y, by, left_of(i), right_of(cells, i)))
			mask_set(matched, i);
}

static struct mask match_row(
	const struct cells *cells, const struct moves_pair *pair, uint32_t y, struct offset by) {
	struct mask matched = {0};
	int64_t source = (int64_t)y - by.y;
	if (source < 0 || source >= cells->height)
		return matched;
	for (uint32_t from = 0, end; mask_run(&cells->open[y], cells->columns, &from, &end); from = end)
		match_run(cells, pair, y, by, from, end, &matched);
	return matched;
}

void cells_match(struct cells *cells, const struct moves_pair *pair, struct offset by) {
	struct band *last = NULL;
	cells->band_count = 0;
	cells->patience = PATIENCE;
	for (uint32_t y = 0; y < cells->height; y++) {
		struct mask matched = match_row(cells, pair, y, by);
		if (last && mask_equals(&last->matched, &matched)) {
			last->rows++;
			continue;
		}
		last = &cells->bands[cells->band_count++];
		*last = (struct band){y, 1, matched};
	}
}

/* --- rectangles --- */

struct best {
	uint32_t area;
	struct rect cells; /* x and width count columns */
};

/* Finds the largest rectangle that stands on the lower edge `end` of a band, where the matched cells of each
 * column reach so many rows upwards. What lies on the stack could still become wider: its columns, which
 * become higher and higher. */
static void find_standing(const uint32_t *heights, uint32_t columns, uint32_t end, struct best *best) {
	struct {
		uint32_t from, height;
	} stack[CELLS_COLUMNS_MAX + 1];
	size_t depth = 0;
	for (uint32_t i = 0; i <= columns; i++) {
		uint32_t height = i < columns ? heights[i] : 0, from = i;
		while (depth && stack[depth - 1].height >= height) {
			from = stack[--depth].from;
			uint32_t high = stack[depth].height, area = high * (i - from);
			if (area <= best->area)
				continue;
			best->area = area;
			best->cells = (struct rect){(int32_t)from, (int32_t)(end - high), i - from, high};
		}
		if (height) {
			stack[depth].from = from;
			stack[depth++].height = height;
		}
	}
}

static struct best find_largest(const struct cells *cells) {
	uint32_t heights[CELLS_COLUMNS_MAX] = {0};
	struct best best = {0};
	for (size_t i = 0; i < cells->band_count; i++) {
		const struct band *band = &cells->bands[i];
		for (uint32_t column = 0; column < cells->columns; column++)
			heights[column] = mask_has(&band->matched, column) ? heights[column] + band->rows : 0;
		find_standing(heights, cells->columns, band->y + band->rows, &best);
	}
	return best;
}

/* No band is cut: the largest rectangle begins and ends where bands do. */
static void explain(struct cells *cells, const struct rect *taken) {
	uint32_t from = (uint32_t)taken->x, end = from + taken->width;
	uint32_t top = (uint32_t)taken->y, lower = top + taken->height;
	for (size_t i = 0; i < cells->band_count; i++)
		if (cells->bands[i].y >= top && cells->bands[i].y < lower)
			mask_clear(&cells->bands[i].matched, from, end);
	for (uint32_t y = top; y < lower; y++)
		mask_clear(&cells->open[y], from, end);
}

bool cells_take(struct cells *cells, uint32_t least, struct rect *rectangle) {
	uint64_t work = (uint64_t)cells->band_count * cells->columns;
	if (work > cells->patience)
		return false;
	cells->patience -= (uint32_t)work;
	struct best best = find_largest(cells);
	if (!best.area || (uint64_t)best.area * DAMAGE_TILE < least)
		return false;
	explain(cells, &best.cells);
	uint32_t left = left_of((uint32_t)best.cells.x);
	uint32_t right = right_of(cells, (uint32_t)best.cells.x + best.cells.width - 1);
	*rectangle = (struct rect){(int32_t)left, best.cells.y, right - left, best.cells.height};
	return true;
}
