/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * encodings: the numbers of RFB's encodings, and which of them the library is told. What the library would
 * send wrongly is kept from it: encodings.c has a table of such cases, with the reason for each.
 */
#ifndef ZEROVNC_ENCODINGS_H
#define ZEROVNC_ENCODINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/net/format.h"

enum {
	ENCODING_RAW = 0,
	ENCODING_COPYRECT = 1,
	ENCODING_RRE = 2,
	ENCODING_TIGHT = 7,
	ENCODING_ZRLE = 16,
	ENCODING_DESKTOP_SIZE = -223,
	ENCODING_LAST_RECT = -224,
	ENCODING_POINTER_POSITION = -232,
	ENCODING_RICH_CURSOR = -239,
	ENCODING_QEMU_MOTION = -257, /* "QEMU pointer motion change" */
	ENCODING_QEMU_KEYS = -258,
	ENCODING_DESKTOP_NAME = -307,
	ENCODING_EXTENDED_DESKTOP_SIZE = -308,
	ENCODING_FENCE = -312,
	ENCODING_CONTINUOUS_UPDATES = -313,
	ENCODING_CURSOR_WITH_ALPHA = -314,
	ENCODING_EXTENDED_BUTTONS = -316,
	ENCODING_TIGHT_WITHOUT_ZLIB = -317,
	ENCODING_VMWARE_CURSOR = 0x574d5664,
	ENCODING_VMWARE_POSITION = 0x574d5666,
};

/* In which a cursor's shape can be told, the best first: those with alpha before that with a mask. Its place
 * likewise. 0 ends them. */
extern const int32_t encodings_cursor_shapes[], encodings_cursor_places[];

/* What a viewer has asked for. */
struct encodings_wish {
	const int32_t *list; /* as it came */
	size_t count;        /* at most 65534 */
	struct format format;
	unsigned minor; /* of the version of RFB, 3.x */
	bool plain;     /* see viewer_format.h: only encodings of whole pixels can say the format */
};

/*
 * Builds the SetEncodings message for the library: of the viewer's list, in its order, what the library
 * serves and sends rightly in the viewer's format. Build it again if the format changes. Raw is added at the
 * end, because the library keeps the former encoding if it is told none. Returns the message's size, at most
 * 4 + 4 * (count + 1).
 */
size_t encodings_filter(const struct encodings_wish *wish, uint8_t *message);

/* Why the library is not told the encoding that the viewer prefers, in words for the log; NULL: it is, or the
 * viewer prefers none that the library has. */
const char *encodings_why_not_first(const struct encodings_wish *wish);

#endif
