/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cursor messages: the hardware cursor as RFB rectangles, in the encodings that viewers want. Pure.
 * RichCursor is from RFC 6143, 7.8.1 ("Cursor"). The others are from the community's protocol document
 * (rfbproto). That does not say that the colours of VMware's cursor are not multiplied by alpha. TigerVNC and
 * noVNC read them so.
 */
#ifndef ZEROVNC_CURSOR_MESSAGE_H
#define ZEROVNC_CURSOR_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "capture/cursor.h"
#include "encode/rfb/protocol.h"

enum {
	CURSOR_SHAPE_MAX = RECTANGLE_HEADER_SIZE + 4 + CURSOR_MAX_SIDE * CURSOR_MAX_SIDE * 4 +
			   CURSOR_MAX_SIDE * CURSOR_MAX_SIDE / 8,
	CURSOR_POSITION_SIZE = RECTANGLE_HEADER_SIZE,
};

/*
 * Writes the cursor's shape as a rectangle of this encoding, which is one of extensions_cursor_shapes. The
 * shape is empty if `cursor` is not visible or has no image. `format` is the viewer's pixel format as in
 * SetPixelFormat, true colour; RichCursor uses it. Returns the rectangle's size in bytes, at most
 * CURSOR_SHAPE_MAX.
 */
size_t cursor_write_shape(uint8_t *to, int32_t encoding, const struct cursor *cursor, int32_t hotspot_x,
	int32_t hotspot_y, const uint8_t format[16]);

/* Writes where the cursor's tip is, as a rectangle of one of extensions_cursor_places. Returns
 * CURSOR_POSITION_SIZE. */
size_t cursor_write_position(uint8_t *to, int32_t encoding, uint16_t x, uint16_t y);

#endif
