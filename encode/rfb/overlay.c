/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/overlay.h"

static uint32_t over(uint32_t above, uint32_t below) {
	uint32_t rest = 255 - (above >> 24), sum = 0;
	for (int shift = 0; shift < 24; shift += 8) {
		uint32_t product = (below >> shift & 0xff) * rest + 128;
		uint32_t channel = (above >> shift & 0xff) + ((product + (product >> 8)) >> 8);
		sum |= (channel > 255 ? 255 : channel) << shift;
	}
	return sum;
}

void cursor_paint(const struct cursor *cursor, int32_t x, int32_t y, uint8_t *pixels, size_t stride,
	uint32_t width, uint32_t height) {
	for (uint32_t row = 0; row < cursor->height; row++) {
		int64_t line = (int64_t)y + row;
		if (line < 0 || line >= height)
			continue;
		uint32_t *to = (uint32_t *)(pixels + (size_t)line * stride);
		for (uint32_t column = 0; column < cursor->width; column++) {
			int64_t at = (int64_t)x + column;
			if (at >= 0 && at < width)
				to[at] = over(cursor->pixels[(size_t)row * cursor->width + column], to[at]);
		}
	}
}

/* Returns the part of the cursor that lies on the pixels; width 0: none. */
static struct rect place_of(const struct cursor *cursor, uint32_t width, uint32_t height) {
	int64_t x = cursor->x, y = cursor->y, right = x + cursor->width, bottom = y + cursor->height;
	x = x < 0 ? 0 : x;
	y = y < 0 ? 0 : y;
	right = right > width ? width : right;
	bottom = bottom > height ? height : bottom;
	if (x >= right || y >= bottom)
		return (struct rect){0};
	return (struct rect){(int32_t)x, (int32_t)y, (uint32_t)(right - x), (uint32_t)(bottom - y)};
}

size_t overlay_move(struct overlay *overlay, const struct cursor *cursor, uint32_t width, uint32_t height,
	struct rect changed[2]) {
	struct rect before = overlay->painted, now = {0};
	bool shown = cursor && cursor->visible && cursor->placed && cursor->shape;
	if (shown)
		now = place_of(cursor, width, height);
	bool same = shown && !cursor_differs(cursor, &overlay->cursor) && before.width == now.width &&
		    before.height == now.height;
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

bool overlay_touches(const struct overlay *overlay, const struct rect *part) {
	const struct rect *cursor = &overlay->painted;
	return cursor->width && cursor->x < part->x + (int64_t)part->width &&
	       part->x < cursor->x + (int64_t)cursor->width && cursor->y < part->y + (int64_t)part->height &&
	       part->y < cursor->y + (int64_t)cursor->height;
}

void overlay_paint(const struct overlay *overlay, const struct rect *part, uint8_t *pixels, size_t stride) {
	if (overlay_touches(overlay, part))
		cursor_paint(&overlay->cursor, overlay->cursor.x - part->x, overlay->cursor.y - part->y,
			pixels, stride, part->width, part->height);
}
