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

static bool differs_in_place(const struct cursor *one, const struct cursor *other) {
	return one->x != other->x || one->y != other->y;
}

static bool differs_in_look(const struct cursor *one, const struct cursor *other) {
	return one->visible != other->visible || one->placed != other->placed || one->shape != other->shape ||
	       one->has_hotspot != other->has_hotspot || one->hotspot_x != other->hotspot_x ||
	       one->hotspot_y != other->hotspot_y;
}

bool cursor_differs(const struct cursor *one, const struct cursor *other) {
	return differs_in_place(one, other) || differs_in_look(one, other);
}

bool cursor_differs_in_place_only(const struct cursor *one, const struct cursor *other) {
	return differs_in_place(one, other) && !differs_in_look(one, other);
}
