/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expected: the picture that the reference compositor makes of a frame, and what another differs from it. */
#ifndef ZEROVNC_EXPECTED_H
#define ZEROVNC_EXPECTED_H

#include "capture/frame.h"
#include "tests/encode/reference.h"

struct expected {
	uint32_t width, height;
	struct reference_pixel *pixels; // owned
};

/* Composes a frame, whose layers need memory. */
void expected_set(struct expected *expected, const struct frame *frame);
void expected_finish(struct expected *expected);

/* A picture of the same size, and where it need not be like the expected one. */
struct expected_picture {
	const uint32_t *pixels; /* 0x00RRGGBB, of which the highest byte may be anything */
	uint32_t stride;        /* bytes */
	const struct rect *left_out;
	int left_out_count;
	double yuv_tolerance; /* how much it may differ where something is converted from YUV */
};

struct expected_result {
	uint64_t exact, near; /* pixels that had to be the very colour, and that could differ by 1 */
	uint64_t wrong, left_out;
	double farthest;          /* of those that could differ */
	uint32_t x, y, got, want; /* the first that is wrong */
};

struct expected_result expected_compare(
	const struct expected *expected, const struct expected_picture *picture);

#endif
