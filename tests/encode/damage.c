/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tiles of random bitmaps as rectangles, against painting every rectangle tile by tile. */
#include "encode/damage.h"

#include <string.h>

#include "capture/base/rect.h"
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
	/* Who reports a tile last says whether its colours are known. */
	damage_add_colours(&a, 0, 0);
	damage_add_colours(&b, 15, 10);
	CHECK(damage_has_colours(&a, 0, 0) && !damage_has_colours(&a, 15, 10));
	damage_merge(&a, &b);
	CHECK(!damage_has_colours(&a, 0, 0) && damage_has_colours(&a, 15, 10));
	damage_add(&a, 15, 10);
	CHECK(!damage_has_colours(&a, 15, 10));
	damage_clear(&b);
	CHECK(!damage_has_colours(&b, 15, 10));
	damage_add(&b, 15, 10);
	CHECK(!damage_has_colours(&b, 15, 10));
	damage_finish(&a);
	damage_finish(&b);
}

/* --- boxes --- */

static struct damage_box random_box(
	const struct damage *damage, struct random *random, uint32_t column, uint32_t row) {
	struct damage_box box = damage_whole(damage, column, row);
	if (random_below(random, 3) == 0)
		return box;
	box.left = (uint8_t)random_below(random, box.right);
	box.top = (uint8_t)random_below(random, box.bottom);
	box.right = (uint8_t)(box.left + 1 + random_below(random, box.right - box.left));
	box.bottom = (uint8_t)(box.top + 1 + random_below(random, box.bottom - box.top));
	return box;
}

/* How often each pixel is covered. */
static uint8_t *paint_pixels(const struct damage *damage, const struct rect *rectangles, size_t count) {
	uint8_t *covered = calloc((size_t)damage->width * damage->height, 1);
	CHECK(covered);
	for (size_t i = 0; i < count; i++) {
		const struct rect *r = &rectangles[i];
		CHECK(r->width > 0 && r->height > 0 && rect_is_inside(*r, damage->width, damage->height));
		for (uint32_t y = (uint32_t)r->y; y < (uint32_t)r->y + r->height; y++)
			for (uint32_t x = (uint32_t)r->x; x < (uint32_t)r->x + r->width; x++)
				covered[(size_t)y * damage->width + x]++;
	}
	return covered;
}

static size_t parts_of(const struct damage *damage, struct rect *parts) {
	size_t count = 0;
	for (uint32_t row = 0; row < damage->rows; row++)
		for (uint32_t column = 0; column < damage->columns; column++)
			if (damage_has(damage, column, row))
				parts[count++] = damage_part(damage, column, row);
	return count;
}

/* `mine`: how often each pixel lies in a box, which is once at most. */
static void check_trimmed(
	const struct damage *damage, const uint8_t *mine, uint32_t spare, struct random *random) {
	enum { MOST = 256 };
	struct rect rectangles[MOST];
	size_t pixels = (size_t)damage->width * damage->height;
	CHECK(damage_count(damage) <= MOST);
	size_t count = damage_trimmed(damage, spare, rectangles, MOST);
	uint8_t *covered = paint_pixels(damage, rectangles, count);
	uint64_t more = 0;
	for (size_t i = 0; i < pixels; i++) {
		uint32_t column = (uint32_t)(i % damage->width) / DAMAGE_TILE,
			 row = (uint32_t)(i / damage->width) / DAMAGE_TILE;
		CHECK(covered[i] <= damage_has(damage, column, row) && covered[i] >= mine[i]);
		more += covered[i] - mine[i];
	}
	free(covered);
	CHECK(more <= (uint64_t)spare * (damage_count(damage) - count));
	size_t capacity = 1 + random_below(random, 4);
	size_t few = damage_trimmed(damage, spare, rectangles, capacity);
	CHECK(few <= capacity);
	covered = paint_pixels(damage, rectangles, few);
	for (size_t i = 0; i < pixels; i++)
		CHECK(covered[i] >= mine[i]);
	free(covered);
}

static void random_boxes(void) {
	struct random random = {3};
	for (int round = 0; round < 400; round++) {
		struct damage damage = make(1 + random_below(&random, 700), 1 + random_below(&random, 500));
		struct damage other = make(damage.width, damage.height);
		uint32_t percent = random_below(&random, 101);
		for (uint32_t tile = 0; tile < damage.columns * damage.rows; tile++) {
			uint32_t column = tile % damage.columns, row = tile / damage.columns;
			if (random_below(&random, 100) < percent)
				damage_add_box(random_below(&random, 2) ? &damage : &other, column, row,
					random_box(&damage, &random, column, row));
		}
		damage_merge(&damage, &other);
		struct rect parts[256];
		size_t count = parts_of(&damage, parts);
		uint8_t *mine = paint_pixels(&damage, parts, count);
		check_trimmed(&damage, mine, 0, &random);
		check_trimmed(&damage, mine, random_below(&random, 2000), &random);
		free(mine);
		damage_finish(&other);
		damage_finish(&damage);
	}
}

/* Whole tiles become what damage_rectangles() makes of them. */
static void whole_tiles_are_trimmed_to_the_same(void) {
	struct random random = {5};
	struct rect rectangles[1024], trimmed[1024];
	for (int round = 0; round < 300; round++) {
		struct damage damage = make(1 + random_below(&random, 1000), 1 + random_below(&random, 1000));
		set_blocks(&damage, &random);
		size_t count = damage_rectangles(&damage, rectangles, 1024);
		CHECK(damage_trimmed(&damage, 0, trimmed, 1024) == count);
		for (size_t i = 0; i < count; i++) {
			size_t same = 0;
			for (size_t j = 0; j < count; j++)
				same += rect_equals(rectangles[i], trimmed[j]);
			CHECK(same == 1);
		}
		damage_finish(&damage);
	}
}

/* A line of text over three tiles, and a caret under it that is not worth a rectangle of its own. */
static void what_is_close_is_joined(void) {
	struct damage damage = make(640, 640);
	struct rect rectangles[4];
	damage_add_box(&damage, 1, 1, (struct damage_box){50, 52, 64, 64});
	damage_add_box(&damage, 2, 1, (struct damage_box){0, 52, 64, 63});
	damage_add_box(&damage, 3, 1, (struct damage_box){0, 53, 20, 64});
	damage_add_box(&damage, 2, 2, (struct damage_box){3, 0, 5, 8});
	CHECK(damage_trimmed(&damage, 0, rectangles, 4) == 4);
	CHECK(damage_trimmed(&damage, 100, rectangles, 4) == 2);
	CHECK(rect_equals(rectangles[0], (struct rect){64 + 50, 64 + 52, 14 + 64 + 20, 12}));
	CHECK(rect_equals(rectangles[1], (struct rect){128 + 3, 128, 2, 8}));
	damage_add_box(&damage, 1, 2, (struct damage_box){50, 0, 51, 1});
	damage_add_box(&damage, 3, 2, (struct damage_box){18, 7, 19, 8});
	CHECK(damage_trimmed(&damage, 10000, rectangles, 4) == 1);
	CHECK(rect_equals(rectangles[0], (struct rect){64 + 50, 64 + 52, 14 + 64 + 20, 20}));
	damage_finish(&damage);
}

int main(void) {
	random_boxes();
	whole_tiles_are_trimmed_to_the_same();
	what_is_close_is_joined();
	merges();
	random_bitmaps();
	keeps_to_the_capacity();
	a_chessboard_is_the_worst();
	counts_and_fills();
	a_size_that_no_memory_holds();
	return 0;
}
