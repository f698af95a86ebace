/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * copies: which of a picture's moves one viewer is sent as CopyRect (RFC 6143, 7.7.2), and what they get
 * wrong. Pure; one thread uses it.
 */
#ifndef ZEROVNC_COPIES_H
#define ZEROVNC_COPIES_H

#include <stddef.h>
#include <stdint.h>

#include "capture/base/rect.h"
#include "encode/moves/moves.h"

enum {
	COPIES_SIZE = 16, /* bytes of one, with its header */
	COPIES_OVERLAID = 2,
	COPIES_SPOILT = 2 * COPIES_OVERLAID * MOVES_MAX,
};

/* A viewer before an update. The rectangles of a list do not overlap. Borrowed. */
struct copies_viewer {
	uint32_t width, height;             /* of its framebuffer */
	const struct rect *pending, *asked; /* what it lacks already, and what it asks for */
	size_t pending_count, asked_count;
	/* Where it is shown something else than the picture; width 0: nowhere. */
	struct rect overlaid[COPIES_OVERLAID];
};

/* Moves, to be made in their order in front of all pixels of the update. */
struct copies {
	size_t count;
	struct move list[MOVES_MAX];
	struct rect overlaid[COPIES_OVERLAID];
};

/*
 * Chooses moves that lie in what the viewer asks for and lead to nothing, and from nothing, that it lacks:
 * for outside of that, it has the picture that they were found in. So a request that is not incremental is
 * never answered by a copy, since the viewer lacks all that it asks for.
 */
void copies_choose(const struct copies_viewer *viewer, const struct moves *moves, struct copies *copies);

/* Writes the parts of the targets in which the copies do not leave what the viewer is to be shown: what was
 * overlaid travels with them, and what is overlaid now they have covered. Returns how many. They may overlap.
 */
size_t copies_spoil(const struct copies *copies, const struct rect overlaid[COPIES_OVERLAID],
	struct rect spoilt[COPIES_SPOILT]);

/* Writes the rectangles, COPIES_SIZE bytes each. Returns how many bytes. */
size_t copies_write(const struct copies *copies, uint8_t *to);

#endif
