/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/region.h"

#include <stdlib.h>
#include <string.h>

void region_finish(struct region *region) {
	free(region->many);
	*region = (struct region){0};
}

static struct rect *rects(struct region *region) {
	return region->many ? region->many : region->few;
}

static size_t room(const struct region *region) {
	return region->many ? region->capacity : REGION_FEW;
}

static bool grow(struct region *region) {
	size_t capacity = 2 * room(region);
	struct rect *many = realloc(region->many, capacity * sizeof *many);
	if (!many)
		return false;
	if (!region->many)
		memcpy(many, region->few, sizeof region->few);
	region->many = many;
	region->capacity = capacity;
	return true;
}

void region_append(struct region *region, struct rect rect) {
	if (!rect_area(rect))
		return;
	if (region->count == room(region) && !grow(region)) {
		for (size_t i = 0; i < region->count; i++)
			rect = rect_unite(rect, rects(region)[i]);
		region->count = 0;
	}
	rects(region)[region->count++] = rect;
}

/* What is left of a rectangle around the hole that lies in it: above, below, left and right of it. */
static void append_around(struct region *region, const struct rect *rect, const struct rect *hole) {
	int64_t x = rect->x, y = rect->y, right = x + rect->width, bottom = y + rect->height;
	int64_t hole_right = (int64_t)hole->x + hole->width, hole_bottom = (int64_t)hole->y + hole->height;
	region_append(region, (struct rect){rect->x, rect->y, rect->width, (uint32_t)(hole->y - y)});
	region_append(region,
		(struct rect){rect->x, (int32_t)hole_bottom, rect->width, (uint32_t)(bottom - hole_bottom)});
	region_append(region, (struct rect){rect->x, hole->y, (uint32_t)(hole->x - x), hole->height});
	region_append(region,
		(struct rect){(int32_t)hole_right, hole->y, (uint32_t)(right - hole_right), hole->height});
}

/* The last rectangle takes the place of one that is taken apart, and the parts come behind it: none of them
 * has anything of the hole. */
void region_subtract(struct region *region, struct rect rect) {
	for (size_t i = 0; i < region->count;) {
		struct rect whole = rects(region)[i], hole = rect_intersect(whole, rect);
		if (!rect_area(hole)) {
			i++;
			continue;
		}
		size_t left = --region->count;
		rects(region)[i] = rects(region)[left];
		append_around(region, &whole, &hole);
		if (region->count < left)
			return; /* memory ran out, and it is its bounding box */
	}
}

bool region_covers(const struct region *region, struct rect rect) {
	uint64_t covered = 0;
	for (size_t i = 0; i < region->count; i++)
		covered += rect_area(rect_intersect(region_rects(region)[i], rect));
	return covered == rect_area(rect);
}

void region_add(struct region *region, struct rect rect) {
	if (region_covers(region, rect))
		return;
	region_subtract(region, rect);
	region_append(region, rect);
}

void region_intersect(const struct region *one, const struct region *other, struct region *to) {
	region_clear(to);
	for (size_t i = 0; i < one->count; i++)
		for (size_t k = 0; k < other->count; k++)
			region_append(to, rect_intersect(region_rects(one)[i], region_rects(other)[k]));
}

/* The rectangles of one region do not overlap. */
void region_add_all(struct region *region, const struct region *other) {
	const bool any = !region_is_empty(region);
	for (size_t i = 0; i < other->count; i++)
		if (any)
			region_add(region, region_rects(other)[i]);
		else
			region_append(region, region_rects(other)[i]);
}
