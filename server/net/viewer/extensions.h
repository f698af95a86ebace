/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * extensions: what a viewer named in SetEncodings, and which of RFB's extensions it and we have agreed on.
 * Numbers and meaning follow the community's protocol document (rfbproto). Pure; one thread uses it.
 */
#ifndef ZEROVNC_EXTENSIONS_H
#define ZEROVNC_EXTENSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/rfb/protocol.h"

/* The pseudo-encodings for a cursor's shape, the best first: those with alpha come before the one with a
 * mask. Those for its position are ordered likewise. Each list ends with 0. */
extern const int32_t extensions_cursor_shapes[], extensions_cursor_places[];

enum {
	EXTENSIONS_NAME_MAX = 255, /* bytes of the desktop's name that are announced */
	EXTENSIONS_ANNOUNCEMENT = UPDATE_HEADER_SIZE + 4 * RECTANGLE_HEADER_SIZE + 4 + EXTENSIONS_NAME_MAX,
};

/* Starts zeroed: nothing was named. */
struct extensions {
	int32_t *list; /* of the last SetEncodings, in the viewer's order; owned; NULL: there was none */
	size_t count;
	unsigned due;       /* a bit for each thing that is still to be announced */
	unsigned announced; /* the same for what was ever due, and need not be announced again */
	bool fences;        /* the viewer named Fence in its last SetEncodings */
	bool knows_continuous;
	bool extended_buttons; /* it was told that we take them: pointer events may have one more byte */
	bool sends_motion;     /* it was told to: pointer events carry a distance, not a position */
};

void extensions_finish(struct extensions *extensions);

/* What the viewer is to be sent at once for a new list. */
struct extensions_begin {
	/* EndOfContinuousUpdates, which must be the very first message that says that we know them: TigerVNC
	 * never begins continuous updates if an update came before it. */
	bool continuous;
	bool fences; /* a fence: it shows that we know them, and whether the viewer sends it back */
};

/* The viewer sent SetEncodings with `count` numbers of four bytes each. `motion`: relative motion is wanted
 * of it. Returns 0, or -ENOMEM, and nothing has changed. */
int extensions_set(struct extensions *extensions, const uint8_t *numbers, size_t count, bool motion,
	struct extensions_begin *begin);

/* The desktop has another name, which is announced if the viewer named DesktopName. */
void extensions_renew_name(struct extensions *extensions);

/* Whether the viewer named this encoding or pseudo-encoding in its last SetEncodings. */
bool extensions_has(const struct extensions *extensions, int32_t encoding);
/* The first of `choices` (a list that ends with 0) that the viewer named. 0 if it named none of them. */
int32_t extensions_choose(const struct extensions *extensions, const int32_t *choices);

/* Writes a FramebufferUpdate that announces what only an update can say, as pseudo-encodings. It takes effect
 * with this call. Returns its size, at most EXTENSIONS_ANNOUNCEMENT; 0: nothing is to be announced. */
size_t extensions_announce(struct extensions *extensions, const char *desktop_name, uint8_t *to);

#endif
