/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rect: the algebra of rectangles. Pure data, any thread. No number wraps around: what lies between the ends
 * of 32 bits is reckoned in 64.
 */
#ifndef ZEROVNC_RECT_H
#define ZEROVNC_RECT_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/frame.h"

/* What both cover; width and height are 0 if that is nothing. */
struct frame_rect rect_intersect(struct frame_rect one, struct frame_rect other);

/* The smallest that holds both, of which neither is empty. */
struct frame_rect rect_unite(struct frame_rect one, struct frame_rect other);

/* Pixels. */
uint64_t rect_area(struct frame_rect rect);

/* Whether all of it lies in a picture of this size. */
bool rect_is_inside(struct frame_rect rect, uint32_t width, uint32_t height);

/* A source rectangle of KMS without what it has beyond whole pixels. */
struct frame_rect rect_from_fixed(const struct frame_rect_fixed *fixed);

#endif
