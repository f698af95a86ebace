/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spared: which tiles of a frame need not be stored, because the picture spares them (encode/picture.h). They
 * are tiles of the layers' grid, which begins with the picture's tile in which the frame's part does.
 */
#ifndef ZEROVNC_SPARED_H
#define ZEROVNC_SPARED_H

#include "encode/picture.h"

/* It has no padding, so it can be compared byte by byte. */
struct spared {
	uint32_t count; /* of parts; 0: none, as in an all-zero one */
	/* left, top, right and bottom of each part, in tiles; the last two are not in it. The unused ones are
	 * all zero. */
	int32_t parts[PICTURE_SPARED_MAX][4];
};

/* Finds the tiles that lie wholly in a part that the picture spares, and wholly in the frame's part: what
 * another frame has of a tile may be needed. */
void spared_find(struct spared *spared, const struct picture *picture, const struct rect *part);

bool spared_has(const struct spared *spared, uint32_t column, uint32_t row);

/* Makes `missing` the tiles of the grid that are absent and not spared. 0, or -ENOMEM. */
int spared_find_missing(const struct spared *spared, const struct picture *picture, const struct rect *part,
	struct damage *missing);

#endif
