/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/overlay.h"

#include <string.h>

#include "server/cursor.h"

/* The part of a rectangle that lies inside; width 0: none does. */
static struct frame_rect clip(int64_t x, int64_t y, uint32_t width, uint32_t height, uint32_t inside_width,
	uint32_t inside_height) {
	int64_t right = x + width, bottom = y + height;
	x = x < 0 ? 0 : x;
	y = y < 0 ? 0 : y;
	right = right > inside_width ? inside_width : right;
	bottom = bottom > inside_height ? inside_height : bottom;
	if (x >= right || y >= bottom)
		return (struct frame_rect){0};
	return (struct frame_rect){(int32_t)x, (int32_t)y, (uint32_t)(right - x), (uint32_t)(bottom - y)};
}

void overlay_copy(
	const struct overlay_canvas *canvas, const struct picture *picture, struct frame_rect rectangle) {
	uint32_t width = picture->width < canvas->width ? picture->width : canvas->width;
	uint32_t height = picture->height < canvas->height ? picture->height : canvas->height;
	struct frame_rect part =
		clip(rectangle.x, rectangle.y, rectangle.width, rectangle.height, width, height);
	for (uint32_t y = 0; y < part.height; y++) {
		size_t row = (size_t)part.y + y, column = (size_t)part.x * 4;
		memcpy(canvas->pixels + row * canvas->stride + column,
			picture->pixels + row * picture->stride + column, (size_t)part.width * 4);
	}
}

/* What of the canvas the picture does not reach is black. */
static void clear(const struct overlay_canvas *canvas, struct frame_rect rectangle) {
	for (uint32_t y = 0; y < rectangle.height; y++)
		memset(canvas->pixels + ((size_t)rectangle.y + y) * canvas->stride + (size_t)rectangle.x * 4,
			0, (size_t)rectangle.width * 4);
}

size_t overlay_update(struct overlay *overlay, const struct cursor *cursor,
	const struct overlay_canvas *canvas, const struct picture *picture, struct frame_rect changed[2]) {
	struct frame_rect before = overlay->painted, now = {0};
	if (before.width) {
		clear(canvas, before);
		overlay_copy(canvas, picture, before);
	}
	bool shown = cursor && cursor->visible && cursor->placed && cursor->shape;
	if (shown)
		now = clip(
			cursor->x, cursor->y, cursor->width, cursor->height, canvas->width, canvas->height);
	if (now.width)
		cursor_paint(cursor, cursor->x, cursor->y, canvas->pixels, canvas->stride, canvas->width,
			canvas->height);
	bool same = shown && !cursor_differs(cursor, &overlay->cursor) && before.width == now.width;
	overlay->painted = now;
	if (shown)
		cursor_copy(&overlay->cursor, cursor);
	size_t count = 0;
	if (!same && before.width)
		changed[count++] = before;
	if (!same && now.width)
		changed[count++] = now;
	return count;
}
