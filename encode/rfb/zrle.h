/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zrle: the encoding ZRLE (RFC 6143, 7.7.6) for one viewer, whose rectangles share a stream of zlib and refer
 * to what came before them: tiles of ZRLE are too small to be compressed well alone.
 */
#ifndef ZEROVNC_ZRLE_H
#define ZEROVNC_ZRLE_H

#include <stdint.h>

#include "encode/rfb/format.h"
#include "encode/rfb/scan.h"

struct zrle;

/* The pixels are those of the picture until the first zrle_set_format(). NULL: out of memory. */
struct zrle *zrle_create(void);
/* Takes NULL. */
void zrle_destroy(struct zrle *zrle);

/* The viewer's pixels have this format from the next rectangle on. Its channels are whole bits that do not
 * overlap. */
void zrle_set_format(struct zrle *zrle, const struct format *format);

/* Pixels 0x00RRGGBB of one rectangle, rows `stride` pixels apart. */
struct zrle_area {
	const uint32_t *pixels;
	size_t stride;
	unsigned width, height; /* at least 1; no more than 2^26 pixels in all */
};

/*
 * Encodes what follows the rectangle's header: a length, and data. Returns `*size` bytes, which the caller
 * must free; the first `ahead` of them are left for the header. NULL: out of memory, and nothing has changed.
 */
uint8_t *zrle_encode(struct zrle *zrle, const struct zrle_area *area, size_t ahead, size_t *size);

#endif
