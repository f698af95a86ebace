/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/cursor.h"

#include <stddef.h>
#include <string.h>

void cursor_copy(struct cursor *to, const struct cursor *from) {
	if (to->shape != from->shape)
		memcpy(to->pixels, from->pixels, (size_t)from->width * from->height * sizeof from->pixels[0]);
	to->visible = from->visible;
	to->placed = from->placed;
	to->x = from->x;
	to->y = from->y;
	to->shape = from->shape;
	to->has_hotspot = from->has_hotspot;
	to->hotspot_x = from->hotspot_x;
	to->hotspot_y = from->hotspot_y;
	to->width = from->width;
	to->height = from->height;
}

bool cursor_differs(const struct cursor *one, const struct cursor *other) {
	return one->visible != other->visible || one->placed != other->placed || one->x != other->x ||
	       one->y != other->y || one->shape != other->shape || one->has_hotspot != other->has_hotspot ||
	       one->hotspot_x != other->hotspot_x || one->hotspot_y != other->hotspot_y;
}
