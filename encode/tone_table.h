/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tone_table: what becomes of a frame's signal (capture/tone.h), after its correction, in tables, by which
 * both paths make 8 bits per channel of the composed colours, before anything was rounded. The result is
 * within 1 of 255 of the exact one.
 *
 * A channel is looked up in its curve, luminance in the scales, and the viewer's light in the numbers, each
 * at the nearest place. Numbers of 10 bits, which most HDR framebuffers have, have places of their own. If
 * the correction has a matrix, that and a curve for each channel in front of it come first.
 */
#ifndef ZEROVNC_TONE_TABLE_H
#define ZEROVNC_TONE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"

/* The tables as an image of 256 texels a row: red, green, blue and one unused byte each. */
enum {
	TONE_TABLE_NUMBERS = 4096, /* of 8 bits, in all three colours: by the square root of light */
	/* The others have 24 bits, the highest byte in red. All ones stand for 1. Curves are of red, then
	 * green, then blue. */
	TONE_TABLE_SCALES_ROW = TONE_TABLE_NUMBERS / 256,
	TONE_TABLE_SCALES = 4096, /* by the fourth root of luminance, in parts of TONE_TABLE_LARGEST */
	TONE_TABLE_LARGEST = 64,
	TONE_TABLE_CURVES_ROW = TONE_TABLE_SCALES_ROW + TONE_TABLE_SCALES / 256,
	TONE_TABLE_CURVE = 65536,
	TONE_TABLE_CURVE_LAST = 64 * 1023, /* the place of 1; those after it are not used */
};

struct tone_table {
	uint64_t content; /* another number for other tables; 0: none */
	uint64_t correction;
	struct frame_signal signal;
	/* 1: all channels have the same; 3: each has its own; 6: and one in front of the correction's matrix,
	 * which come last. */
	int curve_count;
	uint8_t *texels;                 /* owned */
	float *curves;                   /* owned; the same as the texels, for the CPU */
	float scales[TONE_TABLE_SCALES]; /* not in parts */
	/* What makes red, green, blue, and luminance before the scale; and where each channel's curve begins.
	 * If there are 6: the correction's matrix, and where those in front of it begin. */
	float rows[9][3];
};

/* How many rows the image has. */
uint32_t tone_table_rows(const struct tone_table *table);

/* Makes the tables unless they are there already. `correction` may be NULL. 0 or -ENOMEM. Takes a zeroed one
 * the first time. */
int tone_table_set(
	struct tone_table *table, const struct frame_colour *correction, const struct frame_signal *signal);

/* Makes pixels 0x00RRGGBB of levels from 0 to 255. */
void tone_table_apply(const struct tone_table *table, const float *red, const float *green, const float *blue,
	uint32_t *pixels, size_t count);

/* Frees everything. Takes a zeroed one. */
void tone_table_finish(struct tone_table *table);

#endif
