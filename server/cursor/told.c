/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/cursor/told.h"

#include <string.h>

#include "encode/rfb/rectangle.h"
#include "server/net/viewer/extensions.h"
#include "server/net/viewer/viewer.h"

/* Writes the shape if the viewer takes shapes and does not have this one. */
static size_t write_shape(
	struct told *told, const struct viewer *viewer, const struct told_news *news, uint8_t *to) {
	int32_t encoding = viewer_choose_encoding(viewer, extensions_cursor_shapes);
	const uint8_t *format = viewer_pixel_format(viewer);
	uint64_t shape = news->shown ? news->cursor->shape : 0;
	bool same =
		told->encoding == encoding && told->shape == shape && told->hotspot_x == news->hotspot_x &&
		told->hotspot_y == news->hotspot_y &&
		(encoding != ENCODING_RICH_CURSOR || memcmp(told->format, format, sizeof told->format) == 0);
	bool none = !shape && !told->shape; /* an empty shape only removes one that was sent before */
	if (encoding == 0 || same || none)
		return 0;
	told->encoding = encoding;
	told->shape = shape;
	told->hotspot_x = news->hotspot_x;
	told->hotspot_y = news->hotspot_y;
	memcpy(told->format, format, sizeof told->format);
	return cursor_write_shape(to, encoding, news->cursor, news->hotspot_x, news->hotspot_y, format);
}

/* Viewers that ask for VMware's position move their own pointer there (see warp.h). So they are not told
 * without a warp, not even when they join. */
static bool may_tell_place(
	const struct told *told, const struct told_news *news, bool moves, int32_t encoding) {
	if (encoding != ENCODING_VMWARE_POSITION)
		return !moves;
	return !news->moved && told->warps != news->warps;
}

static size_t write_position(struct told *told, const struct viewer *viewer, const struct told_news *news,
	bool moves, uint8_t *to) {
	int32_t encoding = viewer_choose_encoding(viewer, extensions_cursor_places), x = news->x, y = news->y;
	if (!encoding || !news->placed || x < 0 || y < 0 || x > UINT16_MAX || y > UINT16_MAX)
		return 0;
	bool knows = told->place == encoding && !told->has_moved && told->x == x && told->y == y;
	if (knows || !may_tell_place(told, news, moves, encoding))
		return 0;
	told->place = encoding;
	told->x = x;
	told->y = y;
	told->has_moved = false;
	told->warps = news->warps;
	return cursor_write_position(to, encoding, (uint16_t)x, (uint16_t)y);
}

static size_t write_leds(
	struct told *told, const struct viewer *viewer, const struct told_news *news, uint8_t *to) {
	if (!news->leds_known || (told->leds_told && told->leds == news->leds) ||
		!viewer_has_encoding(viewer, ENCODING_QEMU_LEDS))
		return 0;
	told->leds_told = true;
	told->leds = news->leds;
	to += rectangle_write(to, 0, 0, 0, 0, ENCODING_QEMU_LEDS);
	*to = (uint8_t)news->leds;
	return TOLD_LEDS_SIZE;
}

size_t told_write(struct told *told, const struct viewer *viewer, const struct told_news *news, bool moves,
	uint8_t *to, unsigned *count) {
	size_t shape = write_shape(told, viewer, news, to);
	size_t position = write_position(told, viewer, news, moves, to + shape);
	size_t leds = write_leds(told, viewer, news, to + shape + position);
	*count += (shape ? 1u : 0) + (position ? 1u : 0) + (leds ? 1u : 0);
	return shape + position + leds;
}
