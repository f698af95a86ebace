/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout: where each head lies in the desktop that they make together. Pure; any thread.
 *
 * What decides, in this order: what the user says (layout_spec); the framebuffer that several outputs show
 * parts of, as Xorg's do; the tiles of one monitor; or else the heads lie side by side from left to right in
 * their order, with their tops in a line. Whatever has no place to the user's knowledge lies to the right of
 * what has one.
 */
#ifndef ZEROVNC_LAYOUT_H
#define ZEROVNC_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/base/rect.h"
#include "capture/frame.h"
#include "capture/head.h"

/* No side of a desktop is longer. */
enum { LAYOUT_MAX_SIDE = 32768 };

/* What the user says: "DP-1@0,0,card1/HDMI-A-1@-1920,0". Empty (all zeros) if nothing. */
struct layout_spec {
	size_t count;
	struct layout_place {
		struct head_name name;
		int32_t x, y; /* at most LAYOUT_MAX_SIDE from 0 */
	} places[HEADS_MAX];
};

/* 0, or -EINVAL with a reason that names the part that is wrong; nothing may be named twice, nor may two
 * lie at the same place. An empty text is an empty spec. */
int layout_parse(const char *text, struct layout_spec *spec, struct reason *why);

/* The part of a framebuffer that a head shows. fb_id 0: none that could be shared. */
struct layout_share {
	uint32_t fb_id, x, y;
};

/* What a frame, turned or not, tells about that: its lowest layer, if that fills the output with whole pixels
 * of a framebuffer, neither scaled nor turned. */
struct layout_share layout_share_of(const struct frame *frame);

struct layout_head {
	/* to be filled in */
	const char *card, *output; /* borrowed; as in struct head */
	uint32_t width, height;    /* as it is shown, after any turn; 0: it was never lit and gets no place */
	struct head_tile tile;     /* after the same turn */
	struct layout_share share;

	/* what layout_place() finds out */
	bool shown;
	struct rect place;  /* x and y are never negative; all 0 unless shown */
	struct reason note; /* why it is not shown, or not where the user wants it; empty otherwise */
};

/*
 * Places up to HEADS_MAX heads, and returns the size of the desktop, at which every place ends or before. The
 * leftmost begins at 0, as does the uppermost. 0 by 0 if nothing is shown.
 *
 * A head of which another one shows everything (a mirror: the same part of the same framebuffer, or a part of
 * that part) is not shown, unless the user gave it a place. One that would make the desktop too large is not
 * shown, either. One that the user placed over an earlier one is shown to the right of the rest. So heads
 * overlap only where both show the same pixels of one framebuffer, as Xorg's may.
 */
void layout_place(const struct layout_spec *spec, struct layout_head *heads, size_t count, uint32_t *width,
	uint32_t *height);

#endif
