/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/lossy.h"

#include <stdlib.h>

enum {
	/* Tiles that are chosen together, so that they become few pieces. */
	GROUP_COLUMNS = 8,
	GROUP_ROWS = 4,
	FEWEST_ROWS = 16, /* of pixels */
};

void lossy_finish(struct lossy *lossy) {
	damage_finish(&lossy->boxes);
	damage_finish(&lossy->chosen);
	free(lossy->since);
	lossy->since = NULL;
}

void lossy_reset(struct lossy *lossy, uint32_t width, uint32_t height) {
	lossy_finish(lossy);
	lossy->width = width;
	lossy->height = height;
}

static bool make_room(struct lossy *lossy) {
	if (lossy->since)
		return true;
	if (damage_resize(&lossy->boxes, lossy->width, lossy->height) ||
		damage_resize(&lossy->chosen, lossy->width, lossy->height))
		return false;
	lossy->since = calloc((size_t)lossy->boxes.columns * lossy->boxes.rows, sizeof *lossy->since);
	return lossy->since;
}

bool lossy_any(const struct lossy *lossy) {
	return lossy->since && !damage_is_empty(&lossy->boxes);
}

/* --- tiles --- */

static struct rect inside(const struct lossy *lossy, struct rect part) {
	const struct rect all = {0, 0, lossy->width, lossy->height};
	return rect_intersect(part, all);
}

/* The tiles that a part of the framebuffer touches, as a rectangle of tiles. */
static struct rect tiles_of(struct rect part) {
	uint32_t left = (uint32_t)part.x / DAMAGE_TILE, top = (uint32_t)part.y / DAMAGE_TILE;
	uint32_t right = ((uint32_t)part.x + part.width - 1) / DAMAGE_TILE;
	uint32_t bottom = ((uint32_t)part.y + part.height - 1) / DAMAGE_TILE;
	return (struct rect){(int32_t)left, (int32_t)top, right - left + 1, bottom - top + 1};
}

static struct damage_box box_of(struct rect part) {
	uint32_t x = (uint32_t)part.x % DAMAGE_TILE, y = (uint32_t)part.y % DAMAGE_TILE;
	return (struct damage_box){
		(uint8_t)x, (uint8_t)y, (uint8_t)(x + part.width), (uint8_t)(y + part.height)};
}

/* Calls `each` with the part's pixels in each tile. */
static void for_each_tile(struct lossy *lossy, struct rect part, uint64_t now_ns,
	void (*each)(struct lossy *lossy, uint32_t column, uint32_t row, struct rect part, uint64_t now_ns)) {
	part = inside(lossy, part);
	if (!rect_area(part))
		return;
	struct rect tiles = tiles_of(part);
	for (uint32_t row = (uint32_t)tiles.y; row < (uint32_t)tiles.y + tiles.height; row++)
		for (uint32_t column = (uint32_t)tiles.x; column < (uint32_t)tiles.x + tiles.width; column++)
			each(lossy, column, row,
				rect_intersect(part, damage_tile(&lossy->boxes, column, row)), now_ns);
}

static void add(struct lossy *lossy, uint32_t column, uint32_t row, struct rect part, uint64_t now_ns) {
	damage_add_box(&lossy->boxes, column, row, box_of(part));
	lossy->since[(size_t)row * lossy->boxes.columns + column] = now_ns;
}

void lossy_add(struct lossy *lossy, struct rect part, uint64_t now_ns) {
	if (make_room(lossy))
		for_each_tile(lossy, part, now_ns, add);
}

/* Takes a part that lies at an end of a side off it, and leaves one that lies in the middle. */
static void shorten_side(int32_t *at, uint32_t *size, int32_t cut_at, uint32_t cut_size) {
	if (cut_at == *at) {
		*at += (int32_t)cut_size;
		*size -= cut_size;
	} else if ((uint32_t)cut_at + cut_size == (uint32_t)*at + *size) {
		*size -= cut_size;
	}
}

/* What is left of a box without the part, as a box. */
static struct rect left_of(struct rect box, struct rect part) {
	struct rect cut = rect_intersect(box, part);
	if (!rect_area(cut))
		return box;
	if (cut.width == box.width)
		shorten_side(&box.y, &box.height, cut.y, cut.height);
	else if (cut.height == box.height)
		shorten_side(&box.x, &box.width, cut.x, cut.width);
	return box;
}

static void take(struct lossy *lossy, uint32_t column, uint32_t row, struct rect part, uint64_t now_ns) {
	(void)now_ns;
	if (!damage_has(&lossy->boxes, column, row))
		return;
	struct rect left = left_of(damage_part(&lossy->boxes, column, row), part);
	if (rect_area(left))
		damage_set_box(&lossy->boxes, column, row, box_of(left));
	else
		damage_remove(&lossy->boxes, column, row);
}

void lossy_remove(struct lossy *lossy, struct rect part) {
	if (lossy_any(lossy))
		for_each_tile(lossy, part, 0, take);
}

/* --- lists --- */

/* Whether there is a tile that is set at this place or behind it, in the order of the bits. */
static bool next_tile(const struct damage *tiles, uint32_t *column, uint32_t *row) {
	size_t at = (size_t)*row * tiles->columns + *column, count = (size_t)tiles->columns * tiles->rows;
	while (at < count) {
		uint64_t bits = tiles->bits[at / 64] >> at % 64;
		if (bits) {
			at += (size_t)__builtin_ctzll(bits);
			*column = (uint32_t)(at % tiles->columns);
			*row = (uint32_t)(at / tiles->columns);
			return true;
		}
		at = (at / 64 + 1) * 64;
	}
	return false;
}

uint64_t lossy_oldest_ns(const struct lossy *lossy) {
	uint64_t oldest = UINT64_MAX;
	for (uint32_t column = 0, row = 0; next_tile(&lossy->boxes, &column, &row); column++) {
		uint64_t since = lossy->since[(size_t)row * lossy->boxes.columns + column];
		oldest = since < oldest ? since : oldest;
	}
	return oldest;
}

/* One rectangle for a row of tiles: what is done to a region takes the longer the more it has. */
void lossy_list(const struct lossy *lossy, struct region *to) {
	struct rect run = {0};
	uint32_t run_row = 0;
	for (uint32_t column = 0, row = 0; next_tile(&lossy->boxes, &column, &row); column++) {
		struct rect part = damage_part(&lossy->boxes, column, row);
		if (run.width && row == run_row) {
			run = rect_unite(run, part);
		} else {
			region_add(to, run);
			run = part;
			run_row = row;
		}
	}
	region_add(to, run);
}

/* --- copies --- */

/* What lies in a move's source, where it will lie. */
static struct rect moved(struct rect part, const struct move *move) {
	part = rect_intersect(part, move_source(move));
	part.x += move->by.x;
	part.y += move->by.y;
	return part;
}

/* Source and target may overlap, so what moves is put aside. */
void lossy_move(struct lossy *lossy, const struct move *move, uint64_t now_ns) {
	struct region aside = {.count = 0};
	if (!lossy_any(lossy))
		return;
	for (uint32_t column = 0, row = 0; next_tile(&lossy->boxes, &column, &row); column++)
		region_append(&aside, moved(damage_part(&lossy->boxes, column, row), move));
	lossy_remove(lossy, move->target);
	for (size_t i = 0; i < aside.count; i++)
		lossy_add(lossy, region_rects(&aside)[i], now_ns);
	region_finish(&aside);
}

/* --- what is sent exactly --- */

/* The largest part of a box that was asked for. */
static struct rect asked_of(struct rect box, const struct region *asked) {
	struct rect largest = {0};
	for (size_t i = 0; i < asked->count; i++) {
		struct rect part = rect_intersect(box, region_rects(asked)[i]);
		largest = rect_area(part) > rect_area(largest) ? part : largest;
	}
	return largest;
}

/* What of a tile may be sent. Nothing, if it would leave the box as it is, for it would be sent for ever. */
static struct rect due_of(const struct lossy *lossy, uint32_t column, uint32_t row, uint64_t until_ns,
	const struct region *asked) {
	const struct rect none = {0}, box = damage_part(&lossy->boxes, column, row);
	if (lossy->since[(size_t)row * lossy->boxes.columns + column] > until_ns)
		return none;
	struct rect part = asked_of(box, asked);
	return rect_equals(left_of(box, part), box) ? none : part;
}

/* As much of a part as there is room for. */
static struct rect shorten(struct rect box, struct rect part, uint32_t pixels) {
	struct rect upper = part;
	uint32_t rows = pixels / part.width;
	upper.height = rows > FEWEST_ROWS ? rows : FEWEST_ROWS;
	return upper.height < part.height && !rect_equals(left_of(box, upper), box) ? upper : part;
}

/* Chooses of the tiles around this one, in rows, as long as there is room. */
static void choose_group(struct lossy *lossy, uint32_t first_column, uint32_t first_row, uint64_t until_ns,
	const struct region *asked, uint32_t pixels) {
	uint32_t left = first_column / GROUP_COLUMNS * GROUP_COLUMNS, right = left + GROUP_COLUMNS;
	uint32_t bottom = (first_row / GROUP_ROWS + 1) * GROUP_ROWS;
	right = right < lossy->boxes.columns ? right : lossy->boxes.columns;
	bottom = bottom < lossy->boxes.rows ? bottom : lossy->boxes.rows;
	bool any = false;
	for (uint32_t row = first_row; row < bottom; row++)
		for (uint32_t column = left; column < right; column++) {
			if (!damage_has(&lossy->boxes, column, row))
				continue;
			struct rect part = due_of(lossy, column, row, until_ns, asked);
			if (!rect_area(part) || (any && !pixels))
				continue;
			part = shorten(damage_part(&lossy->boxes, column, row), part, pixels);
			uint32_t area = part.width * part.height;
			pixels -= area < pixels ? area : pixels;
			damage_add_box(&lossy->chosen, column, row, box_of(part));
			any = true;
		}
}

void lossy_choose(struct lossy *lossy, uint64_t until_ns, const struct region *asked, uint32_t pixels,
	struct region *to) {
	struct rect list[GROUP_COLUMNS * GROUP_ROWS];
	region_clear(to);
	if (!lossy_any(lossy))
		return;
	damage_clear(&lossy->chosen);
	for (uint32_t column = 0, row = 0; next_tile(&lossy->boxes, &column, &row); column++)
		if (rect_area(due_of(lossy, column, row, until_ns, asked))) {
			choose_group(lossy, column, row, until_ns, asked, pixels);
			break;
		}
	size_t count = damage_trimmed(&lossy->chosen, 0, list, GROUP_COLUMNS * GROUP_ROWS);
	for (size_t i = 0; i < count; i++)
		region_append(to, list[i]);
}
