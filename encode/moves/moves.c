/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/moves/moves.h"

#include <stdlib.h>
#include <string.h>

#include "encode/moves/cells.h"
#include "encode/moves/needles.h"
#include "encode/moves/votes.h"

enum {
	TILES_MIN = 4,     /* less damage is not looked at */
	PIXELS_MIN = 4096, /* that a move must change; fewer cost little, and less if they are not cut out */
	ROWS_MIN = 8,
	SOME = 4, /* of this many rows, one is looked at to know what a move is worth */
	VAIN_MAX = 4,
	EACH_MAX = 12,      /* rectangles of one offset */
	REACH = DAMAGE_TILE /* how far a rectangle of whole cells is extended to either side */
};

struct moves_finder {
	struct votes *votes; /* owned */
	struct cells *cells; /* owned */
	/* Needles cost more than votes. While they find nothing, as in a video, they are used less and less.
	 */
	unsigned vain, rest; /* so many times they found nothing; so many times they are not used */
};

struct moves_finder *moves_finder_create(void) {
	struct moves_finder *finder = calloc(1, sizeof *finder);
	if (!finder)
		return NULL;
	finder->votes = votes_create();
	finder->cells = cells_create();
	if (finder->votes && finder->cells)
		return finder;
	moves_finder_destroy(finder);
	return NULL;
}

void moves_finder_destroy(struct moves_finder *finder) {
	if (!finder)
		return;
	cells_destroy(finder->cells);
	votes_destroy(finder->votes);
	free(finder);
}

struct rect move_source(const struct move *move) {
	struct rect source = move->target;
	source.x -= move->by.x;
	source.y -= move->by.y;
	return source;
}

/* --- the rectangle of a move --- */

static const uint32_t *pixels_at(const uint8_t *pixels, size_t stride, int64_t x, int64_t y) {
	return (const uint32_t *)(const void *)(pixels + (size_t)y * stride) + x;
}

/* Whether the pictures differ in this row of the target. If not, there is nothing to move. */
static bool row_changed(const struct moves_pair *pair, const struct rect *target, int64_t y) {
	return memcmp(pixels_at(pair->before, pair->stride, target->x, y),
		       pixels_at(pair->after, pair->stride, target->x, y),
		       target->width * sizeof(uint32_t)) != 0;
}

/* Takes off unchanged rows above and below. */
static void trim_rows(const struct moves_pair *pair, struct rect *target) {
	while (target->height && !row_changed(pair, target, target->y)) {
		target->y++;
		target->height--;
	}
	while (target->height && !row_changed(pair, target, (int64_t)target->y + target->height - 1))
		target->height--;
}

/* Returns about how many pixels a move gets right. */
static uint64_t gain(const struct moves_pair *pair, const struct rect *target) {
	uint64_t rows = 0;
	for (uint32_t i = 0; i < target->height; i += SOME)
		rows += row_changed(pair, target, (int64_t)target->y + i);
	return rows * SOME * target->width;
}

/* Returns how many of these pixels are equal in both rows, from the first one to the right (`step` 1) or to
 * the left (-1). Mostly, all are. */
static uint32_t count_equal(const uint32_t *before, const uint32_t *after, uint32_t most, int step) {
	size_t first = step > 0 ? 0 : most - 1, equal = 0;
	if (memcmp(before - first, after - first, most * sizeof *before) == 0)
		return most;
	while (before[step * (int)equal] == after[step * (int)equal])
		equal++;
	return (uint32_t)equal;
}

/* Returns how many pixels can be added to every row on that side. Borders of windows and pages seldom lie
 * where tiles begin. */
static uint32_t extent(const struct moves_pair *pair, const struct move *move, int step) {
	const struct rect *target = &move->target;
	int64_t x = step > 0 ? (int64_t)target->x + target->width : target->x - 1, from = x - move->by.x;
	int64_t last = x > from ? x : from, first = x > from ? from : x;
	int64_t room = step > 0 ? (int64_t)pair->width - last : first + 1;
	uint32_t most = room < 0 ? 0 : room < REACH ? (uint32_t)room : REACH;
	for (uint32_t row = 0; row < target->height && most; row++) {
		int64_t y = (int64_t)target->y + row;
		most = count_equal(pixels_at(pair->before, pair->stride, from, y - move->by.y),
			pixels_at(pair->after, pair->stride, x, y), most, step);
	}
	return most;
}

static void extend(const struct moves_pair *pair, struct move *move) {
	uint32_t right = extent(pair, move, 1), left = extent(pair, move, -1);
	move->target.x -= (int32_t)left;
	move->target.width += left + right;
}

/* Takes off what `other` covers of all rows, on the left or on the right. */
static void cut(struct rect *target, const struct rect *other) {
	int64_t end = (int64_t)target->x + target->width, other_end = (int64_t)other->x + other->width;
	struct rect both = rect_intersect(*target, *other);
	if (!both.width || both.height < target->height)
		return;
	if (other->x <= target->x)
		target->x = (int32_t)(other_end < end ? other_end : end);
	else if (other_end >= end)
		end = other->x;
	target->width = (uint32_t)(end - target->x);
}

/* --- the list --- */

static bool meet(struct rect one, struct rect other) {
	return rect_area(rect_intersect(one, other)) > 0;
}

/* Whether a move may be made between those in front of `place` and the others. */
static bool fits(const struct moves *moves, const struct move *move, size_t place) {
	struct rect source = move_source(move);
	for (size_t i = 0; i < moves->count; i++) {
		const struct move *other = &moves->list[i];
		if (i < place ? meet(source, other->target) : meet(move_source(other), move->target))
			return false;
	}
	return true;
}

/* Puts the move in its place. If there is none, it is left out. */
static void insert(struct moves *moves, const struct move *move) {
	size_t place = 0;
	while (place <= moves->count && !fits(moves, move, place))
		place++;
	if (place > moves->count)
		return;
	memmove(moves->list + place + 1, moves->list + place, (moves->count - place) * sizeof moves->list[0]);
	moves->list[place] = *move;
	moves->count++;
}

/* Makes the most of a rectangle of cells. False: it is not worth a move. */
static bool shape(const struct moves_pair *pair, const struct moves *moves, struct move *move) {
	trim_rows(pair, &move->target);
	extend(pair, move);
	for (size_t i = 0; i < moves->count; i++)
		cut(&move->target, &moves->list[i].target);
	return move->target.height >= ROWS_MIN && gain(pair, &move->target) >= PIXELS_MIN;
}

/* Adds what moved by this offset. */
static void add_moves(
	struct moves_finder *finder, const struct moves_pair *pair, struct offset by, struct moves *moves) {
	struct move move = {.by = by};
	cells_match(finder->cells, pair, by);
	for (int i = 0; i < EACH_MAX && moves->count < MOVES_MAX; i++) {
		if (!cells_take(finder->cells, PIXELS_MIN, &move.target))
			break;
		if (shape(pair, moves, &move))
			insert(moves, &move);
	}
}

static void add_all(struct moves_finder *finder, const struct moves_pair *pair, const struct damage *damage,
	const struct offset *offsets, size_t count, struct moves *moves) {
	if (!count || cells_open(finder->cells, damage) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		add_moves(finder, pair, offsets[i], moves);
}

static void try_needles(struct moves_finder *finder, const struct moves_pair *pair,
	const struct damage *damage, struct moves *moves) {
	struct offset by;
	if (finder->rest) {
		finder->rest--;
		return;
	}
	if (needles_find(pair, damage, &by))
		add_all(finder, pair, damage, &by, 1, moves);
	if (moves->count)
		finder->vain = 0;
	else if (finder->vain < VAIN_MAX)
		finder->vain++;
	finder->rest = (1u << finder->vain) - 1;
}

void moves_find(struct moves_finder *finder, const struct moves_pair *pair, const struct damage *damage,
	struct moves *moves) {
	struct offset offsets[VOTES_OFFSETS];
	moves->count = 0;
	if (damage_count(damage) < TILES_MIN)
		return;
	add_all(finder, pair, damage, offsets, votes_count(finder->votes, pair, damage, offsets), moves);
	if (!moves->count)
		try_needles(finder, pair, damage, moves);
}
