/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tiles of random bitmaps as rectangles, against painting every rectangle tile by tile. */
#include "encode/damage.h"

#include <string.h>

#include "tests/encode/random.h"
#include "tests/test.h"

static struct damage make(uint32_t width, uint32_t height) {
	struct damage damage;
	damage_init(&damage);
	CHECK(damage_resize(&damage, width, height) == 0);
	return damage;
}

/* How often each tile is covered. Checks that the edges lie on the grid or on the picture's border. */
static uint8_t *paint(const struct damage *damage, const struct rect *rectangles, size_t count) {
	uint8_t *covered = calloc((size_t)damage->columns * damage->rows + 1, 1);
	CHECK(covered);
	for (size_t i = 0; i < count; i++) {
		const struct rect *r = &rectangles[i];
		uint32_t right = (uint32_t)r->x + r->width, lower = (uint32_t)r->y + r->height;
		CHECK(r->x >= 0 && r->y >= 0 && r->x % DAMAGE_TILE == 0 && r->y % DAMAGE_TILE == 0);
		CHECK(r->width > 0 && r->height > 0 && right <= damage->width && lower <= damage->height);
		CHECK(right % DAMAGE_TILE == 0 || right == damage->width);
		CHECK(lower % DAMAGE_TILE == 0 || lower == damage->height);
		for (uint32_t y = (uint32_t)r->y / DAMAGE_TILE; y * DAMAGE_TILE < lower; y++) {
			for (uint32_t x = (uint32_t)r->x / DAMAGE_TILE; x * DAMAGE_TILE < right; x++)
				covered[(size_t)y * damage->columns + x]++;
		}
	}
	return covered;
}

static void check_exact(const struct damage *damage, const struct rect *rectangles, size_t count) {
	uint8_t *covered = paint(damage, rectangles, count);
	for (uint32_t y = 0; y < damage->rows; y++) {
		for (uint32_t x = 0; x < damage->columns; x++)
			CHECK_SAY(covered[(size_t)y * damage->columns + x] == damage_has(damage, x, y),
				"%ux%u, tile %u,%u", damage->width, damage->height, x, y);
	}
	free(covered);
}

static void check_covers(const struct damage *damage, const struct rect *rectangles, size_t count) {
	uint8_t *covered = paint(damage, rectangles, count);
	for (uint32_t y = 0; y < damage->rows; y++) {
		for (uint32_t x = 0; x < damage->columns; x++)
			CHECK(covered[(size_t)y * damage->columns + x] || !damage_has(damage, x, y));
	}
	free(covered);
}

static void set_at_random(struct damage *damage, struct random *random, uint32_t percent) {
	for (uint32_t y = 0; y < damage->rows; y++) {
		for (uint32_t x = 0; x < damage->columns; x++) {
			if (random_below(random, 100) < percent)
				damage_add(damage, x, y);
		}
	}
}

/* Solid blocks, as windows leave them: here runs really merge down columns. */
static void set_blocks(struct damage *damage, struct random *random) {
	for (uint32_t i = random_below(random, 4); i > 0; i--) {
		uint32_t left = random_below(random, damage->columns),
			 top = random_below(random, damage->rows);
		uint32_t right = left + 1 + random_below(random, damage->columns - left);
		uint32_t lower = top + 1 + random_below(random, damage->rows - top);
		for (uint32_t y = top; y < lower; y++) {
			for (uint32_t x = left; x < right; x++)
				damage_add(damage, x, y);
		}
	}
}

/* The number of maximal runs whose row above does not have the very same run: what merging must come down to.
 */
static size_t expected_rectangles(const struct damage *damage) {
	size_t expected = 0;
	for (uint32_t y = 0; y < damage->rows; y++) {
		for (uint32_t x = 0; x < damage->columns;) {
			uint32_t end = x;
			while (end < damage->columns && damage_has(damage, end, y))
				end++;
			if (end == x) {
				x++;
				continue;
			}
			bool same = y > 0 && !(x > 0 && damage_has(damage, x - 1, y - 1)) &&
				    !(end < damage->columns && damage_has(damage, end, y - 1));
			for (uint32_t i = x; i < end; i++)
				same = same && damage_has(damage, i, y - 1);
			expected += !same;
			x = end;
		}
	}
	return expected;
}

static void random_bitmaps(void) {
	struct random random = {1};
	struct rect rectangles[4096];
	for (int round = 0; round < 3000; round++) {
		struct damage damage = make(1 + random_below(&random, 2000), 1 + random_below(&random, 2000));
		if (round % 2)
			set_blocks(&damage, &random);
		else
			set_at_random(&damage, &random, random_below(&random, 101));
		CHECK(damage_rectangles_max(&damage) <= 4096);
		size_t count = damage_rectangles(&damage, rectangles, damage_rectangles_max(&damage));
		CHECK(count <= damage_rectangles_max(&damage));
		CHECK(count == expected_rectangles(&damage));
		check_exact(&damage, rectangles, count);

		size_t capacity = 1 + random_below(&random, 5);
		size_t few = damage_rectangles(&damage, rectangles, capacity);
		CHECK(few == (count < capacity ? count : capacity));
		check_covers(&damage, rectangles, few);
		damage_finish(&damage);
	}
}

/* Nothing is written behind `capacity`. */
static void keeps_to_the_capacity(void) {
	struct damage damage = make(1024, 1024);
	for (uint32_t i = 0; i < 16; i++)
		damage_add(&damage, i, i);
	struct rect rectangles[4], untouched;
	memset(rectangles, 0x5a, sizeof rectangles);
	untouched = rectangles[3];
	CHECK(damage_rectangles(&damage, rectangles, 3) == 3);
	CHECK(!memcmp(&rectangles[3], &untouched, sizeof untouched));
	check_covers(&damage, rectangles, 3);
	CHECK(damage_rectangles(&damage, rectangles, 0) == 0);
	damage_finish(&damage);
}

/* The worst case is really reached, so damage_rectangles_max() is no larger than it has to be. */
static void a_chessboard_is_the_worst(void) {
	for (uint32_t width = 1; width < 500; width += 63) {
		struct damage damage = make(width, 300);
		for (uint32_t y = 0; y < damage.rows; y++) {
			for (uint32_t x = y % 2; x < damage.columns; x += 2)
				damage_add(&damage, x, y);
		}
		struct rect rectangles[64];
		size_t count = damage_rectangles(&damage, rectangles, 64);
		CHECK(count <= damage_rectangles_max(&damage) && count == damage_count(&damage));
		damage_finish(&damage);
	}
}

static void counts_and_fills(void) {
	struct random random = {7};
	for (int round = 0; round < 200; round++) {
		struct damage damage = make(random_below(&random, 5000), random_below(&random, 5000));
		CHECK(damage_is_empty(&damage) && damage_count(&damage) == 0);
		damage_fill(&damage);
		CHECK(damage_count(&damage) == damage.columns * damage.rows);
		struct rect all[2];
		size_t count = damage_rectangles(&damage, all, 2);
		CHECK(count == (damage_count(&damage) > 0));
		if (count)
			CHECK(all[0].x == 0 && all[0].y == 0 && all[0].width == damage.width &&
				all[0].height == damage.height);
		damage_clear(&damage);
		CHECK(damage_is_empty(&damage));
		if (damage.columns && damage.rows) {
			uint32_t x = random_below(&random, damage.columns),
				 y = random_below(&random, damage.rows);
			damage_add(&damage, x, y);
			damage_add(&damage, x, y);
			CHECK(damage_count(&damage) == 1 && damage_has(&damage, x, y));
			CHECK(damage_resize(&damage, damage.width, damage.height) == 0);
			CHECK(damage_is_empty(&damage));
		}
		damage_finish(&damage);
		CHECK(damage.columns == 0 && damage_is_empty(&damage));
	}
}

static void a_size_that_no_memory_holds(void) {
	struct damage damage = make(100, 100);
	damage_fill(&damage);
	if (damage_resize(&damage, UINT32_MAX, UINT32_MAX) != 0)
		CHECK(damage.width == 0 && damage.rows == 0 && damage.bits == NULL);
	damage_finish(&damage);
}

static void merges(void) {
	struct damage a, b;
	damage_init(&a);
	damage_init(&b);
	CHECK(damage_resize(&a, 1000, 700) == 0 && damage_resize(&b, 1000, 700) == 0);
	damage_add(&a, 0, 0);
	damage_add(&b, 0, 0);
	damage_add(&b, 15, 10);
	damage_merge(&a, &b);
	CHECK(damage_count(&a) == 2 && damage_has(&a, 0, 0) && damage_has(&a, 15, 10));
	CHECK(damage_count(&b) == 2);
	damage_finish(&a);
	damage_finish(&b);
}

int main(void) {
	merges();
	random_bitmaps();
	keeps_to_the_capacity();
	a_chessboard_is_the_worst();
	counts_and_fills();
	a_size_that_no_memory_holds();
	return 0;
}
