/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the CPU path refuses, with which error and in which words, and which bytes it reads of the rest. */
#include "encode/cpu/layer.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <errno.h>
#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

/* 640x480 of a framebuffer of 700x500, shown whole. */
static struct frame some_frame(void) {
	struct frame frame;
	frame_init(&frame);
	frame.width = 640;
	frame.height = 480;
	struct frame_layer *layer = frame_add_layer(&frame);
	layer->width = 700;
	layer->height = 500;
	layer->fourcc = DRM_FORMAT_XRGB8888;
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->plane_count = 1;
	layer->planes[0].pitch = 2816;
	layer->planes[0].offset = 4096;
	layer->source = (struct rect_fixed){10 << 16, 20 << 16, 640 << 16, 480 << 16};
	layer->destination = (struct rect){0, 0, 640, 480};
	return frame;
}

static int set(struct layer *layer, const struct frame *frame, struct reason *reason) {
	return layer_set(layer, &frame->layers[0], true, frame->width, frame->height, reason);
}

static void takes_what_is_plain(void) {
	struct frame frame = some_frame();
	struct layer layer = {0};
	struct reason reason = {""};
	CHECK(set(&layer, &frame, &reason) == 0 && layer.effect == LAYER_COVERS);
	CHECK(placement_is_plain(&layer.placement) && layer.shape == KERNEL_XRGB8888);
	CHECK(layer.planes[0].pitch == 2816 && layer.planes[0].begin == 4096 + 20 * 2816);
	CHECK(layer.planes[0].end == 4096 + (20 + 479) * 2816 + (10 + 640) * 4);
	CHECK(layer_plane_bytes(&layer, 0) == 640 * 480 * 4);
	layer_finish(&layer);
}

/* Colours of a palette, forwards, backwards, and in floats. */
static void looks_colours_up(void) {
	static struct frame_palette palette = {1, {[0] = 0x010203, [7] = 0xfe8123, [255] = 0xffffff}};
	static const uint8_t numbers[] = {7, 0, 255, 7};
	const uint8_t *const buffers[LAYER_PLANES] = {numbers};
	struct frame frame = some_frame();
	struct frame_layer *of = &frame.layers[0];
	struct layer layer = {0};
	struct span span = {0};
	struct reason reason = {""};
	uint32_t line[4];
	of->fourcc = DRM_FORMAT_C8;
	of->width = of->planes[0].pitch = 4;
	of->height = 1;
	of->planes[0].offset = 0;
	of->source = (struct rect_fixed){0, 0, 4 << 16, 1 << 16};
	of->destination = (struct rect){0, 0, 4, 1};
	CHECK(set(&layer, &frame, &reason) == -ENOTSUP && strstr(reason.text, "palette"));
	of->palette = &palette;
	CHECK(set(&layer, &frame, &reason) == 0 && layer.effect == LAYER_COVERS && layer_is_exact(&layer));
	CHECK(layer_begin(&layer, buffers, false) == 0);
	layer_colours(&layer, kernel_at(0), 0, 0, 4, line);
	CHECK(line[0] == 0xfe8123 && line[1] == 0x010203 && line[2] == 0xffffff && line[3] == 0xfe8123);
	of->rotation = DRM_MODE_ROTATE_180;
	CHECK(set(&layer, &frame, &reason) == 0 && layer_begin(&layer, buffers, false) == 0);
	layer_colours(&layer, kernel_at(0), 1, 0, 2, line);
	CHECK(line[1] == 0xffffff && line[2] == 0x010203);
	CHECK(span_reserve(&span, 4) == 0);
	layer_levels(&layer, 0, 0, 4, &span);
	CHECK(span.levels[SPAN_RED][0] == 254 && span.levels[SPAN_GREEN][3] == 129 &&
		span.levels[SPAN_BLUE][2] == 3 && span.levels[SPAN_ALPHA][1] == 255);
	span_finish(&span);
	layer_finish(&layer);
}

static void clips_to_the_screen(void) {
	static const struct {
		struct rect destination, shown;
		uint32_t left, top;
	} cases[] = {
		{{-100, -50, 640, 480}, {0, 0, 540, 430}, 100, 50},
		{{100, 50, 640, 480}, {100, 50, 540, 430}, 0, 0},
		{{-639, 479, 640, 480}, {0, 479, 1, 1}, 639, 0},
		{{640, 0, 640, 480}, {0}, 0, 0},
		{{0, -480, 640, 480}, {0}, 0, 0},
		{{INT32_MAX, INT32_MIN, 640, 480}, {0}, 0, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct frame frame = some_frame();
		struct layer layer = {0};
		const struct placement *placement = &layer.placement;
		frame.layers[0].destination = cases[i].destination;
		CHECK(set(&layer, &frame, NULL) == 0);
		CHECK_SAY(memcmp(&placement->shown, &cases[i].shown, sizeof placement->shown) == 0,
			"case %zu", i);
		CHECK((layer.effect == LAYER_HIDDEN) == !cases[i].shown.width);
		if (cases[i].shown.width)
			CHECK_SAY(placement->left == cases[i].left && placement->top == cases[i].top,
				"case %zu", i);
		layer_finish(&layer);
	}
}

/* Where the pixel of the mode's corner comes from, and where the next ones to its right and below it. */
static void turns_as_the_kernel_does(void) {
	static const struct {
		uint32_t rotation;
		int32_t first[2], steps[4];
	} cases[] = {
		{DRM_MODE_ROTATE_0, {10, 20}, {1, 0, 0, 1}},
		{DRM_MODE_ROTATE_90, {10 + 39, 20}, {0, 1, -1, 0}},
		{DRM_MODE_ROTATE_180, {10 + 39, 20 + 29}, {-1, 0, 0, -1}},
		{DRM_MODE_ROTATE_270, {10, 20 + 29}, {0, -1, 1, 0}},
		{DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_X, {10 + 39, 20}, {-1, 0, 0, 1}},
		{DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_Y, {10, 20 + 29}, {1, 0, 0, -1}},
		{DRM_MODE_ROTATE_90 | DRM_MODE_REFLECT_X, {10, 20}, {0, 1, 1, 0}},
		{DRM_MODE_ROTATE_90 | DRM_MODE_REFLECT_Y, {10 + 39, 20 + 29}, {0, -1, -1, 0}},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct frame frame = some_frame();
		struct frame_layer *layer = &frame.layers[0];
		struct placement placement;
		bool turned = cases[i].rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270);
		layer->source = (struct rect_fixed){10 << 16, 20 << 16, 40 << 16, 30 << 16};
		layer->destination = (struct rect){0, 0, turned ? 30 : 40, turned ? 40 : 30};
		layer->rotation = cases[i].rotation;
		CHECK(placement_init(&placement, layer, 640, 480, NULL) == 0 && !placement.scaled);
		CHECK_SAY(
			memcmp(placement.first, cases[i].first, sizeof placement.first) == 0, "case %zu", i);
		CHECK_SAY(
			memcmp(placement.steps, cases[i].steps, sizeof placement.steps) == 0, "case %zu", i);
	}
}

static void knows_what_covers_and_what_blends(void) {
	struct frame frame = some_frame();
	struct frame_layer *of = &frame.layers[0];
	struct layer layer = {0};
	of->fourcc = DRM_FORMAT_ARGB8888;
	of->blend = FRAME_BLEND_PREMULTIPLIED;
	CHECK(layer_set(&layer, of, true, 640, 480, NULL) == 0 && layer.effect == LAYER_COVERS);
	CHECK(layer_set(&layer, of, false, 640, 480, NULL) == 0 && layer.effect == LAYER_BLENDS);
	of->blend = FRAME_BLEND_COVERAGE;
	CHECK(layer_set(&layer, of, true, 640, 480, NULL) == 0 && layer.effect == LAYER_BLENDS);
	of->blend = FRAME_BLEND_NONE;
	CHECK(layer_set(&layer, of, false, 640, 480, NULL) == 0 && layer.effect == LAYER_COVERS);
	of->alpha = 0xfffe;
	CHECK(layer_set(&layer, of, false, 640, 480, NULL) == 0 && layer.effect == LAYER_BLENDS);
	of->alpha = 0;
	CHECK(layer_set(&layer, of, false, 640, 480, NULL) == 0 && layer.effect == LAYER_HIDDEN);
	layer_finish(&layer);
}

static void refuses(struct frame *frame, int error, const char *words) {
	struct layer layer = {0};
	struct reason reason = {""};
	int got = set(&layer, frame, &reason);
	CHECK_SAY(
		got == error && strstr(reason.text, words), "%d instead of %d: %s", got, error, reason.text);
	layer_finish(&layer);
}

static void refuses_what_the_cpu_cannot_do(void) {
	struct frame frame = some_frame();
	struct frame_layer *layer = &frame.layers[0];
	layer->modifier = I915_FORMAT_MOD_X_TILED;
	refuses(&frame, -ENOTSUP, "INTEL_X_TILED");
	layer->modifier = DRM_FORMAT_MOD_INVALID;
	refuses(&frame, -ENOTSUP, "does not tell");
	layer->implicit_linear = true;
	struct layer known = {0};
	CHECK(set(&known, &frame, NULL) == 0);
	layer_finish(&known);
	frame = some_frame();
	layer->fourcc = DRM_FORMAT_R8;
	refuses(&frame, -ENOTSUP, "unknown format 'R8  '");
}

static void refuses_numbers_that_contradict_each_other(void) {
	struct frame frame = some_frame();
	struct frame_layer *layer = &frame.layers[0];
	layer->planes[0].pitch = 2799;
	refuses(&frame, -EINVAL, "2799 bytes apart");
	frame = some_frame();
	layer->source.x = 61 << 16;
	refuses(&frame, -EINVAL, "of a framebuffer of 700x500");
	frame = some_frame();
	layer->source.y = 21 << 16;
	refuses(&frame, -EINVAL, "640x480 pixels at 10,21");
	frame = some_frame();
	layer->plane_count = 0;
	refuses(&frame, -EINVAL, "0 memory planes");
	layer->plane_count = 2;
	refuses(&frame, -EINVAL, "2 memory planes");

	/* Numbers near the end of 32 bits must not wrap around into a small view. */
	frame = some_frame();
	layer->planes[0].offset = UINT32_MAX;
	layer->planes[0].pitch = UINT32_MAX;
	struct layer far = {0};
	CHECK(set(&far, &frame, NULL) == 0 && far.planes[0].end > UINT64_C(1) << 40);
	layer_finish(&far);
	frame = some_frame();
	layer->width = UINT32_MAX;
	refuses(&frame, -EINVAL, "cannot hold 4294967295 pixels");
}

int main(void) {
	takes_what_is_plain();
	looks_colours_up();
	clips_to_the_screen();
	turns_as_the_kernel_does();
	knows_what_covers_and_what_blends();
	refuses_what_the_cpu_cannot_do();
	refuses_numbers_that_contradict_each_other();
	return 0;
}
