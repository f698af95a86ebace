/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cursor: the hardware cursor at one moment, as a value. It is a small picture that the display hardware lays
 * over the scanout, so it is not part of the frames.
 */
#ifndef ZEROVNC_CURSOR_H
#define ZEROVNC_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

enum { CURSOR_MAX_SIDE = 256 }; /* in pixels; no driver has larger cursors */

struct cursor {
	bool visible;
	bool placed;  /* x and y are known; drivers without atomic modesetting do not report them */
	int32_t x, y; /* the image's upper left corner on the CRTC; it may lie outside */
	/* Identifies the image: an image has the same number whenever it comes back. 0: there is no image, or
	 * it cannot be read. */
	uint64_t shape;
	bool has_hotspot; /* the driver reports a hotspot; otherwise see server/cursor/hotspot.c */
	int32_t hotspot_x, hotspot_y;
	uint32_t width, height;                             /* of the image; 0 if there is no shape */
	uint32_t pixels[CURSOR_MAX_SIDE * CURSOR_MAX_SIDE]; /* rows of `width`, ARGB8888, premultiplied */
};

/* Copies everything, but the pixels only if the shape differs. */
void cursor_copy(struct cursor *to, const struct cursor *from);

/* Whether anything differs. The shape stands for the pixels, which are not compared. */
bool cursor_differs(const struct cursor *one, const struct cursor *other);

/* Whether the position differs and nothing else. */
bool cursor_differs_in_place_only(const struct cursor *one, const struct cursor *other);

#endif
