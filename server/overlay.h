/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * overlay: the hardware cursor laid over the pixels of a viewer that cannot draw a cursor itself. Pure; one
 * thread uses an overlay.
 */
#ifndef ZEROVNC_OVERLAY_H
#define ZEROVNC_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "capture/cursor.h"
#include "encode/damage.h"

struct overlay {
	struct cursor cursor;      /* shown last */
	struct frame_rect painted; /* where; width 0: nowhere */
};

/*
 * The cursor that there is now (NULL: none), on pixels that are so large. Writes up to two rectangles in
 * which they differ from before, and returns how many.
 */
size_t overlay_move(struct overlay *overlay, const struct cursor *cursor, uint32_t width, uint32_t height,
	struct frame_rect changed[2]);

/* Whether it lies over some of these pixels. */
bool overlay_touches(const struct overlay *overlay, const struct frame_rect *part);

/* Paints what of it lies over a part, whose pixels are XRGB8888, rows `stride` bytes apart. */
void overlay_paint(
	const struct overlay *overlay, const struct frame_rect *part, uint8_t *pixels, size_t stride);

#endif
