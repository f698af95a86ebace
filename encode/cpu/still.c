/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/still.h"

#include <stdlib.h>
#include <string.h>

/* What is known of a tile. */
enum state {
	UNKNOWN,   /* it was not looked at since the stack is what it is */
	CHEAP,     /* or nothing of it can be kept: it is always made from the layers */
	CHANGED,   /* its pixels did, in the last frame */
	DIFFERED,  /* in this frame, its layers differ from the copies */
	UNCHANGED, /* its pixels were what they were in the last frame */
	COPIED,    /* in this frame */
	KEPT,      /* its pixels are what the copies show */
};

/* --- stacks --- */

static void note(struct still_stack *stack, uint64_t number) {
	stack->numbers[stack->count++] = number;
}

static void note_pair(struct still_stack *stack, uint32_t one, uint32_t other) {
	note(stack, (uint64_t)one << 32 | other);
}

static void note_layer(struct still_stack *stack, const struct frame_layer *layer) {
	note_pair(stack, layer->width, layer->height);
	note_pair(stack, layer->fourcc, layer->rotation);
	note_pair(stack, layer->source.x, layer->source.y);
	note_pair(stack, layer->source.width, layer->source.height);
	note_pair(stack, (uint32_t)layer->destination.x, (uint32_t)layer->destination.y);
	note_pair(stack, layer->destination.width, layer->destination.height);
	note_pair(stack, layer->alpha, layer->blend);
	note_pair(stack, layer->encoding, layer->range);
	note(stack, layer->palette ? layer->palette->serial : 0);
	for (int i = 0; i < layer->plane_count; i++)
		note_pair(stack, (uint32_t)i, layer->planes[i].pitch);
}

static void stack_of(const struct conversion *conversion, struct still_stack *stack) {
	const struct frame *frame = conversion->frame;
	stack->count = 0;
	note_pair(stack, conversion->picture->width, conversion->picture->height);
	note_pair(stack, conversion->x, conversion->y);
	note_pair(stack, frame->width, frame->height);
	note(stack, frame->colour ? frame->colour->serial : 0);
	note_pair(stack, frame->signal.transfer, frame->signal.primaries);
	note_pair(stack, frame->signal.peak, (uint32_t)frame->layer_count);
	for (int i = 0; i < frame->layer_count; i++)
		note_layer(stack, &frame->layers[i]);
}

static bool are_same(const struct still_stack *one, const struct still_stack *other) {
	return one->count == other->count &&
	       memcmp(one->numbers, other->numbers, one->count * sizeof one->numbers[0]) == 0;
}

/* Without room, every tile is composed. */
static void reset(struct still *still, struct compose *compose, const struct damage *damage) {
	size_t tiles = (size_t)damage->columns * damage->rows;
	still_release(still, compose);
	memset(still->layers, 0, sizeof still->layers);
	still->columns = damage->columns;
	if (still->room < tiles) {
		free(still->states);
		still->states = malloc(tiles);
		still->room = still->states ? tiles : 0;
	}
	if (still->states)
		memset(still->states, UNKNOWN, tiles);
}

/* Whether a turned layer is what was kept of it, all at once. If it is not, which is found where it differs,
 * it is not tried for a while: something in it may change all the time. */
static bool is_as_kept(struct still *still, int which, struct layer *layer) {
	enum { PAUSE = 15 };
	bool turned = layer->effect != LAYER_HIDDEN && layer->placement.steps[0] == 0;
	if (!turned || !layer->planes[0].kept || layer->placement.scaled)
		return false;
	if (still->layers[which].pause) {
		still->layers[which].pause--;
		return false;
	}
	bool same = layer_is_as_kept(layer);
	still->layers[which].pause = same ? 0 : PAUSE;
	return same;
}

void still_begin(struct still *still, struct compose *compose, const struct conversion *conversion) {
	struct still_stack stack;
	stack_of(conversion, &stack);
	if (conversion->fresh || conversion->taken_over || !are_same(&stack, &still->stack))
		reset(still, compose, conversion->damage);
	still->stack = stack;
	for (int i = 0; i < compose->count; i++)
		still->layers[i].is_as_kept = is_as_kept(still, i, &compose->layers[i]);
}

/* --- tiles --- */

static uint8_t *state_at(const struct still *still, uint32_t row, uint32_t column) {
	return &still->states[(size_t)row * still->columns + column];
}

/* What the frame fills of neighbouring tiles, on the mode. */
static struct rect cells_of(const struct rect *part, uint32_t row, uint32_t first, uint32_t end) {
	struct rect tiles = {(int32_t)(first * DAMAGE_TILE), (int32_t)(row * DAMAGE_TILE),
		(end - first) * DAMAGE_TILE, DAMAGE_TILE};
	struct rect cells = rect_intersect(tiles, *part);
	cells.x -= part->x;
	cells.y -= part->y;
	return cells;
}

/* Makes room for what the cell is made of. False: it cannot be kept, or is cheaper to make. */
static bool reserve(struct compose *compose, const struct rect *cell) {
	int lowest = compose_lowest(compose, cell);
	if (compose_is_cheap(compose, cell))
		return false;
	for (int i = lowest; i < compose->count; i++)
		if (compose_shows(compose, i, cell) && !layer_has_own_bytes(&compose->layers[i], cell))
			return false;
	for (int i = lowest; i < compose->count; i++)
		if (compose_shows(compose, i, cell) && layer_reserve_kept(&compose->layers[i]) != 0)
			return false;
	return true;
}

static void keep(struct compose *compose, const struct rect *cell) {
	for (int i = compose_lowest(compose, cell); i < compose->count; i++)
		if (compose_shows(compose, i, cell))
			layer_keep(&compose->layers[i], cell);
}

/* Neighbouring tiles of which the same layers are seen. Those that are not known to differ are compared. */
struct stretch {
	struct still *still;
	const struct rect *part;
	uint32_t row, first, end;
};

static uint8_t *state_of(const struct stretch *stretch, uint32_t column) {
	return state_at(stretch->still, stretch->row, column);
}

/* Whether in this row of a memory plane, tiles from `first` to `end` are made of what was kept. */
static bool row_is_same(const struct stretch *stretch, struct layer *layer, int plane, uint32_t row,
	uint32_t first, uint32_t end) {
	struct rect cells = cells_of(stretch->part, stretch->row, first, end);
	struct layer_bytes bytes = layer_bytes(layer, plane, &cells);
	return row < bytes.top || row - bytes.top >= bytes.rows ||
	       memcmp(layer_row_now(layer, plane, &bytes, row), layer_row_kept(layer, plane, &bytes, row),
		       bytes.width) == 0;
}

/* Compares as many tiles at once as lie side by side. Returns whether none differs yet. */
static bool compare_row(const struct stretch *stretch, struct layer *layer, int plane, uint32_t row) {
	bool all = true;
	for (uint32_t first = stretch->first, end; first < stretch->end; first = end) {
		end = first + 1;
		if (*state_of(stretch, first) != KEPT) {
			all = false;
			continue;
		}
		while (end < stretch->end && *state_of(stretch, end) == KEPT)
			end++;
		if (row_is_same(stretch, layer, plane, row, first, end))
			continue;
		all = false;
		for (uint32_t column = first; column < end; column++)
			if (!row_is_same(stretch, layer, plane, row, column, column + 1))
				*state_of(stretch, column) = DIFFERED;
	}
	return all;
}

/* Both memories are read in forward streams. Returns whether none differs yet. */
static bool compare_plane(const struct stretch *stretch, struct layer *layer, int plane, bool all) {
	struct rect cells = cells_of(stretch->part, stretch->row, stretch->first, stretch->end);
	struct layer_bytes bytes = layer_bytes(layer, plane, &cells);
	for (uint32_t row = bytes.top; row < bytes.top + bytes.rows; row++) {
		if (all && memcmp(layer_row_now(layer, plane, &bytes, row),
				   layer_row_kept(layer, plane, &bytes, row), bytes.width) == 0)
			continue;
		all = compare_row(stretch, layer, plane, row);
	}
	return all;
}

static void compare(const struct stretch *stretch, struct compose *compose) {
	struct rect cells = cells_of(stretch->part, stretch->row, stretch->first, stretch->end),
		    cell = cells_of(stretch->part, stretch->row, stretch->first, stretch->first + 1);
	bool all = true;
	for (int i = compose_lowest(compose, &cell); i < compose->count; i++)
		for (int plane = 0;
			!stretch->still->layers[i].is_as_kept && compose_shows(compose, i, &cells) &&
			plane < compose->layers[i].format->planes;
			plane++)
			all = compare_plane(stretch, &compose->layers[i], plane, all);
}

/* The end of the stretch that begins at `first`. */
static uint32_t stretch_end(const struct still *still, const struct compose *compose, const struct rect *part,
	uint32_t row, uint32_t first, uint32_t end) {
	struct rect cell = cells_of(part, row, first, first + 1);
	int lowest = compose_lowest(compose, &cell);
	uint32_t at = first + 1;
	for (; at < end && *state_at(still, row, at) == KEPT; at++) {
		cell = cells_of(part, row, at, at + 1);
		if (compose_lowest(compose, &cell) != lowest)
			break;
	}
	return at;
}

/* Copies a tile that was unchanged for long enough. */
static void look_at(uint8_t *state, struct compose *compose, const struct rect *cell) {
	if (*state == UNKNOWN)
		*state = compose_is_cheap(compose, cell) ? CHEAP : CHANGED;
	if (*state != UNCHANGED)
		return;
	*state = reserve(compose, cell) ? COPIED : CHEAP;
	if (*state == COPIED)
		keep(compose, cell);
}

void still_look(struct still *still, struct compose *compose, const struct rect *part, uint32_t row,
	uint32_t first, uint32_t end) {
	for (uint32_t column = first, next; still->states && column < end; column = next) {
		uint8_t *state = state_at(still, row, column);
		struct rect cell = cells_of(part, row, column, column + 1);
		next = column + 1;
		if (*state == KEPT) {
			next = stretch_end(still, compose, part, row, column, end);
			const struct stretch stretch = {still, part, row, column, next};
			compare(&stretch, compose);
		} else {
			look_at(state, compose, &cell);
		}
	}
}

enum still_way still_way(const struct still *still, uint32_t row, uint32_t column) {
	enum state state = still->states ? (enum state) * state_at(still, row, column) : CHEAP;
	return state == KEPT ? STILL_LEAVE : state == COPIED ? STILL_FROM_KEPT : STILL_COMPOSE;
}

void still_read_kept(struct compose *compose, bool kept) {
	for (int i = 0; i < compose->count; i++)
		layer_read_kept(&compose->layers[i], kept && compose->layers[i].planes[0].kept);
}

void still_seen(struct still *still, uint32_t row, uint32_t column, bool changed) {
	uint8_t *state = still->states ? state_at(still, row, column) : NULL;
	if (!state || *state == CHEAP || *state == KEPT)
		return;
	if (*state == COPIED)
		*state = KEPT;
	else
		*state = changed || *state == DIFFERED ? CHANGED : UNCHANGED;
}

void still_forget(struct still *still, const struct damage *tiles) {
	for (uint32_t row = 0; still->states && row < tiles->rows; row++)
		for (uint32_t column = 0; column < tiles->columns; column++)
			if (damage_has(tiles, column, row) && *state_at(still, row, column) == KEPT)
				*state_at(still, row, column) = CHANGED;
}

void still_release(struct still *still, struct compose *compose) {
	for (int i = 0; i < FRAME_MAX_LAYERS; i++)
		layer_drop_kept(&compose->layers[i]);
	still->stack.count = 0;
}

void still_finish(struct still *still) {
	free(still->states);
	memset(still, 0, sizeof *still);
}
