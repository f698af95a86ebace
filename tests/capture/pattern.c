/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pattern promises: between any two frames no pixel differs outside the damage that it declares, and
 * it declares little more than what differs. */
#include "capture/pattern.h"

#include <errno.h>
#include <string.h>

#include "tests/test.h"

static uint32_t random_state = 12345;

static uint32_t next_random(void) {
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	return random_state ^= random_state << 5;
}

static bool inside(const struct rect *rects, size_t count, int32_t x, int32_t y) {
	for (size_t i = 0; i < count; i++)
		if (x >= rects[i].x && y >= rects[i].y && x < rects[i].x + (int32_t)rects[i].width &&
			y < rects[i].y + (int32_t)rects[i].height)
			return true;
	return false;
}

/* Counts the pixels that differ and those that are declared. Fails if a pixel differs that is not declared.
 */
static void compare(const struct canvas *a, const struct canvas *b, const struct rect *damage, size_t count,
	uint64_t *differing, uint64_t *declared) {
	for (uint32_t y = 0; y < a->height; y++) {
		for (uint32_t x = 0; x < a->width; x++) {
			bool differs = a->pixels[y * a->stride + x] != b->pixels[y * b->stride + x];
			bool covered = inside(damage, count, (int32_t)x, (int32_t)y);
			CHECK_SAY(!differs || covered, "pixel %u,%u of %ux%u", x, y, a->width, a->height);
			CHECK(a->pixels[y * a->stride + x] >> 24 == 0);
			*differing += differs;
			*declared += covered;
		}
	}
}

static void damage_is_exact(uint32_t width, uint32_t height, const char *kind) {
	unsigned parts;
	struct pattern *a, *b;
	CHECK(pattern_kind(kind, &parts));
	CHECK(pattern_create(width, height, parts, &a) == 0 && pattern_create(width, height, parts, &b) == 0);
	uint64_t differing = 0, declared = 0;
	for (int i = 0; i < 60; i++) {
		uint64_t from = next_random() % 5000,
			 to = i % 2 ? from + next_random() % 9 : next_random() % 5000;
		struct rect damage[PATTERN_MAX_DAMAGE];
		pattern_draw(a, from);
		pattern_draw(b, to);
		size_t count = pattern_damage(a, from, to, damage);
		CHECK(count <= PATTERN_MAX_DAMAGE);
		for (size_t j = 0; j < count; j++)
			CHECK(damage[j].x >= 0 && damage[j].y >= 0 && damage[j].width && damage[j].height &&
				(uint32_t)damage[j].x + damage[j].width <= width &&
				(uint32_t)damage[j].y + damage[j].height <= height);
		compare(pattern_canvas(a), pattern_canvas(b), damage, count, &differing, &declared);
	}
	if (strcmp(kind, "still") == 0)
		CHECK(declared == 0);
	else
		CHECK_SAY(differing * 4 >= declared && differing > 0,
			"%s %ux%u: %llu pixels differ, %llu were declared", kind, width, height,
			(unsigned long long)differing, (unsigned long long)declared);
	pattern_destroy(a);
	pattern_destroy(b);
}

/* A frame looks the same whatever was drawn before, and nothing is drawn outside the picture (asan). */
static void frame_alone_decides(uint32_t width, uint32_t height) {
	unsigned parts;
	struct pattern *wanderer;
	CHECK(pattern_kind("full", &parts) && pattern_create(width, height, parts, &wanderer) == 0);
	for (int i = 0; i < 20; i++) {
		uint64_t frame = next_random() % 100000, differing = 0, declared = 0;
		struct pattern *straight;
		CHECK(pattern_create(width, height, parts, &straight) == 0);
		pattern_draw(wanderer, next_random() % 100000);
		pattern_draw(wanderer, frame);
		pattern_draw(straight, frame);
		compare(pattern_canvas(wanderer), pattern_canvas(straight), NULL, 0, &differing, &declared);
		pattern_destroy(straight);
	}
	pattern_destroy(wanderer);
}

static void counter_is_legible(void) {
	static const uint32_t sizes[][2] = {{1280, 720}, {320, 200}, {3840, 2160}};
	for (size_t i = 0; i < 3; i++) {
		unsigned parts;
		struct pattern *pattern;
		uint32_t width = sizes[i][0], height = sizes[i][1];
		CHECK(pattern_kind("video", &parts) && pattern_create(width, height, parts, &pattern) == 0);
		const struct canvas *canvas = pattern_canvas(pattern);
		for (uint64_t frame = 0; frame < 0x200000000u; frame = frame * 3 + 1) {
			pattern_draw(pattern, frame);
			CHECK(pattern_read_counter(canvas->pixels, canvas->stride, width, height) ==
				(int64_t)(uint32_t)frame);
		}
		pattern_destroy(pattern);
	}
	static uint32_t grey[64 * 64];
	CHECK(pattern_read_counter(grey, 64, 64, 64) == -1);
}

static void source_goes_with_the_time(void) {
	struct source_options options = {.kind = SOURCE_PATTERN, .width = 320, .height = 200};
	struct source *source;
	struct reason reason;
	CHECK(pattern_source_open(&options, &source, &reason) == 0);
	uint64_t first, later;
	CHECK(source->impl->peek(source, &first) == 0);
	do
		CHECK(source->impl->peek(source, &later) == 0);
	while (later < first + 3);
	struct frame frame;
	frame_init(&frame);
	CHECK(source->impl->acquire(source, 0, &frame, &reason) == 0);
	CHECK(frame.width == 320 && frame.height == 200 && frame.layer_count == 1 && frame.token == 1);
	const struct frame_layer *layer = &frame.layers[0];
	int64_t shown = pattern_read_counter(
		(const uint32_t *)layer->memory, layer->planes[0].pitch / 4, frame.width, frame.height);
	CHECK(shown >= (int64_t)later);
	frame_finish(&frame);
	source_destroy(source);
}

static void source_holds_still(void) {
	struct source_options options = {
		.width = 320, .height = 200, .pattern = "full", .pattern_hold = true, .pattern_frame = 77};
	struct source *source;
	struct frame frame;
	uint64_t token;
	frame_init(&frame);
	CHECK(pattern_source_open(&options, &source, NULL) == 0);
	CHECK(source->impl->peek(source, &token) == 0 && token == 77);
	CHECK(source->impl->acquire(source, 0, &frame, NULL) == 0);
	CHECK(pattern_read_counter((const uint32_t *)frame.layers[0].memory,
		      frame.layers[0].planes[0].pitch / 4, 320, 200) == 77);
	frame_finish(&frame);
	source_destroy(source);
}

static void refuses_what_cannot_be(void) {
	struct reason reason;
	struct source *source;
	struct source_options bad_kind = {.pattern = "stil"}, bad_size = {.width = 1, .height = 40000};
	CHECK(pattern_source_open(&bad_kind, &source, &reason) == -EINVAL && strstr(reason.text, "moving"));
	CHECK(pattern_source_open(&bad_size, &source, &reason) == -EINVAL && strstr(reason.text, "32767"));
}

int main(void) {
	static const char *const kinds[] = {"still", "moving", "video", "full", "busy", "scroll"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		damage_is_exact(640, 400, kinds[i]);
	damage_is_exact(331, 217, "full");
	damage_is_exact(2560, 1440, "moving");
	static const uint32_t sizes[][2] = {{1, 1}, {7, 300}, {300, 7}, {64, 25}, {640, 400}, {143, 24}};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		frame_alone_decides(sizes[i][0], sizes[i][1]);
	counter_is_legible();
	source_goes_with_the_time();
	source_holds_still();
	refuses_what_cannot_be();
	return 0;
}
