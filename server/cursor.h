/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cursor messages: the hardware cursor as RFB rectangles, in the ways in which viewers want it. Pure. The
 * RichCursor of RFC 6143, 7.8.1 ("Cursor"); the others are the community's (rfbproto), which does not say
 * that the colours of VMware's cursor are not multiplied by alpha: TigerVNC and noVNC read it so.
 */
#ifndef ZEROVNC_CURSOR_MESSAGE_H
#define ZEROVNC_CURSOR_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "capture/cursor.h"
#include "server/net/encodings.h"

enum {
	CURSOR_UPDATE_HEADER = 4, /* of the FramebufferUpdate around the rectangles */
	CURSOR_SHAPE_MAX =
		12 + 4 + CURSOR_MAX_SIDE * CURSOR_MAX_SIDE * 4 + CURSOR_MAX_SIDE * CURSOR_MAX_SIDE / 8,
	CURSOR_POSITION_SIZE = 12,
};

/* The header of a FramebufferUpdate with so many rectangles. Returns its size. */
size_t cursor_write_update(uint8_t *to, unsigned rectangles);

/*
 * The cursor's shape as a rectangle of this encoding, one of encodings_cursor_shapes; an empty one where
 * `cursor` is not to be seen or has no image. `format`: of the viewer's pixels as in SetPixelFormat, true
 * colour; used by RichCursor. Returns its size, at most CURSOR_SHAPE_MAX.
 */
size_t cursor_write_shape(uint8_t *to, int32_t encoding, const struct cursor *cursor, int32_t hotspot_x,
	int32_t hotspot_y, const uint8_t format[16]);

/* Where its tip is, by one of encodings_cursor_places. Returns CURSOR_POSITION_SIZE. */
size_t cursor_write_position(uint8_t *to, int32_t encoding, uint16_t x, uint16_t y);

/* Draws the cursor over XRGB8888 pixels, clipped to them; (x, y): of its upper left corner. */
void cursor_paint(const struct cursor *cursor, int32_t x, int32_t y, uint8_t *pixels, size_t stride,
	uint32_t width, uint32_t height);

#endif
