/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout: where each of the outputs that are shown together lies in their one picture. Pure; any thread.
 *
 * What decides, in this order: what the user says (layout_spec); the framebuffer that several outputs show
 * parts of, as Xorg's do; the tiles of one monitor; or else the heads lie side by side from left to right in
 * their order, with their tops in a line. What the user gave no place lies to the right of what has one.
 */
#ifndef ZEROVNC_LAYOUT_H
#define ZEROVNC_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/base/rect.h"
#include "capture/head.h"

/* The longest side of a picture: viewers are told sizes in 16 bits, and 32,767 is the most that many take. */
enum { LAYOUT_MAX_SIDE = 32767 };

/* What the user says: "DP-1@0,0,card1/HDMI-A-1@-1920,0". Empty (all zeros) if nothing. */
struct layout_spec {
	size_t count;
	struct layout_wish {
		struct head_name name;
		int32_t x, y; /* at most LAYOUT_MAX_SIDE from 0 */
	} wishes[HEADS_MAX];
};

/* Reads a specification. NULL or "" is an empty one. 0, or -EINVAL with a reason that names the part that is
 * wrong. Nothing may be named twice, nor may two lie at the same place. */
int heads_layout_parse(const char *text, struct layout_spec *spec, struct reason *reason);

/* The part of a framebuffer that an output shows, if others may show other parts of it, as under X. */
struct layout_shared {
	uint32_t fb_id;         /* 0: the output has a framebuffer of its own, or scales or turns it */
	uint32_t width, height; /* of the framebuffer */
	uint32_t x, y;          /* of the part */
};

struct layout_head {
	const struct head *head; /* borrowed */
	uint32_t width, height;  /* of what it shows, after any turn; 0: nothing, so that it has no place */
	enum turn turn;          /* of what it shows, against its tile */
	struct layout_shared shared;
};

/*
 * Writes a place for each of up to HEADS_MAX heads; one that has no place is 0x0. No place lies over another.
 * The least x and y are 0. `width` and `height` are those of the picture, 0 if there is no place at all.
 *
 * A head of which another one shows everything (a mirror: the same part of the same framebuffer, or a part of
 * that part) has no place, unless the user gave it one. One that would make the picture too large has none,
 * either. One whose place would lie over an earlier one's lies to the right of the rest instead. `note` tells
 * of all these, and is empty otherwise.
 */
void layout_place(const struct layout_head *heads, size_t count, const struct layout_spec *spec,
	struct rect places[HEADS_MAX], uint32_t *width, uint32_t *height, struct reason *note);

#endif
