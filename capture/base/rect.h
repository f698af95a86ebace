/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rect: the algebra of rectangles. Pure data; any thread. No number wraps around, because intermediate
 * results have 64 bits.
 */
#ifndef ZEROVNC_RECT_H
#define ZEROVNC_RECT_H

#include <stdbool.h>
#include <stdint.h>

/* A rectangle in whole pixels. */
struct rect {
	int32_t x, y;
	uint32_t width, height;
};

/* A rectangle in 16.16 fixed point, as KMS's SRC_* properties have it. */
struct rect_fixed {
	uint32_t x, y, width, height;
};

/* What both cover. Width and height are 0 if that is nothing. */
struct rect rect_intersect(struct rect one, struct rect other);

/* The smallest rectangle that contains both. Neither may be empty. */
struct rect rect_unite(struct rect one, struct rect other);

/* Whether both are the same. */
bool rect_equals(struct rect one, struct rect other);

/* The number of its pixels. */
uint64_t rect_area(struct rect rect);

/* Whether all of it lies in a picture of this size. */
bool rect_is_inside(struct rect rect, uint32_t width, uint32_t height);

/* A source rectangle of KMS, cut to whole pixels. */
struct rect rect_from_fixed(const struct rect_fixed *fixed);

#endif
