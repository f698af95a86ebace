/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A cursor wanders: the rectangles that are reported as different are all that differs, and any part gets its
 * share of the cursor painted. */
#include "encode/rfb/overlay.h"

#include <stdlib.h>
#include <string.h>

#include "tests/test.h"

enum { WIDTH = 96, HEIGHT = 64 };

static uint32_t whole[WIDTH * HEIGHT], before[WIDTH * HEIGHT];
static struct cursor cursor;
static struct overlay overlay;

static void make_cursor(uint32_t side, uint64_t shape) {
	cursor.visible = cursor.placed = true;
	cursor.shape = shape;
	cursor.width = cursor.height = side;
	for (uint32_t i = 0; i < side * side; i++)
		cursor.pixels[i] = i % 3 ? 0xff000000u | (uint32_t)(shape * 0x123457 + i) : 0;
}

static uint32_t under(uint32_t x, uint32_t y) {
	return x * 0x010203u ^ y * 0x30201u;
}

static void draw_under(uint32_t *pixels, const struct rect *part) {
	for (uint32_t y = 0; y < part->height; y++)
		for (uint32_t x = 0; x < part->width; x++)
			pixels[y * part->width + x] = under((uint32_t)part->x + x, (uint32_t)part->y + y);
}

/* The plain way: all of the pixels, with the cursor on them. */
static void draw_whole(uint32_t width, uint32_t height, bool shown) {
	draw_under(whole, &(struct rect){0, 0, width, height});
	if (shown)
		cursor_paint(&cursor, cursor.x, cursor.y, (uint8_t *)whole, (size_t)width * 4, width, height);
}

static bool covered(const struct rect *rects, size_t count, uint32_t x, uint32_t y) {
	for (size_t i = 0; i < count; i++)
		if (x - (uint32_t)rects[i].x < rects[i].width && y - (uint32_t)rects[i].y < rects[i].height)
			return true;
	return false;
}

static void any_part(uint32_t width, uint32_t height) {
	static uint32_t pixels[WIDTH * HEIGHT];
	struct rect part = {(int32_t)((uint32_t)rand() % width), (int32_t)((uint32_t)rand() % height), 0, 0};
	part.width = 1 + (uint32_t)rand() % (width - (uint32_t)part.x);
	part.height = 1 + (uint32_t)rand() % (height - (uint32_t)part.y);
	draw_under(pixels, &part);
	overlay_paint(&overlay, &part, (uint8_t *)pixels, (size_t)part.width * 4);
	bool differs = false;
	for (uint32_t y = 0; y < part.height; y++) {
		for (uint32_t x = 0; x < part.width; x++) {
			uint32_t all_x = (uint32_t)part.x + x, all_y = (uint32_t)part.y + y;
			CHECK(pixels[y * part.width + x] == whole[all_y * width + all_x]);
			differs = differs || pixels[y * part.width + x] != under(all_x, all_y);
		}
	}
	CHECK(!differs || overlay_touches(&overlay, &part));
}

static void wander(uint32_t width, uint32_t height) {
	memset(&overlay, 0, sizeof overlay);
	uint64_t shapes = 0; /* another number for each different image */
	srand(7);
	draw_whole(width, height, false);
	for (int step = 0; step < 3000; step++) {
		if (rand() % 8 == 0)
			make_cursor(1 + (uint32_t)rand() % 24, ++shapes);
		if (rand() % 2) {
			cursor.x = rand() % (WIDTH + 60) - 30;
			cursor.y = rand() % (HEIGHT + 60) - 30;
		}
		bool shown = rand() % 6 != 0 && cursor.shape;
		memcpy(before, whole, sizeof before);
		draw_whole(width, height, shown);
		struct rect changed[2];
		size_t count = overlay_move(&overlay, shown ? &cursor : NULL, width, height, changed);
		for (uint32_t i = 0; i < width * height; i++)
			CHECK(whole[i] == before[i] || covered(changed, count, i % width, i / width));
		any_part(width, height);
	}
}

static void still_is_no_change(void) {
	struct rect changed[2];
	memset(&overlay, 0, sizeof overlay);
	make_cursor(8, 99);
	cursor.x = cursor.y = 5;
	CHECK(overlay_move(&overlay, &cursor, WIDTH, HEIGHT, changed) == 1);
	CHECK(overlay_move(&overlay, &cursor, WIDTH, HEIGHT, changed) == 0);
	cursor.x++;
	CHECK(overlay_move(&overlay, &cursor, WIDTH, HEIGHT, changed) == 2);
	CHECK(overlay_move(&overlay, NULL, WIDTH, HEIGHT, changed) == 1);
	CHECK(overlay_move(&overlay, NULL, WIDTH, HEIGHT, changed) == 0);
}

int main(void) {
	wander(WIDTH, HEIGHT);
	wander(WIDTH - 17, HEIGHT - 9);
	still_is_no_change();
	return 0;
}
