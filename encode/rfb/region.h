/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * region: a set of pixels, as rectangles that do not overlap. Nothing here fails: where memory runs out, a
 * region becomes larger than it should be, at most its bounding box. Pure. A zeroed region is empty.
 */
#ifndef ZEROVNC_REGION_H
#define ZEROVNC_REGION_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/base/rect.h"

enum { REGION_FEW = 8 };

struct region {
	struct rect *many;           /* owned; NULL: `few` has them */
	struct rect few[REGION_FEW]; /* rectangles for which no memory is needed */
	size_t count, capacity;      /* of `many` */
};

/* Frees the memory. The region is empty then. */
void region_finish(struct region *region);

static inline bool region_is_empty(const struct region *region) {
	return !region->count;
}

/* Its rectangles, region->count of them, until it changes. */
static inline const struct rect *region_rects(const struct region *region) {
	return region->many ? region->many : region->few;
}

static inline void region_clear(struct region *region) {
	region->count = 0;
}

/* An empty rectangle adds and takes nothing. */
void region_add(struct region *region, struct rect rect);
void region_subtract(struct region *region, struct rect rect);

/* Adds a rectangle of which the region has nothing yet. */
void region_append(struct region *region, struct rect rect);

/* Writes what both have into `to`, which is none of them and may have had something else before. */
void region_intersect(const struct region *one, const struct region *other, struct region *to);

/* Whether it has every pixel of the rectangle. */
bool region_covers(const struct region *region, struct rect rect);

/* Adds all that the other one has. */
void region_add_all(struct region *region, const struct region *other);

#endif
