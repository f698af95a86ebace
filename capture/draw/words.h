/* SPDX-License-Identifier: GPL-2.0-or-later */
/* words: text on a canvas, broken into lines between words and at line breaks. Pure functions. */
#ifndef ZEROVNC_WORDS_H
#define ZEROVNC_WORDS_H

#include <stdint.h>

#include "capture/draw/canvas.h"

struct words_size {
	uint32_t width, height; /* in pixels; the width of the longest line */
};

/* The space that the text takes in lines of at most `width` pixels. A longer word has a line of its own. */
struct words_size words_measure(uint32_t width, uint32_t scale, const char *text);

/* Draws the text with its upper left corner at x, y, as canvas_text() does. Returns where the next line would
 * begin. */
int32_t words_draw(struct canvas *canvas, int32_t x, int32_t y, uint32_t width, uint32_t scale,
	uint32_t colour, const char *text);

#endif
