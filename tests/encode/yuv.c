/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/yuv.h"

#include <drm_fourcc.h>

/* Of the largest value of its bits each. */
struct sample {
	double luma, blue, red;
	double largest; /* 255 or 1023 */
};

static double ten_bits(const uint8_t *at) {
	return (at[0] | at[1] << 8) >> 6;
}

static struct sample sample_at(
	const struct frame_layer *layer, const uint8_t *const planes[], uint32_t x, uint32_t y) {
	const uint8_t *row = planes[0] + (size_t)y * layer->planes[0].pitch;
	const uint8_t *chroma = planes[1] + (size_t)(y / 2) * layer->planes[1].pitch;
	switch (layer->fourcc) {
	case DRM_FORMAT_NV12:
		return (struct sample){row[x], chroma[x / 2 * 2], chroma[x / 2 * 2 + 1], 255};
	case DRM_FORMAT_P010:
		return (struct sample){ten_bits(row + 2 * x), ten_bits(chroma + x / 2 * 4),
			ten_bits(chroma + x / 2 * 4 + 2), 1023};
	default: /* YUYV */
		return (struct sample){row[2 * x], row[x / 2 * 4 + 1], row[x / 2 * 4 + 3], 255};
	}
}

static double clamped(double channel) {
	return 255 * (channel <= 0 ? 0 : channel >= 1 ? 1 : channel);
}

struct yuv_colour yuv_colour(
	const struct frame_layer *layer, const uint8_t *const planes[], uint32_t x, uint32_t y) {
	/* The weights of red and blue in luma. */
	static const struct {
		double red, blue;
	} weights[] = {
		[FRAME_ENCODING_BT601] = {0.299, 0.114},
		[FRAME_ENCODING_BT709] = {0.2126, 0.0722},
		[FRAME_ENCODING_BT2020] = {0.2627, 0.0593},
	};
	double kr = weights[layer->encoding].red, kb = weights[layer->encoding].blue, kg = 1 - kr - kb;
	struct sample at = sample_at(layer, planes, x, y);
	double unit = (at.largest + 1) / 256; /* of the narrow range's numbers, which are given for 8 bits */
	bool full = layer->range == FRAME_RANGE_FULL;
	double luma = full ? at.luma / at.largest : (at.luma - 16 * unit) / (219 * unit);
	double scale = full ? at.largest : 224 * unit;
	double cb = (at.blue - 128 * unit) / scale, cr = (at.red - 128 * unit) / scale;
	double red = luma + 2 * (1 - kr) * cr, blue = luma + 2 * (1 - kb) * cb;
	double green = (luma - kr * red - kb * blue) / kg;
	return (struct yuv_colour){clamped(red), clamped(green), clamped(blue)};
}

uint32_t yuv_pixel(const struct frame_layer *layer, const uint8_t *const planes[], uint32_t x, uint32_t y) {
	struct yuv_colour colour = yuv_colour(layer, planes, x, y);
	return (uint32_t)(colour.red + 0.5) << 16 | (uint32_t)(colour.green + 0.5) << 8 |
	       (uint32_t)(colour.blue + 0.5);
}
