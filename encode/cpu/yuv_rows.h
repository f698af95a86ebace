/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * yuv_rows: pixels of YUV as 0x00RRGGBB. Each kernel compiles this for its own instruction set, in which
 * compilers find the vectors.
 */
#include <stdint.h>

#include "encode/cpu/pixel.h"
#include "encode/cpu/samples.h"

static ALWAYS_INLINE uint32_t yuv_level(const float *weights, float luma, float blue, float red) {
	float level = weights[0] * luma + weights[1] * blue + weights[2] * red + weights[3] + 0.5f;
	level = level > 0 ? level : 0;
	return (uint32_t)(int32_t)(level < 255 ? level : 255);
}

static void convert_yuv(const struct samples_weights *weights, const struct samples *samples,
	uint32_t *restrict pixels, uint32_t width) {
	const struct samples_weights by = *weights;
	const uint16_t *restrict lumas = samples->luma, *restrict blues = samples->blue,
				 *restrict reds = samples->red;
	for (uint32_t i = 0; i < width; i++) {
		float luma = lumas[i], blue = blues[i], red = reds[i];
		pixels[i] = yuv_level(by.rows[0], luma, blue, red) << 16 |
			    yuv_level(by.rows[1], luma, blue, red) << 8 |
			    yuv_level(by.rows[2], luma, blue, red);
	}
}
