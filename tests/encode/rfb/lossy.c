/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No pixel that lost something is forgotten before it is sent exactly, whatever else is sent, copied or asked
 * for; and sending what is chosen comes to an end. */
#include "encode/rfb/lossy.h"

#include <string.h>

#include "tests/encode/random.h"
#include "tests/test.h"

enum { WIDTH = 5 * 64 + 20, HEIGHT = 3 * 64 + 7, STEPS = 3000, MANY = 1 << 20 };

static struct random state = {11};
static struct lossy lossy;
static bool lost[HEIGHT][WIDTH];
static const struct rect all = {0, 0, WIDTH, HEIGHT};

static struct rect any_rect(void) {
	struct rect rect = {
		(int32_t)random_below(&state, WIDTH), (int32_t)random_below(&state, HEIGHT), 0, 0};
	rect.width = 1 + random_below(&state, WIDTH - (uint32_t)rect.x);
	rect.height = 1 + random_below(&state, HEIGHT - (uint32_t)rect.y);
	return rect;
}

static void set(struct rect rect, bool to) {
	for (uint32_t y = 0; y < rect.height; y++)
		memset(&lost[(uint32_t)rect.y + y][rect.x], to, rect.width);
}

static void move(const struct move *move) {
	static bool before[HEIGHT][WIDTH];
	memcpy(before, lost, sizeof lost);
	for (int32_t y = move->target.y; y < move->target.y + (int32_t)move->target.height; y++)
		for (int32_t x = move->target.x; x < move->target.x + (int32_t)move->target.width; x++)
			lost[y][x] = before[y - move->by.y][x - move->by.x];
}

static struct move any_move(void) {
	struct rect target = any_rect();
	struct move move = {target, {0, 0}};
	move.by.x = target.x - (int32_t)random_below(&state, WIDTH - target.width + 1);
	move.by.y = target.y - (int32_t)random_below(&state, HEIGHT - target.height + 1);
	return move;
}

static void is_remembered(void) {
	static bool known[HEIGHT][WIDTH];
	struct region region = {.count = 0};
	memset(known, 0, sizeof known);
	lossy_list(&lossy, &region);
	for (size_t i = 0; i < region.count; i++) {
		struct rect rect = region_rects(&region)[i];
		CHECK(rect_is_inside(rect, WIDTH, HEIGHT));
		for (uint32_t y = 0; y < rect.height; y++)
			memset(&known[(uint32_t)rect.y + y][rect.x], true, rect.width);
	}
	for (size_t y = 0; y < HEIGHT; y++)
		for (size_t x = 0; x < WIDTH; x++)
			CHECK(known[y][x] || !lost[y][x]);
	region_finish(&region);
}

static void send(const struct region *due) {
	for (size_t i = 0; i < due->count; i++) {
		set(region_rects(due)[i], false);
		lossy_remove(&lossy, region_rects(due)[i]);
	}
}

/* Whatever part is asked for, over and over: no pixels are sent for ever. */
static void ends(struct rect part) {
	struct region asked = {.count = 0}, due = {.count = 0};
	unsigned rounds = 0;
	region_add(&asked, part);
	for (;; rounds++) {
		lossy_choose(&lossy, UINT64_MAX, &asked, 1 + random_below(&state, 20000), &due);
		if (region_is_empty(&due))
			break;
		for (size_t i = 0; i < due.count; i++)
			CHECK(region_covers(&asked, region_rects(&due)[i]));
		send(&due);
		CHECK(rounds < 1000);
	}
	CHECK(part.width < WIDTH || part.height < HEIGHT || !lossy_any(&lossy));
	region_finish(&asked);
	region_finish(&due);
}

static void nothing_is_forgotten(void) {
	lossy_reset(&lossy, WIDTH, HEIGHT);
	for (unsigned step = 0; step < STEPS; step++) {
		struct rect rect = any_rect();
		struct move any = any_move();
		switch (random_below(&state, 8)) {
		case 0:
			set(rect, true);
			lossy_add(&lossy, rect, step);
			break;
		case 1:
			move(&any);
			lossy_move(&lossy, &any, step);
			break;
		case 2:
			ends(random_below(&state, 10) ? rect : all);
			break;
		default:
			rect.height = rect.height < 40 ? rect.height : 40;
			set(rect, false);
			lossy_remove(&lossy, rect);
		}
		is_remembered();
	}
	ends(all);
	lossy_reset(&lossy, 64, 64);
	lossy_add(&lossy, all, 0); /* what lies outside does not count */
	CHECK(lossy_any(&lossy));
	lossy_remove(&lossy, (struct rect){0, 0, 64, 64});
	CHECK(!lossy_any(&lossy));
	lossy_finish(&lossy);
}

/* What travels is as young as the copy, and what stays is not. */
static void tells_the_oldest(void) {
	const struct move down = {{0, 64, 64, 64}, {0, 64}};
	struct region asked = {.count = 0}, due = {.count = 0};
	region_add(&asked, all);
	lossy_reset(&lossy, WIDTH, HEIGHT);
	CHECK(lossy_oldest_ns(&lossy) == UINT64_MAX);
	lossy_add(&lossy, (struct rect){0, 0, 64, 64}, 5);
	lossy_add(&lossy, (struct rect){128, 0, 64, 64}, 7);
	CHECK(lossy_oldest_ns(&lossy) == 5);
	lossy_move(&lossy, &down, 9);
	lossy_remove(&lossy, (struct rect){0, 0, 64, 64});
	CHECK(lossy_oldest_ns(&lossy) == 7);
	lossy_choose(&lossy, 6, &asked, MANY, &due);
	CHECK(region_is_empty(&due));
	lossy_choose(&lossy, 8, &asked, MANY, &due);
	CHECK(due.count == 1 && rect_equals(region_rects(&due)[0], (struct rect){128, 0, 64, 64}));
	lossy_remove(&lossy, region_rects(&due)[0]);
	CHECK(lossy_oldest_ns(&lossy) == 9);
	lossy_move(&lossy, &(const struct move){{0, 64, 64, 64}, {-64, 0}}, 10);
	CHECK(!lossy_any(&lossy)); /* the source was exact */
	region_finish(&asked);
	region_finish(&due);
	lossy_finish(&lossy);
}

static uint64_t area_of(const struct region *region) {
	uint64_t area = 0;
	for (size_t i = 0; i < region->count; i++)
		area += rect_area(region_rects(region)[i]);
	return area;
}

/* As many pixels as there is room for, in few rectangles. */
static void chooses_so_much(void) {
	struct region asked = {.count = 0}, due = {.count = 0};
	region_add(&asked, all);
	lossy_reset(&lossy, WIDTH, HEIGHT);
	lossy_add(&lossy, all, 0);
	lossy_choose(&lossy, 0, &asked, 1, &due);
	CHECK(area_of(&due) == 64 * 16);
	lossy_choose(&lossy, 0, &asked, 64 * 64 + 64 * 40, &due);
	CHECK(area_of(&due) == 64 * 64 + 64 * 40);
	lossy_choose(&lossy, 0, &asked, MANY, &due);
	CHECK(due.count == 1 && rect_equals(region_rects(&due)[0], all));
	region_finish(&asked);
	region_finish(&due);
	lossy_finish(&lossy);
}

int main(void) {
	nothing_is_forgotten();
	tells_the_oldest();
	chooses_so_much();
	return 0;
}
