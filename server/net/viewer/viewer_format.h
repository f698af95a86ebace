/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * viewer_format: the pixel format that a viewer asks for, and the format in which its pixels are made. The
 * second one is equivalent, but in true colour and in terms that the encoders can handle. A viewer with a
 * colour map is sent 3 bits of red, 3 of green and 2 of blue, blue highest, and a map that says so. Pure.
 *
 * RFC 6143, 7.4 (PIXEL_FORMAT), 7.5.1 (SetPixelFormat) and 7.6.2 (SetColourMapEntries).
 */
#ifndef ZEROVNC_VIEWER_FORMAT_H
#define ZEROVNC_VIEWER_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "server/rfb/protocol.h"

enum {
	VIEWER_FORMAT_SIZE = PIXEL_FORMAT_SIZE,
	VIEWER_FORMAT_COLOURS = 256,
	VIEWER_FORMAT_MAP_SIZE = 6 + 6 * VIEWER_FORMAT_COLOURS
};

struct viewer_format {
	uint8_t pixels[VIEWER_FORMAT_SIZE]; /* as in SetPixelFormat, always true colour */
	bool colour_map;  /* the viewer must get the message of viewer_format_write_map() first */
	bool plain;       /* only encodings of unchanged pixels can express it: see encodings_filter() */
	const char *note; /* what is odd about it, for the log; NULL: nothing */
};

/* Returns 0, or -EPROTO with a reason if no pixel of this format can show a colour. */
int viewer_format_read(
	const uint8_t asked[VIEWER_FORMAT_SIZE], struct viewer_format *format, struct reason *reason);

/* Writes the SetColourMapEntries message. Returns VIEWER_FORMAT_MAP_SIZE. */
size_t viewer_format_write_map(uint8_t *to);

#endif
