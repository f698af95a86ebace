/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which moves may be copies, what they spoil, and how they are sent. */
#include "encode/rfb/copies.h"

#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

enum { WIDTH = 400, HEIGHT = 300 };

/* From 50,70 to 50,50. */
static const struct move upwards = {{50, 50, 100, 80}, {0, -20}};

static const struct choice {
	const char *what;
	struct rect asked[2], pending;
	uint32_t height; /* of the framebuffer */
	size_t count;
} choices[] = {
	{"all is asked for", {{0, 0, WIDTH, HEIGHT}}, {0}, HEIGHT, 1},
	{"the target is asked for", {{50, 50, 100, 80}}, {0}, HEIGHT, 1},
	{"in two parts", {{0, 0, 100, HEIGHT}, {100, 50, 50, 80}}, {0}, HEIGHT, 1},
	{"not all of the target is", {{50, 50, 100, 79}}, {0}, HEIGHT, 0},
	{"something in the source lacks", {{0, 0, WIDTH, HEIGHT}}, {149, 149, 9, 9}, HEIGHT, 0},
	{"something in the target lacks", {{0, 0, WIDTH, HEIGHT}}, {0, 0, 51, 51}, HEIGHT, 0},
	{"something beside both lacks", {{0, 0, WIDTH, HEIGHT}}, {150, 50, 9, 200}, HEIGHT, 1},
	{"the framebuffer has the source", {{0, 0, WIDTH, HEIGHT}}, {0}, 150, 1},
	{"the framebuffer does not have it all", {{0, 0, WIDTH, HEIGHT}}, {0}, 149, 0},
};

static void choose(void) {
	const struct moves moves = {.count = 1, .list = {upwards}};
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		const struct choice *choice = &choices[i];
		const struct copies_viewer viewer = {.width = WIDTH,
			.height = choice->height,
			.pending = &choice->pending,
			.pending_count = 1,
			.asked = choice->asked,
			.asked_count = 2};
		struct copies copies;
		copies_choose(&viewer, &moves, &copies);
		CHECK_SAY(copies.count == choice->count, "%s", choice->what);
	}
}

/* A cursor of which the lower half lies in the source goes upwards with it. One in the target is covered. */
static void spoil(void) {
	const struct rect all = {0, 0, WIDTH, HEIGHT}, before[COPIES_OVERLAID] = {{60, 65, 10, 10}},
			  after[COPIES_OVERLAID] = {{300, 5, 10, 10}, {140, 45, 20, 10}};
	const struct moves moves = {.count = 1, .list = {upwards}};
	struct copies_viewer viewer = {.width = WIDTH, .height = HEIGHT, .asked = &all, .asked_count = 1};
	struct copies copies;
	struct rect spoilt[COPIES_SPOILT];
	memcpy(viewer.overlaid, before, sizeof before);
	copies_choose(&viewer, &moves, &copies);
	CHECK(copies_spoil(&copies, after, spoilt) == 2);
	CHECK(rect_equals(spoilt[0], (struct rect){60, 50, 10, 5}));
	CHECK(rect_equals(spoilt[1], (struct rect){140, 50, 10, 5}));
}

static void write(void) {
	static const uint8_t expected[2 * COPIES_SIZE] = {0, 50, 0, 50, 0, 100, 0, 80, 0, 0, 0, 1, 0, 50, 0,
		70, 1, 4, 0, 2, 0, 3, 1, 0, 0, 0, 0, 1, 0, 4, 0, 7};
	const struct copies copies = {.count = 2, .list = {upwards, {{260, 2, 3, 256}, {256, -5}}}};
	uint8_t bytes[2 * COPIES_SIZE];
	CHECK(copies_write(&copies, bytes) == sizeof expected);
	CHECK(memcmp(bytes, expected, sizeof expected) == 0);
}

int main(void) {
	choose();
	spoil();
	write();
	return 0;
}
