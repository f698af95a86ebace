/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A cursor wanders over a picture that changes under it: the canvas is always the picture with the cursor on
 * it, and what is said to differ is all that differs. */
#include "server/overlay.h"

#include <stdlib.h>
#include <string.h>

#include "server/cursor.h"
#include "tests/test.h"

enum { WIDTH = 96, HEIGHT = 64, STRIDE = WIDTH * 4 };

static uint32_t under[WIDTH * HEIGHT], canvas_pixels[WIDTH * HEIGHT], before[WIDTH * HEIGHT];
static struct cursor cursor;
static struct overlay overlay;

static void make_cursor(uint32_t side, uint64_t shape) {
	cursor.visible = cursor.placed = true;
	cursor.shape = shape;
	cursor.width = cursor.height = side;
	for (uint32_t i = 0; i < side * side; i++)
		cursor.pixels[i] = i % 3 ? 0xff000000u | (uint32_t)(shape * 0x123457 + i) : 0;
}

/* By the plain way: the whole picture, and the cursor on it. */
static void must_be(const uint32_t *pixels, uint32_t width, uint32_t height, bool shown) {
	static uint32_t expected[WIDTH * HEIGHT];
	for (uint32_t y = 0; y < height; y++)
		memcpy(expected + y * width, under + y * WIDTH, (size_t)width * 4);
	if (shown)
		cursor_paint(
			&cursor, cursor.x, cursor.y, (uint8_t *)expected, (size_t)width * 4, width, height);
	CHECK(memcmp(expected, pixels, (size_t)width * height * 4) == 0);
}

static bool covered(const struct frame_rect *rects, size_t count, uint32_t x, uint32_t y) {
	for (size_t i = 0; i < count; i++)
		if ((int32_t)x >= rects[i].x && (int32_t)y >= rects[i].y && x < rects[i].x + rects[i].width &&
			y < rects[i].y + rects[i].height)
			return true;
	return false;
}

static void wander(uint32_t width, uint32_t height) {
	struct picture picture = {
		.width = WIDTH, .height = HEIGHT, .stride = STRIDE, .pixels = (uint8_t *)under};
	struct overlay_canvas canvas = {(uint8_t *)canvas_pixels, (size_t)width * 4, width, height};
	memset(&overlay, 0, sizeof overlay);
	uint64_t shapes = 0; /* another number for every other image */
	srand(7);
	overlay_copy(&canvas, &picture, (struct frame_rect){0, 0, WIDTH, HEIGHT});
	for (int step = 0; step < 3000; step++) {
		if (rand() % 8 == 0)
			make_cursor(1 + (uint32_t)rand() % 24, ++shapes);
		if (rand() % 2) {
			cursor.x = rand() % (WIDTH + 60) - 30;
			cursor.y = rand() % (HEIGHT + 60) - 30;
		}
		bool shown = rand() % 6 != 0 && cursor.shape;
		memcpy(before, canvas_pixels, sizeof before);
		uint32_t spot = (uint32_t)rand() % (WIDTH * HEIGHT);
		under[spot] = (uint32_t)rand() & 0xffffff;
		overlay_copy(&canvas, &picture,
			(struct frame_rect){(int32_t)(spot % WIDTH), (int32_t)(spot / WIDTH), 1, 1});
		struct frame_rect changed[2];
		size_t count = overlay_update(&overlay, shown ? &cursor : NULL, &canvas, &picture, changed);
		must_be(canvas_pixels, width, height, shown);
		for (uint32_t i = 0; i < width * height; i++)
			CHECK(canvas_pixels[i] == before[i] ||
				covered(changed, count, i % width, i / width) ||
				i / width * WIDTH + i % width == spot);
	}
}

static void still_is_no_change(void) {
	struct picture picture = {
		.width = WIDTH, .height = HEIGHT, .stride = STRIDE, .pixels = (uint8_t *)under};
	struct overlay_canvas canvas = {(uint8_t *)canvas_pixels, STRIDE, WIDTH, HEIGHT};
	struct frame_rect changed[2];
	memset(&overlay, 0, sizeof overlay);
	make_cursor(8, 99);
	cursor.x = cursor.y = 5;
	overlay_copy(&canvas, &picture, (struct frame_rect){0, 0, WIDTH, HEIGHT});
	CHECK(overlay_update(&overlay, &cursor, &canvas, &picture, changed) == 1);
	CHECK(overlay_update(&overlay, &cursor, &canvas, &picture, changed) == 0);
	cursor.x++;
	CHECK(overlay_update(&overlay, &cursor, &canvas, &picture, changed) == 2);
	CHECK(overlay_update(&overlay, NULL, &canvas, &picture, changed) == 1);
	CHECK(overlay_update(&overlay, NULL, &canvas, &picture, changed) == 0);
}

int main(void) {
	wander(WIDTH, HEIGHT);
	wander(WIDTH - 17, HEIGHT - 9);
	still_is_no_change();
	return 0;
}
