/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * encodings: which of RFB's encodings the library is told. Encodings that the library would send wrongly are
 * kept from it: encodings.c has a table of such cases, with the reason for each.
 */
#ifndef ZEROVNC_ENCODINGS_H
#define ZEROVNC_ENCODINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/rfb/format.h"
#include "server/rfb/protocol.h"

/* What a viewer has asked for. */
struct encodings_wish {
	const int32_t *list; /* in the viewer's order; borrowed */
	size_t count;        /* at most 65534 */
	struct format format;
	unsigned minor; /* of the RFB version, 3.x */
	bool plain; /* see encoder_impl.set_format: only encodings of whole pixels can express the format */
};

/*
 * Builds the SetEncodings message for the library: those of the viewer's encodings, in its order, that the
 * library serves and sends correctly in the viewer's format. Build it again if the format changes. Raw is
 * added at the end, because the library keeps the former encoding if it is told none. Returns the message's
 * size, at most 4 + 4 * (count + 1).
 */
size_t encodings_filter(const struct encodings_wish *wish, uint8_t *message);

/* Why the library is not told the encoding that the viewer prefers, in words for the log. Returns NULL if it
 * is told, or if the viewer prefers none that the library has. */
const char *encodings_why_not_first(const struct encodings_wish *wish);

#endif
