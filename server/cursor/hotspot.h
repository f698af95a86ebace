/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hotspot: learns which pixel of a cursor's image is its tip, for drivers that do not say. We know where the
 * pointer was sent and see where the image appeared. If the difference is the same twice, at two places, we
 * believe it. Pure.
 */
#ifndef ZEROVNC_HOTSPOT_H
#define ZEROVNC_HOTSPOT_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/cursor.h"

enum { HOTSPOT_SHAPES = 64 };

struct hotspot {
	uint64_t shape;         /* struct cursor's */
	int32_t x, y;           /* the difference that was seen last */
	int32_t seen_x, seen_y; /* where the image was then */
	bool believed;          /* the difference was the same at two places */
};

struct hotspots {
	struct hotspot known[HOTSPOT_SHAPES];
	size_t count, oldest;
};

/* Takes note of the cursor's place while the pointer is at rest and was sent to (x, y) of the picture.
 * Returns whether that changed what hotspots_get() says of this shape. */
bool hotspots_observe(struct hotspots *hotspots, const struct cursor *cursor, int32_t x, int32_t y);

/* Writes the hotspot that the driver reports, else the one that was learnt. If neither is known, writes 0, 0
 * and returns false. The hotspot is always inside the image. */
bool hotspots_get(const struct hotspots *hotspots, const struct cursor *cursor, int32_t *x, int32_t *y);

#endif
