/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * overlay: the hardware cursor laid over a viewer's own copy of the picture, for viewers that cannot draw a
 * cursor themselves. Pure; one thread uses an overlay.
 */
#ifndef ZEROVNC_OVERLAY_H
#define ZEROVNC_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "capture/cursor.h"
#include "encode/picture.h"

struct overlay {
	struct cursor cursor;      /* painted last */
	struct frame_rect painted; /* where; width 0: nowhere */
};

/* A viewer's pixels, XRGB8888, rows `stride` bytes apart; the upper left part of the picture. */
struct overlay_canvas {
	uint8_t *pixels;
	size_t stride;
	uint32_t width, height;
};

/* Copies a part of the picture to the canvas, clipped to both. */
void overlay_copy(
	const struct overlay_canvas *canvas, const struct picture *picture, struct frame_rect rectangle);

/*
 * Takes the cursor that was painted last off the canvas, which else holds the picture, and paints the one
 * that there is now (NULL: none). Writes up to two rectangles that differ from before, and returns how many.
 */
size_t overlay_update(struct overlay *overlay, const struct cursor *cursor,
	const struct overlay_canvas *canvas, const struct picture *picture, struct frame_rect changed[2]);

#endif
