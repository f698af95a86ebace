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
#include "encode/tile_colours.h"

enum { SCAN_SIDE = 64 }; /* the widest tile */

/* Pixels of 32 bits, rows `stride` pixels apart. Borrowed. */
struct scan_area {
	const uint32_t *pixels;
	size_t stride;
	unsigned width, height; /* 1 to SCAN_SIDE */
	uint64_t repeats;       /* the rows that are equal to the one above, from the lowest bit on */
};

/* Steps from a pixel to one of another colour next to it in its row. Where an area has many rows, edges that
 * are at the same place in all of them are not counted: they are the border of something. */
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
	/* If there are not too many colours, the pixels of each row that differ from the one to their left,
	 * from the lowest bit on. The first one counts as different. */
	uint64_t changes[SCAN_SIDE];
};

/* Finds which rows of tiles side by side are equal to the ones above, in the order in which the pixels lie in
 * memory. `width` pixels, of which each SCAN_SIDE make a tile, `height` rows of at most SCAN_SIDE. Writes a
 * number for each tile, as in struct scan_area. */
void scan_repeats(const uint32_t *pixels, size_t stride, unsigned width, unsigned height, uint64_t *repeats);

/* `limit`: how many colours are of interest, at most PALETTE_MAX. */
void scan_area(struct scan *scan, const struct scan_area *area, unsigned limit);

/*
 * Finds the same as scan_area() of PALETTE_MAX colours, in the upper left part of a tile whose colours are
 * known, but neither runs nor steps. Writes which rows are equal to the one above, as scan_repeats() does,
 * and the index of each number in the scan's palette.
 */
void scan_colours(struct scan *scan, const struct tile_colours *colours, unsigned width, unsigned height,
	uint64_t *repeats, uint8_t indices[TILE_COLOURS_MAX]);
/* Finds the steps that scan_area() would, if not too many colours were found. */
void scan_steps(struct scan *scan, const struct scan_area *area);

/* What lies between slight steps and edges, and how much of it is far from any edge along its row: blurred
 * edges do, as of what is out of focus, and the edges of text do not. A sample. */
struct scan_blur {
	uint32_t steps; /* all that are not slight */
	uint32_t apart; /* those that are no edges, and have none within SCAN_NEAR pixels */
};
enum { SCAN_NEAR = 2 };
void scan_blur(const struct scan_area *area, struct scan_blur *blur);

/* Finds the changes of all rows, of however many colours. */
void scan_changes(const struct scan_area *area, uint64_t *changes);

/*
 * Writes the index of each pixel of a row, all of whose colours the palette has. `changes` are the row's, as
 * in struct scan, and `width` is at most SCAN_SIDE. Up to SCAN_SPILL bytes behind the row are written, too.
 */
void scan_indices(
	const struct palette *palette, const uint32_t *row, uint64_t changes, unsigned width, uint8_t *to);
enum { SCAN_SPILL = 16 };
/* The same of a row of numbers, whose indices are given. `numbers` NULL: all are 0. */
void scan_numbers(
	const uint8_t *indices, const uint8_t *numbers, uint64_t changes, unsigned width, uint8_t *to);

/* --- one for each instruction set --- */

/* What is seen along rows. */
struct scan_rows {
	uint64_t changes[SCAN_SIDE]; /* see struct scan */
	uint8_t runs[SCAN_SIDE];     /* how many changes these are */
	struct scan_steps steps;     /* all of them */
	uint64_t border;             /* where all rows of several colours have an edge, as bits */
};

/* Looks at the rows of an area that have a bit, from the lowest one on. Adds their steps, and takes from the
 * border what is none. */
typedef void scan_rows_function(const struct scan_area *area, uint64_t rows, struct scan_rows *seen);

/* Those that this machine can run, the best one first and the one in plain C last. NULL past the end. */
scan_rows_function *scan_rows_at(size_t index);

scan_rows_function scan_rows_c;
/* One row, which is at `row`. */
void scan_row_c(
	const uint32_t *row, unsigned width, uint64_t *changes, uint64_t *edges, struct scan_steps *steps);
#if defined(__x86_64__)
scan_rows_function scan_rows_sse2, scan_rows_avx2;
#elif defined(__aarch64__)
scan_rows_function scan_rows_neon;
#endif

#endif
