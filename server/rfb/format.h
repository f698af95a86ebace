/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * format: pixel formats as RFB has them: RFC 6143, 7.4 (PIXEL_FORMAT), 7.5.1 (SetPixelFormat) and 7.6.2
 * (SetColourMapEntries). Pure.
 *
 * A viewer asks for one format and may be served another one, in which the encoders make its pixels. That one
 * is equivalent, but in true colour and in terms that the encoders can handle. A viewer with a colour map is
 * sent 3 bits of red, 3 of green and 2 of blue, blue highest, and a map that says so.
 */
#ifndef ZEROVNC_RFB_FORMAT_H
#define ZEROVNC_RFB_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "encode/rfb/format.h"
#include "encode/rfb/protocol.h"

/* --- what a viewer asks for --- */

enum { FORMAT_COLOURS = 256, FORMAT_MAP_SIZE = 6 + 6 * FORMAT_COLOURS };

struct format_served {
	uint8_t pixels[PIXEL_FORMAT_SIZE]; /* as in SetPixelFormat, always true colour */
	bool colour_map;                   /* the viewer must get the message of format_write_map() first */
	bool plain;       /* only encodings of unchanged pixels can express it: see encoder_set_format() */
	const char *note; /* what is odd about it, for the log; NULL: nothing */
};

/* Returns 0, or -EPROTO with a reason if no pixel of this format can show a colour. */
int format_serve(const uint8_t asked[PIXEL_FORMAT_SIZE], struct format_served *served, struct reason *reason);

/* Writes the SetColourMapEntries message. Returns FORMAT_MAP_SIZE. */
size_t format_write_map(uint8_t *to);

/* Writes the PIXEL_FORMAT of the picture's own pixels (encode/picture.h), which ServerInit offers. */
void format_write_native(uint8_t to[PIXEL_FORMAT_SIZE]);

/* --- its numbers --- */

/* Reads PIXEL_FORMAT. If it asks for a colour map, returns the true-colour format that is served instead, of
 * 8 bits. */
struct format format_read(const uint8_t wire[PIXEL_FORMAT_SIZE]);

#endif
