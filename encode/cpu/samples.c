/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/samples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "encode/cpu/pixel.h"

int samples_reserve(struct samples *samples, size_t pixels) {
	if (pixels <= samples->capacity)
		return 0;
	samples_finish(samples);
	samples->luma = malloc(pixels * sizeof *samples->luma);
	samples->blue = malloc(pixels * sizeof *samples->blue);
	samples->red = malloc(pixels * sizeof *samples->red);
	if (!samples->luma || !samples->blue || !samples->red) {
		samples_finish(samples);
		return -ENOMEM;
	}
	samples->capacity = pixels;
	return 0;
}

void samples_finish(struct samples *samples) {
	free(samples->luma);
	free(samples->blue);
	free(samples->red);
	memset(samples, 0, sizeof *samples);
}

/* One memory plane; two of 8 bits; two of more, whose unused bits are to be filled in. */
static const struct samples_layout packed = {2, 4, 1, 3, 0}, bytes = {1, 2, 0, 1, 0}, words = {2, 4, 0, 2, 0};

struct samples_layout samples_layout_of(const struct pixel_format *format) {
	if (format->planes == 1)
		return packed;
	if (format->bits == 8)
		return bytes;
	struct samples_layout layout = words;
	layout.unused_bits = 16u - format->bits;
	return layout;
}

static ALWAYS_INLINE uint16_t sample_at(const uint8_t *at, unsigned unused_bits) {
	return (uint16_t)(unused_bits ? (at[0] | at[1] << 8) >> unused_bits : at[0]);
}

void samples_read_one(struct samples *samples, const struct samples_layout *layout, const uint8_t *luma,
	const uint8_t *chroma, uint32_t x, uint32_t at) {
	const uint8_t *pair = chroma + (size_t)(x / 2) * layout->pair;
	samples->luma[at] = sample_at(luma + (size_t)x * layout->luma, layout->unused_bits);
	samples->blue[at] = sample_at(pair + layout->blue, layout->unused_bits);
	samples->red[at] = sample_at(pair + layout->red, layout->unused_bits);
}

/* Whole pairs of pixels. `layout` is a constant where this is called. */
static ALWAYS_INLINE void read_pairs(const struct samples_layout layout, unsigned unused_bits,
	const uint8_t *restrict from, const uint8_t *restrict pairs, uint16_t *restrict luma,
	uint16_t *restrict blue, uint16_t *restrict red, uint32_t count) {
	for (uint32_t i = 0; i < 2 * count; i++)
		luma[i] = sample_at(from + i * layout.luma, unused_bits);
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *pair = pairs + (size_t)i * layout.pair;
		blue[2 * i] = blue[2 * i + 1] = sample_at(pair + layout.blue, unused_bits);
		red[2 * i] = red[2 * i + 1] = sample_at(pair + layout.red, unused_bits);
	}
}

void samples_read(struct samples *samples, const struct pixel_format *format, const uint8_t *luma,
	const uint8_t *chroma, uint32_t x, uint32_t count) {
	struct samples_layout layout = samples_layout_of(format);
	uint32_t first = x % 2 && count, pairs = (count - first) / 2, last = (count - first) % 2;
	if (first)
		samples_read_one(samples, &layout, luma, chroma, x, 0);
	if (last)
		samples_read_one(samples, &layout, luma, chroma, x + count - 1, count - 1);
	uint16_t *to[] = {samples->luma + first, samples->blue + first, samples->red + first};
	luma += (size_t)(x + first) * layout.luma;
	chroma += (size_t)((x + first) / 2) * layout.pair;
	if (format->planes == 1)
		read_pairs(packed, 0, luma, chroma, to[0], to[1], to[2], pairs);
	else if (!layout.unused_bits)
		read_pairs(bytes, 0, luma, chroma, to[0], to[1], to[2], pairs);
	else
		read_pairs(words, layout.unused_bits, luma, chroma, to[0], to[1], to[2], pairs);
}
