/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan: what a look at a tile's pixels tells of how to encode it: its colours, how often the colour changes
 * along the rows, and how far: text has hard edges, and photographs have steps of all sizes. One pass. Pure.
 */
#ifndef ZEROVNC_SCAN_H
#define ZEROVNC_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/rfb/palette.h"

enum { SCAN_SIDE = 64 }; /* the widest tile */

/* Pixels of 32 bits, rows `stride` pixels apart. Borrowed. */
struct scan_area {
	const uint32_t *pixels;
	size_t stride;
	unsigned width, height; /* 1 to SCAN_SIDE */
	uint64_t repeats;       /* the rows that are equal to the one above, from the lowest bit on */
};

/* Steps from a pixel to one of another colour next to it in its row. */
struct scan_steps {
	uint32_t all;
	uint32_t slight; /* to a colour that is nearly the same: by SCAN_SLIGHT a channel at most */
	uint32_t edges;  /* by more than SCAN_EDGE in a channel */
};
enum { SCAN_SLIGHT = 2, SCAN_EDGE = 30 };

struct scan {
	bool many;              /* there are more colours than were asked for; the palette has some of them */
	struct palette palette; /* all of them, if there are not too many */
	uint32_t runs;          /* of one colour in one row; estimated if there are many colours */
	struct scan_steps steps; /* in the rows that are not equal to the one above; estimated as well */
};

/* Finds which rows of tiles side by side are equal to the ones above, in the order in which the pixels lie in
 * memory. `width` pixels, of which each SCAN_SIDE make a tile, `height` rows of at most SCAN_SIDE. Writes a
 * number for each tile, as in struct scan_area. */
void scan_repeats(const uint32_t *pixels, size_t stride, unsigned width, unsigned height, uint64_t *repeats);

/* `limit`: how many colours are of interest, at most PALETTE_MAX. */
void scan_area(struct scan *scan, const struct scan_area *area, unsigned limit);

/* What is seen along a row. */
struct scan_row {
	uint64_t changes; /* the pixels that differ from the one to their left, from the lowest bit on; the
			   * first one counts as different */
	struct scan_steps steps;
};

/* `width` is at most SCAN_SIDE. */
struct scan_row scan_row(const uint32_t *row, unsigned width);

/* Writes the index of each pixel of a row, all of whose colours the palette has. The row may be of any width.
 */
void scan_indices(const struct palette *palette, const uint32_t *row, unsigned width, uint8_t *to);

/* --- one for each instruction set --- */

typedef struct scan_row scan_row_function(const uint32_t *row, unsigned width);

/* Those that this machine can run, the best one first and the one in plain C last. NULL past the end. */
scan_row_function *scan_row_at(size_t index);

scan_row_function scan_row_c;
#if defined(__x86_64__)
scan_row_function scan_row_sse2, scan_row_avx2;
#elif defined(__aarch64__)
scan_row_function scan_row_neon;
#endif

#endif
