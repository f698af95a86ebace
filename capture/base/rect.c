/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/base/rect.h"

/* The sides that are not in a rect. */
static int64_t right_of(struct rect rect) {
	return (int64_t)rect.x + rect.width;
}
static int64_t bottom_of(struct rect rect) {
	return (int64_t)rect.y + rect.height;
}

static int64_t smaller(int64_t a, int64_t b) {
	return a < b ? a : b;
}
static int64_t larger(int64_t a, int64_t b) {
	return a > b ? a : b;
}

static struct rect between(int64_t left, int64_t top, int64_t right, int64_t bottom) {
	return (struct rect){(int32_t)left, (int32_t)top, (uint32_t)(right - left), (uint32_t)(bottom - top)};
}

struct rect rect_intersect(struct rect one, struct rect other) {
	int64_t left = larger(one.x, other.x), right = smaller(right_of(one), right_of(other));
	int64_t top = larger(one.y, other.y), bottom = smaller(bottom_of(one), bottom_of(other));
	if (right <= left || bottom <= top)
		return (struct rect){0};
	return between(left, top, right, bottom);
}

struct rect rect_unite(struct rect one, struct rect other) {
	return between(smaller(one.x, other.x), smaller(one.y, other.y),
		larger(right_of(one), right_of(other)), larger(bottom_of(one), bottom_of(other)));
}

uint64_t rect_area(struct rect rect) {
	return (uint64_t)rect.width * rect.height;
}

bool rect_is_inside(struct rect rect, uint32_t width, uint32_t height) {
	return rect.x >= 0 && rect.y >= 0 && right_of(rect) <= width && bottom_of(rect) <= height;
}

struct rect rect_from_fixed(const struct rect_fixed *fixed) {
	return (struct rect){(int32_t)(fixed->x >> 16), (int32_t)(fixed->y >> 16), fixed->width >> 16,
		fixed->height >> 16};
}

bool rect_equals(struct rect one, struct rect other) {
	return one.x == other.x && one.y == other.y && one.width == other.width && one.height == other.height;
}
