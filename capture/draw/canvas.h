/* SPDX-License-Identifier: GPL-2.0-or-later */
/* canvas: an XRGB8888 picture in memory (0x00RRGGBB, the X byte 0) and a few functions to draw on it. All
 * drawing is clipped. Text is UTF-8 in the built-in font. */
#ifndef ZEROVNC_CANVAS_H
#define ZEROVNC_CANVAS_H

#include <stdint.h>

#include "capture/base/rect.h"
#include "capture/frame.h"

struct canvas {
	uint32_t width, height;
	uint32_t stride;  /* in pixels */
	uint32_t *pixels; /* owned, 64-byte aligned */
	struct rect clip; /* drawing stays inside it; it always lies inside the canvas */
};

/* Makes a black canvas. 0, -EINVAL (a side is 0 or above 32767) or -ENOMEM. */
int canvas_init(struct canvas *canvas, uint32_t width, uint32_t height);
/* A zeroed or finished canvas may be finished. */
void canvas_finish(struct canvas *canvas);

/* rect_intersect(), as encode/rfb/banner.c calls it still. */
static inline struct rect canvas_intersect(struct rect a, struct rect b) {
	return rect_intersect(a, b);
}

/* Limits all drawing from now on to this part of the canvas. canvas_unclip() lifts the limit. */
void canvas_clip(struct canvas *canvas, struct rect rect);
void canvas_unclip(struct canvas *canvas);

void canvas_fill(struct canvas *canvas, struct rect rect, uint32_t colour);
/* The outline of `rect`, one pixel wide, inside it. */
void canvas_outline(struct canvas *canvas, struct rect rect, uint32_t colour);
/* Copies the clipped part of a canvas of the same size. */
void canvas_copy(struct canvas *canvas, const struct canvas *from);

/* Draws one line of text with its upper left corner at x, y, without a background. Each pixel of the font is
 * `scale` pixels wide and high. Returns how far the text reaches to the right, as canvas_text_width() does.
 */
uint32_t canvas_text(
	struct canvas *canvas, int32_t x, int32_t y, uint32_t scale, uint32_t colour, const char *text);
uint32_t canvas_text_width(uint32_t scale, const char *text);
uint32_t canvas_text_height(uint32_t scale);

#endif
