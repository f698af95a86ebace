/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/vm/content.h"

#include "encode/pixel_format.h"

enum { AREA = 24, FEW = 3 };

static uint64_t channel(
	struct random *random, const struct pixel_format *format, struct pixel_channel at, double largest) {
	/* Half floats grow with their bits; 0x3c00 is 1.0. */
	double all = format->model == PIXEL_HALF ? 0x3c00 : (double)((UINT64_C(1) << at.bits) - 1);
	return (uint64_t)random_below(random, (uint32_t)(all * largest) + 1) << at.shift;
}

/* Opaque, transparent or in between. */
static uint64_t some_pixel(struct random *random, const struct pixel_format *format, enum frame_blend blend) {
	uint64_t pixel = random_next(random); /* what is padding stays so */
	if (!format->alpha.bits)
		return pixel;
	uint32_t all = format->model == PIXEL_HALF ? 0x3c00 : (UINT32_C(1) << format->alpha.bits) - 1;
	const uint32_t ends[] = {0, all};
	uint32_t alpha =
		random_below(random, 2) ? random_below(random, all + 1) : ends[random_below(random, 2)];
	double largest = blend == FRAME_BLEND_PREMULTIPLIED ? (double)alpha / all : 1;
	return (uint64_t)alpha << format->alpha.shift | channel(random, format, format->red, largest) |
	       channel(random, format, format->green, largest) |
	       channel(random, format, format->blue, largest);
}

static void put(uint8_t *at, uint64_t pixel, unsigned bytes) {
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(pixel >> 8 * i);
}

static void fill_area(struct random *random, const struct frame_layer *layer,
	const struct pixel_format *format, uint8_t *memory, uint32_t left, uint32_t top) {
	uint64_t few[FEW];
	uint32_t colours = 1 + random_below(random, FEW + 1);
	for (int i = 0; i < FEW; i++)
		few[i] = some_pixel(random, format, layer->blend);
	for (uint32_t y = top; y < top + AREA && y < layer->height; y++) {
		uint8_t *row = memory + layer->planes[0].offset + (size_t)y * layer->planes[0].pitch;
		for (uint32_t x = left; x < left + AREA && x < layer->width; x++)
			put(row + (size_t)x * format->bytes_per_pixel,
				colours > FEW ? some_pixel(random, format, layer->blend)
					      : few[random_below(random, colours)],
				format->bytes_per_pixel);
	}
}

/* Any samples are a colour: runs of a byte, which are areas of one luma or chroma. */
static void fill_samples(struct random *random, const struct frame_layer *layer,
	const struct pixel_format *format, uint8_t *memory) {
	for (int i = 0; i < layer->plane_count; i++) {
		uint8_t *at = memory + layer->planes[i].offset;
		size_t size = (size_t)pixel_format_rows(format, i, layer->height) * layer->planes[i].pitch;
		for (size_t n = 0; n < size;) {
			uint8_t byte = (uint8_t)random_next(random);
			for (uint32_t run = 1 + random_below(random, 60); run && n < size; run--)
				at[n++] = byte;
		}
	}
}

void content_fill(struct random *random, const struct frame_layer *layer, uint8_t *memory) {
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	if (format->model == PIXEL_YUV) {
		fill_samples(random, layer, format, memory);
		return;
	}
	for (uint32_t y = 0; y < layer->height; y += AREA)
		for (uint32_t x = 0; x < layer->width; x += AREA)
			fill_area(random, layer, format, memory, x, y);
}
