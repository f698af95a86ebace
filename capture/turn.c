/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/turn.h"

#include <drm_mode.h>

/* Where a rectangle of a picture of this size lies when the picture is turned. */
static struct rect turned(enum turn turn, uint32_t width, uint32_t height, struct rect rect) {
	int32_t right = (int32_t)(width - (uint32_t)rect.x - rect.width);
	int32_t below = (int32_t)(height - (uint32_t)rect.y - rect.height);
	switch (turn) {
	case TURN_90:
		return (struct rect){below, rect.x, rect.height, rect.width};
	case TURN_180:
		return (struct rect){right, below, rect.width, rect.height};
	case TURN_270:
		return (struct rect){rect.y, right, rect.height, rect.width};
	default:
		return rect;
	}
}

/* DRM_MODE_ROTATE_* count counter-clockwise, and a reflection comes before. */
static uint32_t turned_rotation(enum turn turn, uint32_t rotation) {
	uint32_t reflection = rotation & DRM_MODE_REFLECT_MASK;
	unsigned quarters = rotation & DRM_MODE_ROTATE_90    ? 1
			    : rotation & DRM_MODE_ROTATE_180 ? 2
			    : rotation & DRM_MODE_ROTATE_270 ? 3
							     : 0;
	return 1u << (quarters + 4 - (unsigned)turn) % 4 | reflection;
}

void turn_frame(enum turn turn, struct frame *frame) {
	uint32_t width = frame->width, height = frame->height;
	if (turn == TURN_NONE)
		return;
	for (int i = 0; i < frame->layer_count; i++) {
		struct frame_layer *layer = &frame->layers[i];
		layer->destination = turned(turn, width, height, layer->destination);
		layer->rotation = turned_rotation(turn, layer->rotation);
	}
	if (turn != TURN_180) {
		frame->width = height;
		frame->height = width;
	}
}

/* The place of a pixel in the turned image. */
static struct rect turned_pixel(enum turn turn, const struct cursor *cursor, int32_t x, int32_t y) {
	return turned(turn, cursor->width, cursor->height, (struct rect){x, y, 1, 1});
}

static void turn_pixels(enum turn turn, const struct cursor *from, struct cursor *to) {
	const uint32_t *pixel = from->pixels;
	for (uint32_t y = 0; y < from->height; y++) {
		for (uint32_t x = 0; x < from->width; x++) {
			struct rect at = turned_pixel(turn, from, (int32_t)x, (int32_t)y);
			to->pixels[(uint32_t)at.y * to->width + (uint32_t)at.x] = *pixel++;
		}
	}
}

void turn_cursor(
	enum turn turn, uint32_t width, uint32_t height, const struct cursor *from, struct cursor *to) {
	struct rect place =
		turned(turn, width, height, (struct rect){from->x, from->y, from->width, from->height});
	bool same = to->shape == from->shape;
	cursor_copy(to, from);
	to->x = place.x;
	to->y = place.y;
	/* A compositor that turns a cursor's image may tell the driver where its tip was before: Xorg does.
	 */
	if (turn != TURN_NONE) {
		to->has_hotspot = false;
		to->hotspot_x = to->hotspot_y = 0;
	}
	to->width = place.width;
	to->height = place.height;
	if (!same)
		turn_pixels(turn, from, to);
}
