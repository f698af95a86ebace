/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * overlay: the hardware cursor, painted over the pixels of a viewer that cannot draw a cursor itself. Pure.
 * One thread uses an overlay.
 */
#ifndef ZEROVNC_OVERLAY_H
#define ZEROVNC_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "capture/cursor.h"
#include "encode/damage.h"

struct overlay {
	struct cursor cursor; /* the cursor as it was last shown */
	struct rect painted;  /* where it is painted; width 0: nowhere */
};

/*
 * Sets the present cursor (NULL: none; copied) on pixels of this size. Writes up to two rectangles in which
 * the pixels differ from before, and returns how many.
 */
size_t overlay_move(struct overlay *overlay, const struct cursor *cursor, uint32_t width, uint32_t height,
	struct rect changed[2]);

/* Returns whether the cursor covers some of these pixels. */
bool overlay_touches(const struct overlay *overlay, const struct rect *part);

/* Paints the piece of the cursor that covers a part. The part's pixels are XRGB8888, with rows `stride` bytes
 * apart. */
void overlay_paint(const struct overlay *overlay, const struct rect *part, uint8_t *pixels, size_t stride);

/* Draws the cursor over XRGB8888 pixels, clipped to them. (x, y) is the place of its upper left corner. */
void cursor_paint(const struct cursor *cursor, int32_t x, int32_t y, uint8_t *pixels, size_t stride,
	uint32_t width, uint32_t height);

#endif
