/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cursor: the hardware cursor at one moment, as a value: a small picture that the display hardware lays over
 * the scanout, so that it is not in the frames.
 */
#ifndef ZEROVNC_CURSOR_H
#define ZEROVNC_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

enum { CURSOR_MAX_SIDE = 256 }; /* pixels; larger than any driver's */

struct cursor {
	bool visible;
	bool placed;  /* x and y are known: drivers that are not atomic do not tell */
	int32_t x, y; /* of the image's upper left corner on the CRTC; may lie outside */
	/* Of the image: the same number for the same image, whenever it comes back; 0: there is none, or it
	 * cannot be read. */
	uint64_t shape;
	bool has_hotspot; /* the driver tells; else it is for others to find out */
	int32_t hotspot_x, hotspot_y;
	uint32_t width, height;                             /* of the image; 0 without shape */
	uint32_t pixels[CURSOR_MAX_SIDE * CURSOR_MAX_SIDE]; /* rows of `width`, ARGB8888, premultiplied */
};

/* Copies everything; the pixels only where the shape differs. */
void cursor_copy(struct cursor *to, const struct cursor *from);

/* Whether anything differs but the pixels, which the shape stands for. */
bool cursor_differs(const struct cursor *one, const struct cursor *other);

/* Whether they are alike but for where they stand. */
bool cursor_differs_in_place_only(const struct cursor *one, const struct cursor *other);

#endif
