/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Regions have the pixels that a bitmap has to which the same was done, and each of them once. Without memory
 * they have more. */
#include "encode/rfb/region.h"

#include <string.h>

#include "tests/encode/random.h"
#include "tests/test.h"

enum { SIDE = 40, AREA = SIDE * SIDE, STEPS = 20000 };

static struct random state = {7};
static bool without_memory;

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size) {
	return without_memory ? NULL : __real_realloc(memory, size);
}

static struct rect any_rect(void) {
	struct rect rect = {(int32_t)random_below(&state, SIDE), (int32_t)random_below(&state, SIDE), 0, 0};
	rect.width = random_below(&state, SIDE + 1 - (uint32_t)rect.x);
	rect.height = random_below(&state, SIDE + 1 - (uint32_t)rect.y);
	return rect;
}

static void set(bool *bitmap, struct rect rect, bool to) {
	for (uint32_t y = 0; y < rect.height; y++)
		for (uint32_t x = 0; x < rect.width; x++)
			bitmap[((uint32_t)rect.y + y) * SIDE + (uint32_t)rect.x + x] = to;
}

static void is_same(const struct region *region, const bool *bitmap) {
	unsigned times[AREA] = {0};
	for (size_t i = 0; i < region->count; i++) {
		struct rect rect = region_rects(region)[i];
		CHECK(rect_is_inside(rect, SIDE, SIDE) && rect_area(rect));
		for (uint32_t y = 0; y < rect.height; y++)
			for (uint32_t x = 0; x < rect.width; x++)
				times[((uint32_t)rect.y + y) * SIDE + (uint32_t)rect.x + x]++;
	}
	for (size_t i = 0; i < AREA; i++)
		CHECK(times[i] == bitmap[i]);
}

static void is_covered(const struct region *region, const bool *bitmap) {
	struct rect rect = any_rect();
	bool all = true;
	for (uint32_t y = 0; y < rect.height; y++)
		for (uint32_t x = 0; x < rect.width; x++)
			all = all && bitmap[((uint32_t)rect.y + y) * SIDE + (uint32_t)rect.x + x];
	CHECK(region_covers(region, rect) == all);
}

static void is_as_a_bitmap(void) {
	struct region regions[3] = {0};
	bool bitmaps[3][AREA] = {0};
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned which = random_below(&state, 2), other = !which;
		struct rect rect = any_rect();
		bool adds = random_below(&state, 2);
		if (adds)
			region_add(&regions[which], rect);
		else
			region_subtract(&regions[which], rect);
		set(bitmaps[which], rect, adds);
		is_same(&regions[which], bitmaps[which]);
		is_covered(&regions[which], bitmaps[which]);
		region_intersect(&regions[which], &regions[other], &regions[2]);
		for (size_t i = 0; i < AREA; i++)
			bitmaps[2][i] = bitmaps[0][i] && bitmaps[1][i];
		is_same(&regions[2], bitmaps[2]);
		if (step % 100 == 0) {
			region_add_all(&regions[other], &regions[which]);
			for (size_t i = 0; i < AREA; i++)
				bitmaps[other][i] = bitmaps[other][i] || bitmaps[which][i];
			region_clear(&regions[which]);
			memset(bitmaps[which], 0, sizeof bitmaps[which]);
			is_same(&regions[other], bitmaps[other]);
		}
	}
	for (int i = 0; i < 3; i++)
		region_finish(&regions[i]);
}

static void has_more_without_memory(void) {
	struct region region = {0};
	for (int32_t i = 0; i < 20; i++)
		region_add(&region, (struct rect){i, i, 1, 1});
	CHECK(region.count == 20);
	region_finish(&region);
	without_memory = true;
	for (int32_t i = 0; i < 20; i++) {
		region_add(&region, (struct rect){i, i, 1, 1});
		for (int32_t before = 0; before <= i; before++)
			CHECK(region_covers(&region, (struct rect){before, before, 1, 1}));
	}
	region_clear(&region);
	region_add(&region, (struct rect){0, 0, 20, 20});
	for (int32_t i = 0; i < 19; i++)
		region_subtract(&region, (struct rect){i, i, 1, 1});
	without_memory = false;
	CHECK(region_covers(&region, (struct rect){19, 19, 1, 1}));
	CHECK(region_covers(&region, (struct rect){1, 0, 10, 1}));
	region_finish(&region);
}

int main(void) {
	is_as_a_bitmap();
	has_more_without_memory();
	return 0;
}
