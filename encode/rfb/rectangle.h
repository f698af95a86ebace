/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rectangle: the headers of a FramebufferUpdate and of its rectangles (RFC 6143, 7.6.1), as they are sent. */
#ifndef ZEROVNC_RECTANGLE_H
#define ZEROVNC_RECTANGLE_H

#include <stddef.h>
#include <stdint.h>

#include "encode/rfb/bytes.h"
#include "encode/rfb/protocol.h"

/* What a rectangle costs, in pixels of a text that could be sent for it: text compresses better in one
 * rectangle than in several (bench_encode --trimmed). */
enum { RECTANGLE_PIXELS = 4096 };

/* The header of a FramebufferUpdate with this many rectangles. Returns UPDATE_HEADER_SIZE. */
static inline size_t rectangle_write_update(uint8_t *to, unsigned rectangles) {
	to[0] = SERVER_UPDATE;
	to[1] = 0;
	bytes_put16(to + 2, (uint16_t)rectangles);
	return UPDATE_HEADER_SIZE;
}

/* The header of one rectangle. Returns RECTANGLE_HEADER_SIZE. */
static inline size_t rectangle_write(
	uint8_t *to, uint16_t x, uint16_t y, uint16_t width, uint16_t height, int32_t encoding) {
	bytes_put16(to, x);
	bytes_put16(to + 2, y);
	bytes_put16(to + 4, width);
	bytes_put16(to + 6, height);
	bytes_put32(to + 8, (uint32_t)encoding);
	return RECTANGLE_HEADER_SIZE;
}

#endif
