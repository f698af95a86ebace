/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Margins of one colour are cut off a photograph on each side that has one, and nothing else is. */
#include "encode/rfb/looks.h"

#include "tests/encode/random.h"
#include "tests/test.h"

enum { STRIDE = 320, ROWS = 200 };

static uint32_t pixels[ROWS][STRIDE];

static void fill(struct rect rect, uint32_t colour) {
	for (int32_t y = rect.y; y < rect.y + (int32_t)rect.height; y++)
		for (int32_t x = rect.x; x < rect.x + (int32_t)rect.width; x++)
			pixels[y][x] = colour;
}

/* A photograph at `photo`, with colours of their own at the sides of `all`. */
static void draw(struct rect all, struct rect photo) {
	struct random random = {.state = 7};
	int32_t right = photo.x + (int32_t)photo.width, bottom = photo.y + (int32_t)photo.height;
	for (int y = 0; y < ROWS; y++)
		for (int x = 0; x < STRIDE; x++)
			pixels[y][x] = (uint32_t)random_next(&random) & 0xffffff;
	fill((struct rect){all.x, photo.y, (uint32_t)(photo.x - all.x), photo.height}, 0x111111);
	fill((struct rect){right, photo.y, all.width - (uint32_t)(right - all.x), photo.height}, 0x222222);
	fill((struct rect){all.x, all.y, all.width, (uint32_t)(photo.y - all.y)}, 0x333333);
	fill((struct rect){all.x, bottom, all.width, all.height - (uint32_t)(bottom - all.y)}, 0x444444);
}

static bool is_of_one_colour(struct rect rect) {
	for (int32_t y = rect.y; y < rect.y + (int32_t)rect.height; y++)
		for (int32_t x = rect.x; x < rect.x + (int32_t)rect.width; x++)
			if (pixels[y][x] != pixels[rect.y][rect.x])
				return false;
	return true;
}

/* Returns how many margins were cut. What is left and the margins are all there was, once. */
static unsigned cut(struct rect all, struct rect *left) {
	const struct looks looks = {.of = {.pixels = pixels[0],
					    .stride = STRIDE,
					    .width = STRIDE,
					    .height = ROWS,
					    .photo = true}};
	struct rect margin;
	unsigned count = 0;
	uint64_t area = 0;
	*left = all;
	for (; looks_cut_margin(&looks, left, &margin); count++) {
		CHECK(count < 10 && is_of_one_colour(margin) && rect_is_inside(margin, STRIDE, ROWS));
		CHECK(!rect_area(rect_intersect(margin, *left)));
		area += rect_area(margin);
	}
	CHECK(area + rect_area(*left) == rect_area(all));
	return count;
}

static void try_margins(uint32_t left, uint32_t top, uint32_t right, uint32_t bottom) {
	const struct rect all = {64, 64, 192, 128};
	const struct rect photo = {all.x + (int32_t)left, all.y + (int32_t)top, all.width - left - right,
		all.height - top - bottom};
	const uint32_t sides[] = {left, top, right, bottom};
	struct rect rest, want = all;
	unsigned expected = 0;
	draw(all, photo);
	for (unsigned i = 0; i < 4; i++)
		expected += sides[i] >= LOOKS_MARGIN;
	want.x += left >= LOOKS_MARGIN ? (int32_t)left : 0;
	want.y += top >= LOOKS_MARGIN ? (int32_t)top : 0;
	want.width -= (left >= LOOKS_MARGIN ? left : 0) + (right >= LOOKS_MARGIN ? right : 0);
	want.height -= (top >= LOOKS_MARGIN ? top : 0) + (bottom >= LOOKS_MARGIN ? bottom : 0);
	CHECK_SAY(cut(all, &rest) == expected && rect_equals(rest, want), "%u %u %u %u: %d,%d %ux%u", left,
		top, right, bottom, rest.x, rest.y, rest.width, rest.height);
}

/* However much of it has one colour, something is left that JPEG can have. */
static void leaves_something(void) {
	struct rect rest;
	fill((struct rect){0, 0, STRIDE, ROWS}, 0x123456);
	cut((struct rect){0, 0, 64, 64}, &rest);
	CHECK(rest.width > 0 && rest.height > 0);
	cut((struct rect){0, 0, 1, 1}, &rest);
	CHECK(rest.width == 1 && rest.height == 1);
}

int main(void) {
	for (unsigned sides = 0; sides < 16; sides++)
		try_margins(sides & 1 ? 16 : 0, sides & 2 ? 8 : 0, sides & 4 ? 40 : 0, sides & 8 ? 31 : 0);
	try_margins(LOOKS_MARGIN - 1, 0, LOOKS_MARGIN - 1, 0);
	try_margins(0, LOOKS_MARGIN - 1, 0, LOOKS_MARGIN - 1);
	leaves_something();
	return 0;
}
