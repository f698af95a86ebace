/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scene that is drawn step by step equals the scene drawn at once. What it reports as changed is all that
 * changes. Its marker tells what it is. The checker relies on these three. */
#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"
#include "tests/vm/scene.h"

enum { WIDTH = 400, HEIGHT = 300, STRIDE = 416, SIZE = STRIDE * HEIGHT };

static uint32_t stepped[SIZE], at_once[SIZE], before[SIZE];

/* Between two frames nothing differs outside the parts that scene_next_change() names. */
static void check_changes(const struct scene *scene, uint32_t from, uint32_t to) {
	uint32_t position = 0;
	struct scene_rect part;
	while (scene_next_change(scene, from, to, &position, &part)) {
		CHECK(part.x + part.width <= WIDTH && part.y + part.height <= HEIGHT);
		for (uint32_t y = part.y; y < part.y + part.height; y++)
			memcpy(&before[y * STRIDE + part.x], &stepped[y * STRIDE + part.x], part.width * 4);
	}
	CHECK_SAY(memcmp(before, stepped, sizeof before) == 0, "kind %d, frames %u to %u", (int)scene->kind,
		from, to);
}

static void check_marker(const struct scene *scene, uint32_t frame) {
	struct scene read;
	uint32_t read_frame;
	CHECK(scene_read_marker(stepped, STRIDE, WIDTH, HEIGHT, &read, &read_frame));
	CHECK(read_frame == frame && read.seed == scene->seed && read.kind == scene->kind &&
		read.depth == scene->depth);
	uint32_t kept = stepped[2 * STRIDE + 4 * 40 + 2];
	stepped[2 * STRIDE + 4 * 40 + 2] = ~kept;
	CHECK(!scene_read_marker(stepped, STRIDE, WIDTH, HEIGHT, &read, &read_frame));
	stepped[2 * STRIDE + 4 * 40 + 2] = kept;
}

static void check_scene(enum scene_kind kind, enum scene_depth depth) {
	static const uint32_t frames[] = {0, 1, 2, 3, 4, 10, 100, 99, 1000000, 1000001};
	struct scene scene = {.width = WIDTH, .height = HEIGHT, .seed = 4711, .kind = kind, .depth = depth};
	uint32_t drawn = SCENE_NOTHING;
	for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
		memcpy(before, stepped, sizeof before);
		scene_draw(&scene, drawn, frames[i], stepped, STRIDE);
		check_changes(&scene, drawn, frames[i]);
		scene_draw(&scene, SCENE_NOTHING, frames[i], at_once, STRIDE);
		CHECK_SAY(memcmp(stepped, at_once, sizeof stepped) == 0, "kind %d, frame %u", (int)kind,
			frames[i]);
		check_marker(&scene, frames[i]);
		drawn = frames[i];
	}
}

int main(void) {
	for (int kind = SCENE_DESKTOP; kind <= SCENE_SUBTLE; kind++) {
		check_scene((enum scene_kind)kind, SCENE_888);
		check_scene((enum scene_kind)kind, SCENE_565);
	}
	return 0;
}
