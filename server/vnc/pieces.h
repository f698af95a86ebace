/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc_pieces: cuts rectangles into pieces that are small enough to be encoded one at a time. Pure.
 */
#ifndef ZEROVNC_VNC_PIECES_H
#define ZEROVNC_VNC_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"

struct vnc_piece {
	uint16_t x, y, width, height;
};

struct vnc_pieces {
	struct vnc_piece *list; /* owned; the pieces of each rectangle, row after row */
	size_t count, capacity;
};

/*
 * Adds pieces that cover the rectangle exactly once. Each has at most `pixels` pixels and is at most `widest`
 * pixels wide. If these limits allow it, cuts lie at multiples of 64 pixels from the rectangle's corner,
 * because encoders work in tiles of 16 and 64. A zeroed list is empty. False: out of memory.
 */
bool vnc_pieces_cut(
	struct vnc_pieces *pieces, const struct rect *rectangle, uint32_t widest, uint32_t pixels);
void vnc_pieces_finish(struct vnc_pieces *pieces);

#endif
