/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode: reads FramebufferUpdates exactly as RFC 6143 (7.6, 7.7) and the community's protocol document
 * (rfbproto) define them. What those forbid, what was not asked for, and bytes that are left over are errors
 * with a reason. It knows nothing about any server.
 *
 * Raw, CopyRect, RRE, Hextile, zlib, Tight (all filters, JPEG, without zlib, stream resets), ZRLE and
 * LastRect. Any input is safe: memory is allocated only in proportion to the framebuffer.
 */
#ifndef ZEROVNC_TEST_DECODE_H
#define ZEROVNC_TEST_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "server/rfb/format.h"
#include "tests/server/net/decode/inflater.h"
#include "tests/server/net/decode/source.h"

enum decoded_encoding {
	DECODED_RAW,
	DECODED_COPYRECT,
	DECODED_RRE,
	DECODED_HEXTILE = 5,
	DECODED_ZLIB,
	DECODED_TIGHT,
	DECODED_ZRLE = 16,
	DECODED_LAST_RECT = -224,
};

enum decoded_kind { DECODED_NOTHING, DECODED_EXACTLY, DECODED_FROM_JPEG };

struct decode_area {
	uint32_t x, y, width, height;
};

/* What a rectangle was made of; Tight has several sorts of rectangles. */
enum decoded_sort {
	DECODED_SOLID,
	DECODED_TWO_COLOURS,
	DECODED_PALETTE,
	DECODED_TRUE_COLOUR,
	DECODED_JPEG,
	DECODED_TILES, /* ZRLE */
	DECODED_PLAIN, /* Raw */
	DECODED_COPY,
	DECODED_OTHER,
	DECODED_SORTS,
};

/* What was seen since the last decode_clear(). */
struct decoded {
	unsigned updates, colour_maps, last_rects;
	unsigned rectangles[DECODED_ZRLE + 1]; /* how many, by encoding */
	unsigned fills, palettes, jpegs, without_zlib;
	uint64_t area; /* total area of the rectangles */
	struct decoded_sum {
		uint64_t rectangles, bytes, pixels; /* bytes with the headers */
	} sorts[DECODED_SORTS];
};

struct decoder {
	uint32_t width, height;
	uint32_t *pixels; /* in the viewer's format; those from JPEG are 0x00RRGGBB */
	uint8_t *kinds;   /* enum decoded_kind of each pixel */
	struct decoded decoded;
	/* Called with the data of each JPEG rectangle when it was decoded; may be NULL. */
	void (*on_jpeg)(void *context, const struct decode_area *area, const uint8_t *jpeg, size_t size);
	void *context;

	bool true_colour;
	struct format format;
	int32_t *asked; /* the encodings that were asked for; Raw may always come */
	size_t asked_count;
	uint32_t colours[256]; /* the colour map, 0x00RRGGBB */
	struct inflater zlib, zrle, tight[4];

	enum decoded_sort sort; /* of the present rectangle */
	struct source *source;  /* the source of the present call */
	struct reason *reason;
};

/* 0 or -ENOMEM. The format must be set before the first update. */
int decode_init(struct decoder *decoder, uint32_t width, uint32_t height);
void decode_finish(struct decoder *decoder);

/* Sets the format of the updates that follow, as in SetPixelFormat. */
void decode_set_format(struct decoder *decoder, const uint8_t wire[16]);
/* Sets the encodings, as in SetEncodings. The list is copied. */
void decode_set_encodings(struct decoder *decoder, const int32_t *list, size_t count);
/* Resets all counts, and marks this area as not seen. */
void decode_clear(struct decoder *decoder, const struct decode_area *area);

/* Reads one message: a FramebufferUpdate (0) or SetColourMapEntries (1). Returns its number, or -EPROTO with
 * a reason. After that the stream cannot be used any more. */
int decode_message(struct decoder *decoder, struct source *source, struct reason *reason);

#endif
