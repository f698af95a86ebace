/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/copies.h"

#include <string.h>

#include "encode/rfb/rectangle.h"

static bool touches(const struct rect *list, size_t count, struct rect rect) {
	for (size_t i = 0; i < count; i++)
		if (rect_area(rect_intersect(list[i], rect)))
			return true;
	return false;
}

static bool covers(const struct rect *list, size_t count, struct rect rect) {
	uint64_t area = 0;
	for (size_t i = 0; i < count; i++)
		area += rect_area(rect_intersect(list[i], rect));
	return area == rect_area(rect);
}

static bool may_copy(const struct copies_viewer *viewer, const struct move *move) {
	struct rect source = move_source(move);
	return rect_is_inside(source, viewer->width, viewer->height) &&
	       rect_is_inside(move->target, viewer->width, viewer->height) &&
	       covers(viewer->asked, viewer->asked_count, move->target) &&
	       !touches(viewer->pending, viewer->pending_count, source) &&
	       !touches(viewer->pending, viewer->pending_count, move->target);
}

void copies_choose(const struct copies_viewer *viewer, const struct moves *moves, struct copies *copies) {
	copies->count = 0;
	memcpy(copies->overlaid, viewer->overlaid, sizeof copies->overlaid);
	for (size_t i = 0; i < moves->count; i++)
		if (may_copy(viewer, &moves->list[i]))
			copies->list[copies->count++] = moves->list[i];
}

static size_t add(struct rect *list, size_t count, struct rect rect) {
	if (rect_area(rect))
		list[count++] = rect;
	return count;
}

size_t copies_spoil(const struct copies *copies, const struct rect overlaid[COPIES_OVERLAID],
	struct rect spoilt[COPIES_SPOILT]) {
	size_t count = 0;
	for (size_t i = 0; i < copies->count; i++)
		for (size_t k = 0; k < COPIES_OVERLAID; k++) {
			const struct move *move = &copies->list[i];
			struct rect with = rect_intersect(copies->overlaid[k], move_source(move));
			with.x += move->by.x;
			with.y += move->by.y;
			count = add(spoilt, count, with);
			count = add(spoilt, count, rect_intersect(overlaid[k], move->target));
		}
	return count;
}

size_t copies_write(const struct copies *copies, uint8_t *to) {
	size_t size = 0;
	for (size_t i = 0; i < copies->count; i++) {
		const struct rect *target = &copies->list[i].target;
		struct rect source = move_source(&copies->list[i]);
		size += rectangle_write(to + size, (uint16_t)target->x, (uint16_t)target->y,
			(uint16_t)target->width, (uint16_t)target->height, ENCODING_COPYRECT);
		bytes_put16(to + size, (uint16_t)source.x);
		bytes_put16(to + size + 2, (uint16_t)source.y);
		size += 4;
	}
	return size;
}
