/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * span: a part of a row in floats, one array a channel, so that the loops over it fill vectors. A level is
 * from 0 to 255; between two planes that are blended it is not rounded.
 */
#ifndef ZEROVNC_CPU_SPAN_H
#define ZEROVNC_CPU_SPAN_H

#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"

enum span_channel { SPAN_RED, SPAN_GREEN, SPAN_BLUE, SPAN_ALPHA, SPAN_CHANNELS };

struct span {
	float *levels[SPAN_CHANNELS]; /* owned; alpha, too, is from 0 to 255 */
	size_t capacity;              /* pixels */
};

/* Makes room for this many pixels, whose levels are lost. Of a zeroed span, too. 0 or -ENOMEM. */
int span_reserve(struct span *span, size_t pixels);
void span_finish(struct span *span);

/* The span's pixels from `at` on. Borrowed. */
static inline struct span span_from(const struct span *span, size_t at) {
	struct span rest = {.capacity = span->capacity - at};
	for (int i = 0; i < SPAN_CHANNELS; i++)
		rest.levels[i] = span->levels[i] + at;
	return rest;
}

/* From pixels 0x00RRGGBB and back, rounded to the nearest and clamped. Alpha is left as it is. */
void span_from_pixels(const struct span *span, size_t at, const uint32_t *pixels, size_t count);
void span_to_pixels(const struct span *span, size_t at, uint32_t *pixels, size_t count);

/*
 * Lays `count` pixels from the beginning of `upper` over those of `lower` from `at` on, by the formulas of
 * KMS's "pixel blend mode" (drm_blend.c of the kernel). `alpha`: of the whole plane, 0xffff opaque.
 */
void span_blend(struct span *lower, size_t at, const struct span *upper, size_t count, enum frame_blend blend,
	uint16_t alpha);

/* to[i] = one[i] + share * (other[i] - one[i]), in every channel. */
void span_mix(struct span *to, const struct span *one, const struct span *other, float share, size_t count);

#endif
