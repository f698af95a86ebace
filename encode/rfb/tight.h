/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tight: the encoding Tight (rfbproto). A part of the picture becomes rectangles of one kind each: one
 * colour, two, a palette, pixels as they are, or JPEG for what looks like a photograph, as text does not. A
 * part begins the streams of zlib that it uses anew. So it can be sent to any viewer at any time.
 */
#ifndef ZEROVNC_TIGHT_H
#define ZEROVNC_TIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/rect.h"
#include "encode/rfb/format.h"
#include "encode/rfb/lossy.h"
#include "encode/rfb/photo.h"
#include "encode/rfb/tally.h"
#include "encode/tile_colours.h"

struct tight;

/* The pixels are those of the picture, and lossless, until it is told otherwise. NULL: out of memory. */
struct tight *tight_create(void);
/* Takes NULL. */
void tight_destroy(struct tight *tight);

/* The viewer's pixels have this format from the next part on. Its channels are whole bits that do not
 * overlap. */
void tight_set_format(struct tight *tight, const struct format *format);

/* The quality of JPEG from the next part on, 1 to 100. 0: all is lossless, as it is for pixels of 8 bits in
 * any case. */
void tight_set_quality(struct tight *tight, int quality, enum photo_chroma chroma);

/* Whether the viewer takes the gradient filter: not all of those that know Tight do. Until this is called, it
 * does not. With pixels of three bytes only; the others are sent without it. */
void tight_set_gradient(struct tight *tight, bool taken);

struct tight_part {
	struct rect place;      /* in the viewer's framebuffer; at most 2048 wide and 2^20 pixels large */
	const uint32_t *pixels; /* 0x00RRGGBB, from the upper left one on */
	size_t stride;          /* in pixels */
	bool whole;             /* it must become one rectangle */
	struct tile_colours_grid colours; /* of its pixels, as far as they are known */
};

/*
 * Encodes a part as rectangles with their headers, of which there are `*count`. Returns their `*size` bytes,
 * which the caller must free. NULL: out of memory; then nothing has changed.
 */
uint8_t *tight_encode(struct tight *tight, const struct tight_part *part, size_t *size, unsigned *count);

/* What the last part became; without the time that all of it took. Borrowed until the next tight_encode(). */
const struct tally *tight_tally(const struct tight *tight);

/* What of the last part is JPEG. The places are in the viewer's framebuffer, and borrowed until the next part
 * is encoded. */
struct lossy_places tight_lossy(const struct tight *tight);

#endif
