/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/reference.h"

#include <drm_mode.h>

#include "encode/pixel_format.h"
#include "tests/encode/yuv.h"
#include "tests/test.h"

enum { RED, GREEN, BLUE, COLOURS, ALPHA = COLOURS, CHANNELS };

/* --- a pixel of a framebuffer --- */

struct sample {
	double channel[CHANNELS]; /* colours 0..255, alpha 0..1 */
	unsigned rounding;
};

/* 0..1, by the rule of pixel_format.h before it rounds. */
static double half_value(uint32_t half) {
	uint32_t exponent = half >> 10 & 31, fraction = half & 1023;
	if (half & 0x8000 || (exponent == 31 && fraction))
		return 0; /* negative, or not a number */
	if (exponent >= 15)
		return 1;
	return exponent ? (1024.0 + fraction) / (double)(UINT32_C(1) << (25 - exponent))
			: fraction / (double)(UINT32_C(1) << 24);
}

static double channel_value(const struct pixel_format *format, struct pixel_channel at, uint64_t pixel) {
	uint32_t largest = (UINT32_C(1) << at.bits) - 1, value = (uint32_t)(pixel >> at.shift) & largest;
	return format->model == PIXEL_HALF ? half_value(value) : (double)value / largest;
}

static struct sample rgb_at(
	const struct frame_layer *layer, const struct pixel_format *format, uint32_t x, uint32_t y) {
	const uint8_t *at = layer->memory + layer->planes[0].offset + (size_t)y * layer->planes[0].pitch +
			    (size_t)x * format->bytes_per_pixel;
	uint64_t pixel = 0;
	for (unsigned i = 0; i < format->bytes_per_pixel; i++)
		pixel |= (uint64_t)at[i] << 8 * i;
	return (struct sample){
		.channel = {
			[RED] = 255 * channel_value(format, format->red, pixel),
			[GREEN] = 255 * channel_value(format, format->green, pixel),
			[BLUE] = 255 * channel_value(format, format->blue, pixel),
			/* drm_blend.c, "fg.alpha": without an alpha component it is 1.0. */
			[ALPHA] = format->alpha.bits ? channel_value(format, format->alpha, pixel) : 1,
		}};
}

static struct sample palette_at(const struct frame_layer *layer, uint32_t x, uint32_t y) {
	uint32_t colour = layer->palette->colours[layer->memory[layer->planes[0].offset +
								(size_t)y * layer->planes[0].pitch + x]];
	return (struct sample){.channel = {[RED] = colour >> 16 & 255,
				       [GREEN] = colour >> 8 & 255,
				       [BLUE] = colour & 255,
				       [ALPHA] = 1}};
}

static struct sample yuv_at(const struct frame_layer *layer, uint32_t x, uint32_t y) {
	const uint8_t *planes[FRAME_MAX_PLANES] = {0};
	for (int i = 0; i < layer->plane_count; i++)
		planes[i] = layer->memory + layer->planes[i].offset;
	struct yuv_colour colour = yuv_colour(layer, planes, x, y);
	return (struct sample){{colour.red, colour.green, colour.blue, 1}, REFERENCE_CONVERTED};
}

static struct sample stored_at(const struct frame_layer *layer, uint32_t x, uint32_t y) {
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	CHECK(layer->memory && format && x < layer->width && y < layer->height);
	if (format->model == PIXEL_PALETTE)
		return palette_at(layer, x, y);
	return format->model == PIXEL_YUV ? yuv_at(layer, x, y) : rgb_at(layer, format, x, y);
}

/* --- where a pixel of the mode lies in the framebuffer --- */

/* part / whole, exactly. */
struct fraction {
	int64_t part, whole;
};

static struct fraction mirrored(struct fraction at) {
	return (struct fraction){at.whole - at.part, at.whole};
}

/* Of a rectangle's width and height. */
struct place {
	struct fraction x, y;
};

/* The middle of a pixel. */
static struct place place_in_destination(const struct rect *destination, uint32_t x, uint32_t y) {
	int64_t column = (int64_t)x - destination->x, row = (int64_t)y - destination->y;
	return (struct place){{2 * column + 1, 2 * (int64_t)destination->width},
		{2 * row + 1, 2 * (int64_t)destination->height}};
}

/*
 * drm_blend.c: the source is reflected, then rotated counter-clockwise. Here is the way back, in the other
 * order. By 90 degrees, what was at the top right comes to the top left: the way down the destination's left
 * edge was the way from right to left along the source's top.
 */
static struct place place_in_source(struct place at, uint32_t rotation) {
	switch (rotation & DRM_MODE_ROTATE_MASK) {
	case DRM_MODE_ROTATE_90:
		at = (struct place){mirrored(at.y), at.x};
		break;
	case DRM_MODE_ROTATE_180:
		at = (struct place){mirrored(at.x), mirrored(at.y)};
		break;
	case DRM_MODE_ROTATE_270:
		at = (struct place){at.y, mirrored(at.x)};
		break;
	}
	/* The pictures of "reflect-x" and "reflect-y": left and right change places, or top and bottom. */
	if (rotation & DRM_MODE_REFLECT_X)
		at.x = mirrored(at.x);
	if (rotation & DRM_MODE_REFLECT_Y)
		at.y = mirrored(at.y);
	return at;
}

/* One direction of a source rectangle, in 16.16. */
struct span {
	uint32_t start, length;
};

static struct rect_fixed source_of(const struct frame_layer *layer, const struct reference_options *options) {
	struct rect_fixed source = layer->source;
	const uint32_t whole = UINT32_C(0xffff0000);
	if (options->whole_source)
		source = (struct rect_fixed){
			source.x & whole, source.y & whole, source.width & whole, source.height & whole};
	return source;
}

/* In pixels of the framebuffer. */
static struct fraction position(struct span span, struct fraction at) {
	return (struct fraction){span.start * at.whole + at.part * span.length, at.whole * 65536};
}

/* --- sampling --- */

static bool is_between(struct fraction at) {
	int64_t beyond = at.part % at.whole, near = at.whole / 256;
	return beyond <= near || at.whole - beyond <= near;
}

static struct sample nearest_at(const struct frame_layer *layer, struct fraction x, struct fraction y) {
	struct sample sample = stored_at(layer, (uint32_t)(x.part / x.whole), (uint32_t)(y.part / y.whole));
	if (is_between(x) || is_between(y))
		sample.rounding |= REFERENCE_BETWEEN;
	return sample;
}

/* Two neighbours, and how much the second counts. */
struct pair {
	uint32_t index[2];
	double second;
};

static uint32_t within(struct span span, int64_t pixel) {
	int64_t first = span.start >> 16, last = (((int64_t)span.start + span.length + 0xffff) >> 16) - 1;
	return (uint32_t)(pixel < first ? first : pixel > last ? last : pixel);
}

static struct pair pair_at(struct span span, struct fraction at) {
	/* The middle of pixel 0 is at one half. One is added and taken off again, so that no division is of a
	 * negative number. */
	int64_t part = at.part - at.whole / 2 + at.whole, low = part / at.whole - 1;
	return (struct pair){
		{within(span, low), within(span, low + 1)}, (double)(part % at.whole) / (double)at.whole};
}

static struct sample mix(struct sample one, struct sample other, double share) {
	for (int i = 0; i < CHANNELS; i++)
		one.channel[i] = one.channel[i] * (1 - share) + other.channel[i] * share;
	return one;
}

static struct sample bilinear_at(const struct frame_layer *layer, struct pair x, struct pair y) {
	struct sample row[2];
	for (int i = 0; i < 2; i++)
		row[i] = mix(stored_at(layer, x.index[0], y.index[i]),
			stored_at(layer, x.index[1], y.index[i]), x.second);
	return mix(row[0], row[1], y.second);
}

/* Whether every pixel of the destination shows one pixel of the source. */
static bool is_one_to_one(const struct frame_layer *layer, const struct rect_fixed *source) {
	bool turned = layer->rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270);
	uint64_t width = turned ? layer->destination.height : layer->destination.width,
		 height = turned ? layer->destination.width : layer->destination.height;
	return source->width == width << 16 && source->height == height << 16 && !(source->x & 0xffff) &&
	       !(source->y & 0xffff);
}

static struct sample sample_at(
	const struct frame_layer *layer, const struct reference_options *options, uint32_t x, uint32_t y) {
	struct rect_fixed source = source_of(layer, options);
	struct place at = place_in_source(place_in_destination(&layer->destination, x, y), layer->rotation);
	struct span columns = {source.x, source.width}, rows = {source.y, source.height};
	struct fraction column = position(columns, at.x), row = position(rows, at.y);
	if (options->filter == REFERENCE_NEAREST || is_one_to_one(layer, &source))
		return nearest_at(layer, column, row);
	struct sample sample = bilinear_at(layer, pair_at(columns, column), pair_at(rows, row));
	sample.rounding |= REFERENCE_FILTERED;
	return sample;
}

/* --- blending --- */

static double clamped(double colour) {
	return colour < 0 ? 0 : colour > 255 ? 255 : colour;
}

/*
 * drm_blend.c, "pixel blend mode":
 *
 *	None:           plane_alpha * fg.rgb            + (1 - plane_alpha) * bg.rgb
 *	Pre-multiplied: plane_alpha * fg.rgb            + (1 - plane_alpha * fg.alpha) * bg.rgb
 *	Coverage:       plane_alpha * fg.alpha * fg.rgb + (1 - plane_alpha * fg.alpha) * bg.rgb
 */
static void blend(
	struct reference_pixel *below, const struct frame_layer *layer, const struct sample *above) {
	double plane = layer->alpha / 65535.0;
	double pixel = layer->blend == FRAME_BLEND_NONE ? 1 : above->channel[ALPHA];
	double share = layer->blend == FRAME_BLEND_COVERAGE ? plane * pixel : plane;
	double rest = 1 - plane * pixel;
	bool adds = false, shows = false;
	for (int i = 0; i < COLOURS; i++) {
		adds |= share * above->channel[i] != 0;
		shows |= rest * below->colour[i] != 0;
		below->colour[i] = clamped(share * above->channel[i] + rest * below->colour[i]);
	}
	/* Nothing is left to round if one of the two colours is taken whole, and the other not at all. */
	bool exact = !(adds && shows) && (!adds || share == 1) && (!shows || rest == 1);
	below->rounding =
		above->rounding | (rest != 0 ? below->rounding : 0) | (exact ? 0 : REFERENCE_BLENDED);
}

static bool is_seen_at(
	const struct frame_layer *layer, const struct reference_options *options, uint32_t x, uint32_t y) {
	const struct rect *destination = &layer->destination;
	struct rect_fixed source = source_of(layer, options);
	int64_t column = (int64_t)x - destination->x, row = (int64_t)y - destination->y;
	return column >= 0 && row >= 0 && column < destination->width && row < destination->height &&
	       source.width && source.height && layer->alpha;
}

struct reference_pixel reference_pixel(
	const struct frame *frame, uint32_t x, uint32_t y, const struct reference_options *options) {
	struct reference_pixel pixel = {0}; /* black, below all planes */
	for (int i = 0; i < frame->layer_count; i++) {
		const struct frame_layer *layer = &frame->layers[i];
		if (!is_seen_at(layer, options, x, y))
			continue;
		struct sample sample = sample_at(layer, options, x, y);
		blend(&pixel, layer, &sample);
	}
	return pixel;
}

uint32_t reference_to_xrgb(const struct reference_pixel *pixel) {
	return (uint32_t)(pixel->colour[RED] + 0.5) << 16 | (uint32_t)(pixel->colour[GREEN] + 0.5) << 8 |
	       (uint32_t)(pixel->colour[BLUE] + 0.5);
}

double reference_distance(const struct reference_pixel *pixel, uint32_t xrgb) {
	double farthest = 0;
	for (int i = 0; i < COLOURS; i++) {
		double distance = pixel->colour[i] - (xrgb >> (16 - 8 * i) & 255);
		distance = distance < 0 ? -distance : distance;
		farthest = distance > farthest ? distance : farthest;
	}
	return farthest;
}
