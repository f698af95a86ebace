/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/pass.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the frame fills of neighbouring tiles of one row of tiles, if its pixels come from the same place. */
struct run {
	uint32_t left, right; /* in the picture; `right` is not in it */
	struct compose_owner owner;
	bool from_kept; /* composed of copies (still.h) */
};

int pass_reserve(struct pass_room *room, uint32_t width) {
	if (room->line && room->width >= width)
		return 0;
	pass_finish(room);
	size_t tiles = width / DAMAGE_TILE + 1, pixels = ((size_t)width + 15) / 16 * 16;
	room->runs = calloc(tiles, sizeof *room->runs);
	room->tasks = calloc(tiles, sizeof *room->tasks);
	room->tiles = calloc(tiles, sizeof *room->tiles);
	room->line = aligned_alloc(64, pixels * sizeof *room->line);
	if (!room->runs || !room->tasks || !room->tiles || !room->line) {
		pass_finish(room);
		return -ENOMEM;
	}
	room->width = width;
	return 0;
}

void pass_finish(struct pass_room *room) {
	free(room->runs);
	free(room->tasks);
	free(room->tiles);
	free(room->line);
	memset(room, 0, sizeof *room);
}

/* What the frame fills of a tile. */
static struct rect cell_of(
	const struct pass *pass, const struct damage *damage, uint32_t column, uint32_t row) {
	return rect_intersect(damage_tile(damage, column, row), pass->part);
}

/* The first of the tiles, in one direction, that a part of the picture does not reach any more. */
static uint32_t end_of(int32_t from, uint32_t size) {
	return ((uint32_t)from + size + DAMAGE_TILE - 1) / DAMAGE_TILE;
}

/* What the frame fills of a row of tiles. */
static struct rect strip_of(const struct pass *pass, uint32_t row) {
	struct rect tiles = {pass->part.x, (int32_t)(row * DAMAGE_TILE), pass->part.width, DAMAGE_TILE};
	return rect_intersect(tiles, pass->part);
}

static struct compose_owner owner_of(const struct pass *pass, struct rect cell) {
	cell.x -= pass->part.x;
	cell.y -= pass->part.y;
	return compose_owner(pass->compose, &cell);
}

static bool are_same(const struct compose_owner *one, const struct compose_owner *other) {
	return one->layer == other->layer && one->over == other->over;
}

/* Finds the runs of a row of tiles, and returns how many there are. If one layer is all that is seen of the
 * row, as most of the time, no tile is looked at by itself. */
static uint32_t find_runs(const struct pass *pass, struct rect strip) {
	struct run *runs = pass->room->runs;
	uint32_t end = (uint32_t)strip.x + strip.width, count = 0;
	struct compose_owner owner = owner_of(pass, strip);
	if (owner.layer) {
		runs[0] = (struct run){(uint32_t)strip.x, end, owner, false};
		return 1;
	}
	for (uint32_t left = (uint32_t)strip.x, right; left < end; left = right) {
		right = (left / DAMAGE_TILE + 1) * DAMAGE_TILE;
		right = right < end ? right : end;
		owner = owner_of(pass, (struct rect){(int32_t)left, strip.y, right - left, strip.height});
		if (count && are_same(&runs[count - 1].owner, &owner))
			runs[count - 1].right = right;
		else
			runs[count++] = (struct run){left, right, owner, false};
	}
	return count;
}

/* What is done with pixels of a row. */
struct line {
	const struct kernel *kernel;
	const struct layer *over; /* is laid over them, unless it is NULL */
	enum kernel_shape shape;
	size_t pixel_bytes;
};

static void update_cut(
	const struct line *line, struct kernel_row row, uint32_t width, struct kernel_tile *tiles) {
	const struct layer *over = line->over;
	if (over)
		line->kernel->update_over(&over->blend, row, width, tiles);
	else
		line->kernel->shapes[line->shape].update(row, width, tiles);
}

/* A row from column `left` of the picture on. A kernel's tiles begin where its row does, so what the part has
 * of a tile that begins farther left is a row of its own. */
static void update(const struct line *line, struct kernel_row row, uint32_t left, uint32_t width,
	struct kernel_tile *tiles) {
	uint32_t cut = left % DAMAGE_TILE ? DAMAGE_TILE - left % DAMAGE_TILE : 0;
	if (cut && cut < width) {
		update_cut(line, row, cut, tiles++);
		row.source += cut * line->pixel_bytes;
		row.over += line->over ? cut * 4 : 0;
		row.reference += cut;
		row.picture += cut;
		width -= cut;
	}
	update_cut(line, row, width, tiles);
}

static void compose_line(
	const struct pass *pass, const struct run *run, uint32_t x, uint32_t y, uint32_t width) {
	if (run->from_kept)
		still_read_kept(pass->compose, true);
	compose_row(pass->compose, pass->kernel, x, y, width, pass->room->line);
	if (run->from_kept)
		still_read_kept(pass->compose, false);
}

/* Whether the picture holds the reference's pixels where nothing was stored. */
static bool is_complete(const struct pass *pass) {
	return pass->reference == pass->picture->pixels;
}

/* Whether it is the last one of a row of tiles. */
static bool is_last_row(const struct pass *pass, uint32_t y) {
	return y % DAMAGE_TILE == DAMAGE_TILE - 1 || y + 1 == (uint32_t)pass->part.y + pass->part.height;
}

/* Processors fetch ahead along a row, but do not know where the next one begins if other outputs' pixels lie
 * between them. A macro, as GCC 12 drops calls of functions that only fetch. */
#define FETCH_HEAD(row)                                                                                      \
	do {                                                                                                 \
		const char *head_ = (const char *)(row);                                                     \
		__builtin_prefetch(head_);                                                                   \
		__builtin_prefetch(head_ + 64);                                                              \
		__builtin_prefetch(head_ + 128);                                                             \
		__builtin_prefetch(head_ + 192);                                                             \
	} while (0)

/* If the reference is not the picture itself, reading all of it would cost more than a look at what is left
 * when the tile's last row does not differ. */
static void pass_row(const struct pass *pass, const struct run *run, uint32_t y) {
	struct layer *layer = run->owner.layer, *over = run->owner.over;
	struct line line = {pass->kernel, over, KERNEL_PICTURE, 4};
	uint32_t left = run->left, width = run->right - left;
	uint32_t x = left - (uint32_t)pass->part.x, mode_y = y - (uint32_t)pass->part.y;
	size_t offset = (size_t)y * pass->picture->stride + (size_t)left * 4;
	struct kernel_row row = {
		.source = (const uint8_t *)(pass->room->line + x),
		.reference = (const uint32_t *)(pass->reference + offset),
		.picture = (uint32_t *)(pass->picture->pixels + offset),
		.over = over ? layer_raw(over, x, mode_y, width) : NULL,
		.number = (uint8_t)(1 + y % DAMAGE_TILE),
		.compares = is_complete(pass) || is_last_row(pass, y),
	};
	if (x == 0 && pass->part.width < pass->picture->width && mode_y + 1 < pass->part.height)
		FETCH_HEAD((const uint8_t *)row.reference + pass->picture->stride);
	if (layer) {
		row.source = layer_raw(layer, x, mode_y, width);
		line.shape = (enum kernel_shape)layer->shape;
		line.pixel_bytes = layer->format->bytes_per_pixel;
	} else {
		compose_line(pass, run, x, mode_y, width);
	}
	update(&line, row, left, width, pass->room->tiles + left / DAMAGE_TILE);
}

/* Copies a tile's rows above row `end` of the picture, which did not differ from the reference. */
static void pass_copy(const struct pass *pass, struct rect cell, uint32_t end) {
	const struct picture *picture = pass->picture;
	size_t offset = (size_t)cell.y * picture->stride + (size_t)cell.x * 4;
	for (uint32_t y = (uint32_t)cell.y; y < end; y++, offset += picture->stride)
		memcpy(picture->pixels + offset, pass->reference + offset, (size_t)cell.width * 4);
}

/* Splits a composed run into those that are composed of their layers or of copies, and leaves out what is
 * still. */
static uint32_t add_composed(const struct pass *pass, const struct run *run, uint32_t row, uint32_t count) {
	struct run *tasks = pass->room->tasks;
	still_look(pass->still, pass->compose, &pass->part, row, run->left / DAMAGE_TILE,
		end_of((int32_t)run->left, run->right - run->left));
	for (uint32_t left = run->left, right; left < run->right; left = right) {
		enum still_way way = still_way(pass->still, row, left / DAMAGE_TILE);
		right = (left / DAMAGE_TILE + 1) * DAMAGE_TILE;
		right = right < run->right ? right : run->right;
		struct run *last = count ? &tasks[count - 1] : NULL;
		bool from_kept = way == STILL_FROM_KEPT;
		if (way == STILL_LEAVE)
			continue;
		if (last && !last->owner.layer && last->from_kept == from_kept && last->right == left)
			last->right = right;
		else
			tasks[count++] = (struct run){left, right, {0}, from_kept};
	}
	return count;
}

static void note_seen(const struct pass *pass, const struct run *run, uint32_t row) {
	uint32_t end = end_of((int32_t)run->left, run->right - run->left);
	for (uint32_t column = run->left / DAMAGE_TILE; column < end; column++)
		still_seen(pass->still, row, column, pass->room->tiles[column].first);
}

/* Goes row by row, not tile by tile, so that both memories are each read in one forward stream, as by
 * memcmp(). */
static void pass_rows(const struct pass *pass, uint32_t row) {
	const struct run *runs = pass->room->runs;
	struct run *tasks = pass->room->tasks;
	struct rect strip = strip_of(pass, row);
	uint32_t count = find_runs(pass, strip), left = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (runs[i].owner.layer)
			tasks[left++] = runs[i];
		else
			left = add_composed(pass, &runs[i], row, left);
	}
	for (uint32_t y = (uint32_t)strip.y; y < (uint32_t)strip.y + strip.height; y++)
		for (uint32_t i = 0; i < left; i++)
			pass_row(pass, &tasks[i], y);
	for (uint32_t i = 0; i < count; i++)
		if (!runs[i].owner.layer)
			note_seen(pass, &runs[i], row);
}

/* The last row of a tile that differs from the reference, of a cell of which everything was stored, but not
 * all rows were compared. `last`: one that differs. */
static uint8_t find_last(const struct pass *pass, struct rect cell, uint8_t last) {
	uint32_t tile_y = (uint32_t)cell.y / DAMAGE_TILE * DAMAGE_TILE;
	for (uint32_t y = (uint32_t)cell.y + cell.height - 1; y - tile_y + 1 > last; y--) {
		size_t offset = (size_t)y * pass->picture->stride + (size_t)cell.x * 4;
		if (memcmp(pass->picture->pixels + offset, pass->reference + offset,
			    (size_t)cell.width * 4) != 0)
			return (uint8_t)(y - tile_y + 1);
	}
	return last;
}

/* Where a cell changed whose tile is marked. */
static struct damage_box box_of(const struct pass *pass, const struct kernel_tile *tile, struct rect cell) {
	uint32_t x = (uint32_t)cell.x % DAMAGE_TILE;
	bool compared = is_complete(pass) || !kernel_tile_is_settled(tile);
	return (struct damage_box){
		.left = (uint8_t)(x + (uint32_t)__builtin_ctzll(tile->columns)),
		.top = (uint8_t)(tile->first - 1),
		.right = (uint8_t)(x + 64 - (uint32_t)__builtin_clzll(tile->columns)),
		.bottom = compared ? tile->last : find_last(pass, cell, tile->last),
	};
}

/* Reports a cell of which something was stored, and stores the rest of it. */
static void report(const struct pass *pass, struct rect cell, bool fresh, struct damage *damage) {
	uint32_t column = (uint32_t)cell.x / DAMAGE_TILE, row = (uint32_t)cell.y / DAMAGE_TILE;
	const struct kernel_tile *tile = &pass->room->tiles[column];
	struct damage_box box = {(uint8_t)(cell.x % DAMAGE_TILE), (uint8_t)(cell.y % DAMAGE_TILE), 0, 0};
	box.right = (uint8_t)(box.left + cell.width);
	box.bottom = (uint8_t)(box.top + cell.height);
	if (!is_complete(pass))
		pass_copy(pass, cell, row * DAMAGE_TILE + tile->first - 1u);
	damage_add_box(damage, column, row, fresh ? box : box_of(pass, tile, cell));
}

/* A fresh frame's tiles are marked from the beginning, and need not be compared. */
static void reset_tiles(const struct pass *pass, bool fresh, uint32_t columns) {
	struct kernel_tile tile = {.columns = fresh ? UINT64_MAX : 0, .first = fresh};
	for (uint32_t column = 0; column < columns; column++)
		pass->room->tiles[column] = tile;
}

void pass_run(const struct pass *pass, bool fresh, struct damage *damage) {
	const struct rect *part = &pass->part;
	uint32_t end_row = end_of(part->y, part->height), end = end_of(part->x, part->width);
	for (uint32_t row = (uint32_t)part->y / DAMAGE_TILE; row < end_row; row++) {
		reset_tiles(pass, fresh, damage->columns);
		pass_rows(pass, row);
		for (uint32_t column = (uint32_t)part->x / DAMAGE_TILE; column < end; column++)
			if (pass->room->tiles[column].first)
				report(pass, cell_of(pass, damage, column, row), fresh, damage);
	}
}
