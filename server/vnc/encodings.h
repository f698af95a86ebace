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

#include "encode/rfb/own.h"
#include "encode/rfb/protocol.h"
#include "server/rfb/format.h"

/* What a viewer has asked for. */
struct encodings_wish {
	/* In the viewer's order; NULL: it has named none yet. Borrowed, unless encodings_name() has set it.
	 */
	const int32_t *list;
	size_t count; /* at most 65534 */
	struct format format;
	unsigned minor;    /* of the RFB version, 3.x */
	bool library_only; /* libvncserver makes all encodings, also those that we have, too */
	bool plain; /* see encoder_impl.set_format: only encodings of whole pixels can express the format */
};

/* Takes a copy of the list that the viewer named. 0, or -ENOMEM, and it keeps the former one. */
int encodings_name(struct encodings_wish *wish, const int32_t *list, size_t count);
/* Frees a list that encodings_name() has set. */
void encodings_finish(struct encodings_wish *wish);

/*
 * Builds the SetEncodings message for the library: those of the viewer's encodings, in its order, that the
 * library serves and sends correctly in the viewer's format. Build it again if the format changes. Raw is
 * added at the end, because the library keeps the former encoding if it is told none. Returns the message's
 * size, at most 4 + 4 * (count + 1).
 */
size_t encodings_filter(const struct encodings_wish *wish, uint8_t *message);

/* Whether the encoding that the viewer prefers, among those that can be used, is one of our own. Then `own`
 * is what the viewer wishes of it. */
bool encodings_choose_own(const struct encodings_wish *wish, struct own_wish *own);

/* Whether the viewer's decoder of Tight is one that knows the gradient filter. noVNC's before 1.5 ends the
 * connection over it. */
bool encodings_take_gradient(const struct encodings_wish *wish);

/* Why the library is not told the encoding that the viewer prefers, in words for the log. Returns NULL if it
 * is told, or if the viewer prefers none that the library has. */
const char *encodings_why_not_first(const struct encodings_wish *wish);

#endif
