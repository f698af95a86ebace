/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * samples: pixels of YUV with each channel in a row of its own, so that the loops over them fill vectors. The
 * frame thread uses it.
 */
#ifndef ZEROVNC_CPU_SAMPLES_H
#define ZEROVNC_CPU_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

#include "encode/pixel_format.h"

struct samples {
	uint16_t *luma, *blue, *red; /* the numbers that are stored, of each pixel; owned */
	size_t capacity;             /* pixels */
};

/* Makes room for this many pixels, whose samples are lost. Of zeroed ones, too. 0 or -ENOMEM. */
int samples_reserve(struct samples *samples, size_t pixels);
void samples_finish(struct samples *samples);

/* What the samples count for, as struct yuv_matrix has it, but in levels from 0 to 255. Levels are to be
 * summed up in the order of the columns, so that everybody finds the same ones. */
struct samples_weights {
	float rows[3][4];
};

/* Where the samples of a pixel are, from where its row or its pair's row begins. */
struct samples_layout {
	unsigned luma, pair;  /* bytes from pixel to pixel, and from pair to pair of pixels */
	unsigned blue, red;   /* of Cb and Cr in a pair */
	unsigned unused_bits; /* below the value, in two bytes; 8 bits have one byte */
};
struct samples_layout samples_layout_of(const struct pixel_format *format);

/* Reads `count` pixels that lie side by side, the first of which is number x of its row. There is room.
 * `luma`, `chroma`: where the rows begin; the same one if the format has one memory plane. */
void samples_read(struct samples *samples, const struct pixel_format *format, const uint8_t *luma,
	const uint8_t *chroma, uint32_t x, uint32_t count);

/* Reads one pixel, as number `at` of the samples. */
void samples_read_one(struct samples *samples, const struct samples_layout *layout, const uint8_t *luma,
	const uint8_t *chroma, uint32_t x, uint32_t at);

#endif
