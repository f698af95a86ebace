/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hotspot: which pixel of a cursor's image points, for drivers that do not tell. Learnt: the pointer was sent
 * there, the image appeared here; twice the same difference, at two places, is believed. Pure.
 */
#ifndef ZEROVNC_HOTSPOT_H
#define ZEROVNC_HOTSPOT_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/cursor.h"

enum { HOTSPOT_SHAPES = 64 };

struct hotspot {
	uint64_t shape;
	int32_t x, y;           /* the difference seen last */
	int32_t seen_x, seen_y; /* and where the image was then */
	bool believed;
};

struct hotspots {
	struct hotspot known[HOTSPOT_SHAPES];
	size_t count, oldest;
};

/* The cursor stands where it does while the pointer, at rest, was sent to (x, y) of the picture. Whether that
 * changed what hotspots_get() says of this shape. */
bool hotspots_observe(struct hotspots *hotspots, const struct cursor *cursor, int32_t x, int32_t y);

/* The driver's word, else what was learnt, else 0, 0 and false. Always inside the image. */
bool hotspots_get(const struct hotspots *hotspots, const struct cursor *cursor, int32_t *x, int32_t *y);

#endif
