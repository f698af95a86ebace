/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/span.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int span_reserve(struct span *span, size_t pixels) {
	if (pixels <= span->capacity)
		return 0;
	span_finish(span);
	size_t capacity = (pixels + 15) / 16 * 16;
	for (int i = 0; i < SPAN_CHANNELS; i++) {
		span->levels[i] = aligned_alloc(64, capacity * sizeof(float));
		if (!span->levels[i]) {
			span_finish(span);
			return -ENOMEM;
		}
	}
	span->capacity = capacity;
	return 0;
}

void span_finish(struct span *span) {
	for (int i = 0; i < SPAN_CHANNELS; i++)
		free(span->levels[i]);
	memset(span, 0, sizeof *span);
}

static const int shifts[] = {[SPAN_RED] = 16, [SPAN_GREEN] = 8, [SPAN_BLUE] = 0};

void span_from_pixels(const struct span *span, size_t at, const uint32_t *pixels, size_t count) {
	for (int channel = 0; channel < SPAN_ALPHA; channel++) {
		float *restrict to = span->levels[channel] + at;
		int shift = shifts[channel];
		for (size_t i = 0; i < count; i++)
			to[i] = (float)(int32_t)(pixels[i] >> shift & 255);
	}
}

/* Levels are a few hundred at most, and never NaN. */
static inline uint32_t rounded(float level) {
	int32_t value = (int32_t)(level + 0.5f); /* clamped as integers, for which compilers have vectors */
	value = value < 255 ? value : 255;
	return (uint32_t)(value > 0 ? value : 0);
}

void span_to_pixels(const struct span *span, size_t at, uint32_t *restrict pixels, size_t count) {
	const float *restrict red = span->levels[SPAN_RED] + at;
	const float *restrict green = span->levels[SPAN_GREEN] + at;
	const float *restrict blue = span->levels[SPAN_BLUE] + at;
	for (size_t i = 0; i < count; i++)
		pixels[i] = rounded(red[i]) << 16 | rounded(green[i]) << 8 | rounded(blue[i]);
}

/* What lies below is kept by the share that the plane leaves: 1 - plane alpha, or 1 - plane alpha * alpha.
 * What is brighter than white, which colours that claim to be premultiplied may be, is white on the monitor
 * and for the next plane. */
static void blend_channel(float *restrict lower, const float *restrict upper, const float *restrict alpha,
	size_t count, enum frame_blend blend, float plane) {
	float unit = plane / 255; /* what one level of alpha covers */
	switch (blend) {
	case FRAME_BLEND_NONE:
		for (size_t i = 0; i < count; i++)
			lower[i] = plane * upper[i] + (1 - plane) * lower[i];
		break;
	case FRAME_BLEND_PREMULTIPLIED:
		for (size_t i = 0; i < count; i++) {
			float level = plane * upper[i] + (1 - unit * alpha[i]) * lower[i];
			lower[i] = level < 255 ? level : 255;
		}
		break;
	case FRAME_BLEND_COVERAGE:
		for (size_t i = 0; i < count; i++)
			lower[i] += unit * alpha[i] * (upper[i] - lower[i]);
		break;
	}
}

void span_blend(struct span *lower, size_t at, const struct span *upper, size_t count, enum frame_blend blend,
	uint16_t alpha) {
	float plane = (float)(alpha / 65535.0);
	for (int channel = 0; channel < SPAN_ALPHA; channel++)
		blend_channel(lower->levels[channel] + at, upper->levels[channel], upper->levels[SPAN_ALPHA],
			count, blend, plane);
}

void span_mix(struct span *to, const struct span *one, const struct span *other, float share, size_t count) {
	for (int channel = 0; channel < SPAN_CHANNELS; channel++) {
		float *restrict levels = to->levels[channel];
		const float *first = one->levels[channel], *second = other->levels[channel];
		for (size_t i = 0; i < count; i++)
			levels[i] = first[i] + share * (second[i] - first[i]);
	}
}
