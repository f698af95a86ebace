/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/vm/expected.h"

#include <stdlib.h>

void expected_set(struct expected *expected, const struct frame *frame) {
	static const struct reference_options options = {.filter = REFERENCE_NEAREST};
	expected_finish(expected);
	expected->width = frame->width;
	expected->height = frame->height;
	expected->pixels = calloc((size_t)frame->width * frame->height, sizeof *expected->pixels);
	if (!expected->pixels)
		abort();
	struct reference_pixel *pixel = expected->pixels;
	for (uint32_t y = 0; y < frame->height; y++)
		for (uint32_t x = 0; x < frame->width; x++)
			*pixel++ = reference_pixel(frame, x, y, &options);
}

void expected_finish(struct expected *expected) {
	free(expected->pixels);
	*expected = (struct expected){0};
}

static bool is_left_out(const struct expected_picture *picture, uint32_t x, uint32_t y) {
	bool found = false;
	for (int i = 0; i < picture->left_out_count; i++) {
		const struct rect *rect = &picture->left_out[i];
		int64_t column = (int64_t)x - rect->x, row = (int64_t)y - rect->y;
		found |= column >= 0 && row >= 0 && column < rect->width && row < rect->height;
	}
	return found;
}

static bool is_near(const struct expected_picture *picture, unsigned rounding, double distance) {
	return distance <= (rounding & REFERENCE_CONVERTED ? picture->yuv_tolerance : 1);
}

static void compare(struct expected_result *result, const struct expected_picture *picture,
	const struct reference_pixel *want, uint32_t x, uint32_t y) {
	uint32_t got = picture->pixels[(size_t)y * picture->stride / sizeof got + x] & 0xffffff;
	uint32_t rounded = reference_to_xrgb(want);
	double distance = reference_distance(want, got);
	bool fits = want->rounding ? is_near(picture, want->rounding, distance) : rounded == got;
	*(want->rounding ? &result->near : &result->exact) += 1;
	if (want->rounding && distance > result->farthest)
		result->farthest = distance;
	if (!fits && !result->wrong++) {
		result->x = x;
		result->y = y;
		result->got = got;
		result->want = rounded;
	}
}

struct expected_result expected_compare(
	const struct expected *expected, const struct expected_picture *picture) {
	struct expected_result result = {0};
	const struct reference_pixel *want = expected->pixels;
	for (uint32_t y = 0; y < expected->height; y++) {
		for (uint32_t x = 0; x < expected->width; x++, want++) {
			if (is_left_out(picture, x, y))
				result.left_out++;
			else
				compare(&result, picture, want, x, y);
		}
	}
	return result;
}
