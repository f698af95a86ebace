/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * told: what one viewer was told of the cursor and the keyboard's LEDs, and the rectangles that tell it the
 * rest. Pure, apart from asking the viewer which encodings it knows. Loop thread. Only feed.c includes it.
 */
#ifndef ZEROVNC_TOLD_H
#define ZEROVNC_TOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/cursor.h"
#include "server/cursor/shape.h"

struct viewer;

enum {
	TOLD_LEDS_SIZE = RECTANGLE_HEADER_SIZE + 1,
	TOLD_MAX = CURSOR_SHAPE_MAX + CURSOR_POSITION_SIZE + TOLD_LEDS_SIZE, /* bytes */
};

/* What there is to tell. */
struct told_news {
	const struct cursor *cursor;  /* borrowed */
	bool shown;                   /* it is visible and has an image */
	int32_t hotspot_x, hotspot_y; /* in its image; 0 if it is not shown */
	bool placed;                  /* it is shown, and its tip is at x, y of the picture */
	int32_t x, y;
	unsigned warps; /* how often the pointer was found resting where no viewer had put it */
	bool moved;     /* a viewer has just moved the pointer */
	bool leds_known;
	unsigned leds; /* bits INPUT_LED_* */
};

struct told {
	int32_t encoding; /* the encoding in which it was told the shape; 0: never */
	uint8_t format[16];
	uint64_t shape; /* 0: an empty one, or none yet */
	int32_t hotspot_x, hotspot_y;
	int32_t place; /* the encoding in which it was last told the cursor's place; 0: never */
	int32_t x, y;
	bool has_moved; /* the viewer itself has moved the cursor from there */
	unsigned warps; /* the count when the viewer was last told, or when it joined */
	bool leds_told;
	unsigned leds;
};

/*
 * Writes rectangles that tell the viewer what it does not know yet, and records them as told. Returns their
 * size, at most TOLD_MAX bytes, and adds their number to `count`. `moves`: this viewer has just moved the
 * pointer itself, so it knows better where it is.
 */
size_t told_write(struct told *told, const struct viewer *viewer, const struct told_news *news, bool moves,
	uint8_t *to, unsigned *count);

#endif
