/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/viewers/expectation.h"

#include <stdlib.h>

#include "capture/pattern.h"
#include "tests/vm/scene.h"

struct expectation {
	bool is_pattern;
	unsigned parts;
	struct pattern *pattern; /* owned; it has the size below */

	struct scene scene; /* the scene that is on the canvas */
	uint32_t drawn;     /* the frame on the canvas; SCENE_NOTHING: none */
	uint32_t *canvas;   // owned
	uint32_t width, height;
};

struct expectation *expectation_create(const char *pattern) {
	struct expectation *expectation = calloc(1, sizeof *expectation);
	if (!expectation)
		abort();
	expectation->is_pattern = pattern != NULL;
	expectation->drawn = SCENE_NOTHING;
	if (pattern && !pattern_kind(pattern, &expectation->parts)) {
		free(expectation);
		return NULL;
	}
	return expectation;
}

void expectation_destroy(struct expectation *expectation) {
	if (!expectation)
		return;
	pattern_destroy(expectation->pattern);
	free(expectation->canvas);
	free(expectation);
}

static void resize(struct expectation *expectation, uint32_t width, uint32_t height) {
	if (expectation->width == width && expectation->height == height)
		return;
	free(expectation->canvas);
	pattern_destroy(expectation->pattern);
	expectation->pattern = NULL;
	expectation->canvas = calloc((size_t)width * height, sizeof *expectation->canvas);
	if (!expectation->canvas ||
		(expectation->is_pattern &&
			pattern_create(width, height, expectation->parts, &expectation->pattern) != 0))
		abort();
	expectation->width = width;
	expectation->height = height;
	expectation->drawn = SCENE_NOTHING;
}

static void compare_row(const uint32_t *got, const uint32_t *want, uint32_t width, uint32_t y,
	struct expectation_result *result) {
	uint32_t differs = 0;
	for (uint32_t x = 0; x < width; x++)
		differs |= got[x] ^ want[x];
	for (uint32_t x = 0; x < width && differs & 0xffffff; x++) {
		if (((got[x] ^ want[x]) & 0xffffff) == 0)
			continue;
		if (result->wrong_pixels++ == 0) {
			result->x = x;
			result->y = y;
			result->got = got[x] & 0xffffff;
			result->want = want[x] & 0xffffff;
		}
	}
}

/* Draws the frame that the picture claims to be. NULL: it claims nothing. */
static const uint32_t *draw_claimed(
	struct expectation *expectation, const uint32_t *pixels, uint32_t *stride, uint32_t *frame) {
	uint32_t width = expectation->width, height = expectation->height;
	if (expectation->is_pattern) {
		int64_t counter = pattern_read_counter(pixels, width, width, height);
		if (counter < 0)
			return NULL;
		*frame = (uint32_t)counter;
		pattern_draw(expectation->pattern, *frame);
		*stride = pattern_canvas(expectation->pattern)->stride;
		return pattern_canvas(expectation->pattern)->pixels;
	}
	struct scene scene;
	if (!scene_read_marker(pixels, width, width, height, &scene, frame))
		return NULL;
	const struct scene *before = &expectation->scene;
	if (scene.seed != before->seed || scene.kind != before->kind || scene.depth != before->depth)
		expectation->drawn = SCENE_NOTHING;
	expectation->scene = scene;
	scene_draw(&scene, expectation->drawn, *frame, expectation->canvas, width);
	expectation->drawn = *frame;
	*stride = width;
	return expectation->canvas;
}

enum expectation_verdict expectation_compare(struct expectation *expectation, const uint32_t *pixels,
	uint32_t width, uint32_t height, struct expectation_result *result) {
	*result = (struct expectation_result){0};
	resize(expectation, width, height);
	uint32_t stride;
	const uint32_t *want = draw_claimed(expectation, pixels, &stride, &result->frame);
	if (!want)
		return EXPECTATION_UNKNOWN;
	result->seed = expectation->scene.seed;
	for (uint32_t y = 0; y < height; y++)
		compare_row(pixels + (size_t)y * width, want + (size_t)y * stride, width, y, result);
	return result->wrong_pixels ? EXPECTATION_WRONG : EXPECTATION_EXACT;
}
