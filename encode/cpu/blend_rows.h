/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blend_rows: the loops of blend.h. Each kernel compiles them for its own instruction set, in which compilers
 * find the vectors.
 */
#include <drm_fourcc.h>

#include "capture/frame.h"
#include "encode/cpu/pixel.h"
#include "encode/pixel_format.h"

/* Two levels at once, 16 bits apart. */
enum { PAIR = 0xff00ff, HALVES = 0x800080 };

/* Both numbers, of 65,025 at most, divided by 255 and rounded to the nearest. */
static inline uint32_t divided(uint32_t pair) {
	uint32_t sum = pair + HALVES;
	return (sum + (sum >> 8 & PAIR)) >> 8 & PAIR;
}

/* Both sums, of 510 at most, but not above 255. */
static inline uint32_t clamped(uint32_t pair) {
	uint32_t over = pair >> 8 & 0x10001;
	return (pair | over * 255) & PAIR;
}

static inline uint32_t exchanged(uint32_t pair) {
	return pair >> 16 | (pair & 0xff) << 16;
}

/* `swapped`: red and blue are stored the other way round. */
static inline void blend(
	bool swapped, bool coverage, const uint8_t *source, uint32_t *restrict pixels, size_t count) {
	for (size_t i = 0; i < count; i++) {
		uint32_t upper = pixel_load(source + 4 * i), alpha = upper >> 24, rest = 255 - alpha;
		uint32_t outer = swapped ? exchanged(upper & PAIR) : upper & PAIR, green = upper >> 8 & 0xff;
		uint32_t lower = pixels[i] & PAIR, lower_green = pixels[i] >> 8 & 0xff;
		if (coverage)
			pixels[i] = divided(outer * alpha + lower * rest) |
				    divided(green * alpha + lower_green * rest) << 8;
		else
			pixels[i] = clamped(outer + divided(lower * rest)) |
				    clamped(green + divided(lower_green * rest)) << 8;
	}
}

static void blend_row(const struct pixel_format *format, enum frame_blend how, const uint8_t *source,
	uint32_t *pixels, size_t count) {
	bool swapped = format->fourcc == DRM_FORMAT_ABGR8888;
	if (how == FRAME_BLEND_COVERAGE)
		swapped ? blend(true, true, source, pixels, count)
			: blend(false, true, source, pixels, count);
	else
		swapped ? blend(true, false, source, pixels, count)
			: blend(false, false, source, pixels, count);
}
