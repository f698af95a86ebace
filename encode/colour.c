/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/colour.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "capture/correction.h"
#include "capture/tone.h"

static const double unit = 65535; /* what parts and places are counted in */

/* What becomes of a colour of which every channel has this value, as `count` texels from 0 to 1. */
static void fill_curve(const struct frame_colour *curve, uint32_t count, uint8_t *texels) {
	for (uint32_t i = 0; i < count; i++) {
		double value = (double)i / (count - 1), to[3];
		correction_apply(curve, (const double[3]){value, value, value}, to);
		for (int channel = 0; channel < 3; channel++)
			texels[i * 4 + (uint32_t)channel] = (uint8_t)(to[channel] * 255 + 0.5);
	}
}

/* The part of a level of one channel in another. */
static int32_t part_of(double level, double weight) {
	const double most = 1 << 22;
	return (int32_t)lrint(fmax(fmin(level * weight * unit, most), -most));
}

static void store_part(int32_t part, uint8_t *texel) {
	uint32_t value = (uint32_t)(part + COLOUR_ZERO);
	texel[0] = (uint8_t)(value >> 16);
	texel[1] = (uint8_t)(value >> 8);
	texel[2] = (uint8_t)value;
}

static void fill_parts(struct colour *colour, const struct frame_colour *from) {
	const struct frame_colour before = {.degamma = from->degamma};
	for (uint32_t level = 0; level < 256; level++) {
		double value = level / 255.0, linear[3];
		correction_apply(&before, (const double[3]){value, value, value}, linear);
		for (uint32_t i = 0; i < 3; i++) {
			for (uint32_t j = 0; j < 3; j++) {
				size_t row = COLOUR_PARTS_ROW + 3 * i + j;
				int32_t part = part_of(linear[i], from->matrix[3 * j + i]);
				colour->parts[i][level][j] = part;
				store_part(part, colour->texels + (row * COLOUR_WIDTH + level) * 4);
			}
		}
	}
}

static void drop_tables(struct colour *colour) {
	free(colour->texels);
	free(colour->parts);
	colour->texels = NULL;
	colour->parts = NULL;
	colour->made = COLOUR_NONE;
	colour->serial = 0;
}

static int make(struct colour *colour, const struct frame_colour *from) {
	enum colour_kind kind = from->has_matrix ? COLOUR_MATRIX : COLOUR_CURVES;
	size_t rows = kind == COLOUR_MATRIX ? COLOUR_MATRIX_ROWS : COLOUR_CURVES_ROWS;
	if (kind != colour->made) {
		drop_tables(colour);
		colour->texels = calloc(rows * COLOUR_WIDTH, 4);
		colour->parts = kind == COLOUR_MATRIX ? calloc(3, sizeof *colour->parts) : NULL;
		if (!colour->texels || (kind == COLOUR_MATRIX && !colour->parts)) {
			drop_tables(colour);
			return -ENOMEM;
		}
		colour->made = kind;
	}
	if (kind == COLOUR_MATRIX) {
		const struct frame_colour after = {.gamma = from->gamma};
		fill_curve(&after, 65536, colour->texels);
		fill_parts(colour, from);
	} else {
		fill_curve(from, 256, colour->texels);
	}
	colour->serial = from->serial;
	return 0;
}

int colour_set(struct colour *colour, const struct frame *frame) {
	const struct frame_colour *from = frame->colour;
	bool tone = tone_is_needed(&frame->signal);
	int error = 0;
	if (tone)
		error = tone_table_set(&colour->tone, from, &frame->signal);
	else if (from && from->serial != colour->serial)
		error = make(colour, from);
	colour->kind = error || (!tone && !from)  ? COLOUR_NONE
		       : !tone                    ? colour->made
		       : from && from->has_matrix ? COLOUR_TONE_MATRIX
						  : COLOUR_TONE;
	return error;
}

bool colour_is_toned(const struct colour *colour) {
	return colour->kind == COLOUR_TONE || colour->kind == COLOUR_TONE_MATRIX;
}

const uint8_t *colour_texels(const struct colour *colour) {
	return colour_is_toned(colour) ? colour->tone.texels : colour->texels;
}

uint64_t colour_content(const struct colour *colour) {
	return colour_is_toned(colour) ? colour->tone.content : colour->serial;
}

uint32_t colour_rows(const struct colour *colour) {
	if (colour_is_toned(colour))
		return tone_table_rows(&colour->tone);
	return colour->kind == COLOUR_MATRIX ? COLOUR_MATRIX_ROWS : COLOUR_CURVES_ROWS;
}

/* The texel at which a channel's level, or the sum of its parts, is looked up. */
static uint32_t place_of(const struct colour *colour, uint32_t pixel, int channel) {
	uint8_t red = (uint8_t)(pixel >> 16), green = (uint8_t)(pixel >> 8), blue = (uint8_t)pixel;
	if (colour->kind == COLOUR_CURVES)
		return channel == 0 ? red : channel == 1 ? green : blue;
	int32_t sum = colour->parts[0][red][channel] + colour->parts[1][green][channel] +
		      colour->parts[2][blue][channel];
	return sum < 0 ? 0 : sum > 65535 ? 65535 : (uint32_t)sum;
}

void colour_apply(const struct colour *colour, uint32_t *pixels, size_t count) {
	if (colour->kind == COLOUR_NONE)
		return;
	uint32_t before = 0, after = 0;
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || pixels[i] != before) { /* neighbours often are alike */
			before = pixels[i];
			after = 0;
			for (int channel = 0; channel < 3; channel++)
				after = after << 8 | colour->texels[place_of(colour, before, channel) * 4 +
								    (uint32_t)channel];
		}
		pixels[i] = after;
	}
}

void colour_finish(struct colour *colour) {
	drop_tables(colour);
	tone_table_finish(&colour->tone);
	memset(colour, 0, sizeof *colour);
}
