/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * colour: a frame's correction (capture/correction.h) in tables, by which both paths apply it to the composed
 * picture, after that was rounded to 8 bits per channel. Both come to the same bytes. A frame whose signal is
 * not sRGB goes through other tables, before it is rounded (encode/tone_table.h).
 *
 * Without a matrix, each level has its exact result, rounded to the nearest. With a matrix, a level's part in
 * each channel is rounded to 1/65535, and the sum of three parts is looked up in a table of the second curve
 * at so many places. If that curve has no more than 4096 entries, the result is within 1 of 255 of the exact
 * one. Parts are clamped to 64 times white.
 *
 * Deeper formats go through 8 bits, too: what a correction spreads apart has 256 levels before it.
 */
#ifndef ZEROVNC_COLOUR_H
#define ZEROVNC_COLOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"
#include "encode/tone_table.h"

enum colour_kind {
	COLOUR_NONE,
	COLOUR_CURVES,      /* each channel by itself */
	COLOUR_MATRIX,      /* channels are mixed */
	COLOUR_TONE,        /* the signal is not sRGB */
	COLOUR_TONE_MATRIX, /* likewise, and the correction has a matrix */
};

/* The tables as an image of COLOUR_WIDTH texels a row, red, green, blue and one unused byte each. */
enum {
	COLOUR_WIDTH = 256,
	COLOUR_CURVES_ROWS = 1, /* COLOUR_CURVES: for each level of a channel, what it becomes */
	/*
	 * COLOUR_MATRIX: the curve after the matrix at 65536 places, and then, for each channel and each
	 * channel that it has a part in, a row of those parts by level: COLOUR_ZERO more than they are, with
	 * the highest byte in red.
	 */
	COLOUR_PARTS_ROW = 256,
	COLOUR_MATRIX_ROWS = COLOUR_PARTS_ROW + 9,
	COLOUR_ZERO = 1 << 23,
};

struct colour {
	enum colour_kind kind;
	uint64_t serial; /* of the correction that the tables are of; 0: of none */
	enum colour_kind made;
	uint8_t *texels;          /* owned */
	int32_t (*parts)[256][3]; /* owned; of red, green and blue, for COLOUR_MATRIX */
	struct tone_table tone;   /* for COLOUR_TONE and COLOUR_TONE_MATRIX */
};

/* Makes the tables for a frame unless they are there already. If nothing is to be done, they are kept. 0 or
 * -ENOMEM. Takes a zeroed one the first time. */
int colour_set(struct colour *colour, const struct frame *frame);

/* Whether colours are to be looked up before they are rounded, in `tone`. */
bool colour_is_toned(const struct colour *colour);

/* The image, how many rows it has, and a number that another content does not have. */
const uint8_t *colour_texels(const struct colour *colour);
uint32_t colour_rows(const struct colour *colour);
uint64_t colour_content(const struct colour *colour);

/* Corrects 0x00RRGGBB, unless the kind is COLOUR_NONE. Not if colour_is_toned(). */
void colour_apply(const struct colour *colour, uint32_t *pixels, size_t count);

/* Frees everything. Takes a zeroed one. */
void colour_finish(struct colour *colour);

#endif
