/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/moves/votes.h"

#include <stdlib.h>
#include <string.h>

enum {
	ROWS_MAX = 8192,        /* of a column that are looked at */
	ROWS_MIN = 96,          /* fewer are not worth it */
	ROWS_IN_ALL = 16384,    /* of all columns together; bounds what the votes cost */
	COLUMNS_MAX = 8,        /* of the sample */
	SAMPLE = 16,            /* pixels of a row: a cache line */
	SAMPLE_AT = 16,         /* from the left edge of a tile, so that it is one */
	WINDOW = 16,            /* rows in succession that are recognised together */
	WINDOW_CHANGES = 3,     /* from row to row; a window with fewer may be found anywhere */
	EVERY = 48,             /* rows from one window that votes to the next */
	VOTES_MIN = 4,          /* that make an offset a candidate */
	TABLE_BITS_MAX = 15,    /* four places for each of ROWS_MAX */
	AMBIGUOUS = UINT16_MAX, /* there are several such windows */
	AHEAD = 4, /* rows that are fetched in advance; processors do not see such strides coming */
};

/* The rows of a tile column from the first damaged tile to the last one. */
struct column {
	uint32_t x, top, rows;
	uint64_t *before, *after; /* hashes of its rows; of the later picture, those of windows that vote */
};

struct votes {
	struct column columns[COLUMNS_MAX];
	size_t column_count;
	uint64_t before[ROWS_IN_ALL], after[ROWS_IN_ALL]; /* the columns' hashes */
	uint64_t windows[ROWS_MAX]; /* hashes of the earlier picture's windows, by their first row; 0: dull */
	uint16_t table[1 << TABLE_BITS_MAX]; /* those windows: row + 1, by hash; 0: none */
	uint16_t votes[2 * ROWS_MAX + 1];    /* for moving ROWS_MAX upwards and so on */
};

struct votes *votes_create(void) {
	return calloc(1, sizeof(struct votes));
}

void votes_destroy(struct votes *votes) {
	free(votes);
}

/* --- the sample --- */

static struct column column_of(const struct damage *damage, uint32_t number) {
	struct column column = {.x = number * DAMAGE_TILE};
	uint32_t first, end;
	if (!damage_extent(damage, number, &first, &end))
		return column;
	uint32_t lower = end * DAMAGE_TILE < damage->height ? end * DAMAGE_TILE : damage->height;
	column.top = first * DAMAGE_TILE;
	column.rows = lower - column.top < ROWS_MAX ? lower - column.top : ROWS_MAX;
	return column;
}

static bool is_eligible(const struct damage *damage, const struct column *column) {
	return column->rows >= ROWS_MIN && damage->width - column->x >= SAMPLE_AT + SAMPLE;
}

/* Takes eligible columns that lie apart by equal numbers of them. */
static void choose_columns(struct votes *votes, const struct damage *damage) {
	uint32_t eligible = 0, most = 0;
	for (uint32_t i = 0; i < damage->columns; i++) {
		struct column column = column_of(damage, i);
		if (!is_eligible(damage, &column))
			continue;
		eligible++;
		most = column.rows > most ? column.rows : most;
	}
	uint32_t wanted = most ? ROWS_IN_ALL / most : 0, seen = 0;
	wanted = wanted > COLUMNS_MAX ? COLUMNS_MAX : wanted;
	wanted = wanted > eligible ? eligible : wanted;
	size_t used = 0;
	votes->column_count = 0;
	for (uint32_t i = 0; votes->column_count < wanted; i++) {
		struct column column = column_of(damage, i);
		if (!is_eligible(damage, &column))
			continue;
		if (seen++ * wanted / eligible != votes->column_count)
			continue;
		column.before = votes->before + used;
		column.after = votes->after + used;
		used += column.rows;
		votes->columns[votes->column_count++] = column;
	}
}

/* --- hashes --- */

/* The product's upper bits depend on all bits of the pixels. Equal pixels at different places count
 * differently. */
static uint64_t hash_row(const uint32_t *pixels) {
	static const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t sum = 0, factor = odd;
	for (int i = 0; i < SAMPLE; i += 2, factor += 2 * odd)
		sum += ((uint64_t)pixels[i] << 32 | pixels[i + 1]) * factor;
	return sum ^ sum >> 29;
}

/* Whether the row belongs to a window that votes. */
static bool has_vote(uint32_t y) {
	return y % EVERY < WINDOW;
}

/* A row of all columns at a time, because a column's rows lie in different pages of memory. */
static void hash_rows(struct votes *votes, const struct moves_pair *pair) {
	for (uint32_t y = 0; y < pair->height; y++)
		for (size_t i = 0; i < votes->column_count; i++) {
			const struct column *column = &votes->columns[i];
			uint32_t row = y - column->top; /* above the column, this is large */
			size_t at = y * pair->stride + (column->x + SAMPLE_AT) * sizeof(uint32_t);
			if (row >= column->rows)
				continue;
			if (row + AHEAD < column->rows)
				__builtin_prefetch(pair->before + at + AHEAD * pair->stride);
			column->before[row] = hash_row((const uint32_t *)(const void *)(pair->before + at));
			if (has_vote(y))
				column->after[row] =
					hash_row((const uint32_t *)(const void *)(pair->after + at));
		}
}

static const uint64_t window_factor = UINT64_C(0xd6e8feb86659fd93);

/* The window's hash: the sum of its rows' hashes, each times a power of the same factor. 0: it is dull. */
static uint64_t hash_window(const uint64_t *rows) {
	uint64_t sum = 0;
	uint32_t changes = 0;
	for (uint32_t i = WINDOW; i-- > 0;) {
		sum = sum * window_factor + rows[i];
		changes += i && rows[i] != rows[i - 1];
	}
	return changes >= WINDOW_CHANGES ? sum : 0;
}

/* The same for the window that begins at each row, from the last one to the first. */
static void hash_windows(const uint64_t *rows, uint32_t count, uint64_t *windows) {
	uint64_t power = 1, sum = 0;
	uint32_t changes = 0;
	for (int i = 0; i < WINDOW; i++)
		power *= window_factor;
	for (uint32_t i = count; i-- > 0;) {
		sum = sum * window_factor + rows[i];
		changes += i + 1 < count && rows[i] != rows[i + 1];
		if (i + WINDOW < count) {
			sum -= power * rows[i + WINDOW];
			changes -= rows[i + WINDOW - 1] != rows[i + WINDOW];
		}
		windows[i] = i + WINDOW <= count && changes >= WINDOW_CHANGES ? sum : 0;
	}
}

/* --- counting --- */

static unsigned table_bits(uint32_t rows) {
	unsigned bits = 8;
	while (bits < TABLE_BITS_MAX && 1u << bits < 4 * rows)
		bits++;
	return bits;
}

static uint16_t *place_of(struct votes *votes, uint64_t hash, unsigned bits) {
	return &votes->table[hash * UINT64_C(0xff51afd7ed558ccd) >> (64 - bits)];
}

static void fill_table(struct votes *votes, uint32_t rows, unsigned bits) {
	memset(votes->table, 0, sizeof votes->table[0] << bits);
	for (uint32_t i = 0; i < rows; i++) {
		if (!votes->windows[i])
			continue;
		uint16_t *place = place_of(votes, votes->windows[i], bits);
		if (!*place)
			*place = (uint16_t)(i + 1);
		else if (*place != AMBIGUOUS && votes->windows[*place - 1] == votes->windows[i])
			*place = AMBIGUOUS;
	}
}

static void vote(struct votes *votes, const struct column *column, uint32_t row, unsigned bits) {
	uint64_t hash = hash_window(column->after + row);
	if (!hash || hash == votes->windows[row])
		return;
	uint16_t place = *place_of(votes, hash, bits);
	if (place && place != AMBIGUOUS && votes->windows[place - 1] == hash)
		votes->votes[ROWS_MAX + row + 1 - place]++;
}

static void count_column(struct votes *votes, const struct column *column) {
	unsigned bits = table_bits(column->rows);
	hash_windows(column->before, column->rows, votes->windows);
	fill_table(votes, column->rows, bits);
	uint32_t row = (EVERY - column->top % EVERY) % EVERY;
	for (; row + WINDOW <= column->rows; row += EVERY)
		vote(votes, column, row, bits);
}

static size_t best_place(const struct votes *votes) {
	size_t best = 0;
	for (size_t i = 1; i <= 2 * ROWS_MAX; i++)
		if (votes->votes[i] > votes->votes[best])
			best = i;
	return best;
}

size_t votes_count(struct votes *votes, const struct moves_pair *pair, const struct damage *damage,
	struct offset offsets[VOTES_OFFSETS]) {
	size_t count = 0;
	choose_columns(votes, damage);
	if (!votes->column_count)
		return 0;
	memset(votes->votes, 0, sizeof votes->votes);
	hash_rows(votes, pair);
	for (size_t i = 0; i < votes->column_count; i++)
		count_column(votes, &votes->columns[i]);
	for (; count < VOTES_OFFSETS; count++) {
		size_t best = best_place(votes);
		if (votes->votes[best] < VOTES_MIN)
			break;
		votes->votes[best] = 0;
		offsets[count] = (struct offset){0, (int32_t)best - ROWS_MAX};
	}
	return count;
}
