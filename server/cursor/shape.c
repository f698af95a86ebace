/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/cursor/shape.h"

#include <stdbool.h>
#include <string.h>

#include "encode/rfb/bytes.h"
#include "encode/rfb/rectangle.h"
#include "server/rfb/format.h"

size_t cursor_write_position(uint8_t *to, int32_t encoding, uint16_t x, uint16_t y) {
	return rectangle_write(to, x, y, 0, 0, encoding);
}

/* --- shapes --- */

static uint8_t plain(uint32_t channel, uint32_t alpha) {
	uint32_t value = alpha ? (channel * 255 + alpha / 2) / alpha : 0;
	return (uint8_t)(value > 255 ? 255 : value);
}

/* Drivers keep colours multiplied by alpha. These encodings do not. */
static void get_colour(uint32_t pixel, uint8_t colour[3]) {
	uint32_t alpha = pixel >> 24;
	for (int i = 0; i < 3; i++)
		colour[i] = plain(pixel >> (16 - 8 * i) & 0xff, alpha);
}

static uint8_t *write_rich(uint8_t *to, const struct cursor *cursor, const struct format *format) {
	size_t count = (size_t)cursor->width * cursor->height;
	for (size_t i = 0; i < count; i++) {
		uint8_t colour[FORMAT_CHANNELS];
		get_colour(cursor->pixels[i], colour);
		to += format_write(format, format_pixel(format, colour), to);
	}
	size_t mask_stride = (cursor->width + 7) / 8;
	memset(to, 0, mask_stride * cursor->height);
	for (uint32_t y = 0; y < cursor->height; y++)
		for (uint32_t x = 0; x < cursor->width; x++)
			if (cursor->pixels[(size_t)y * cursor->width + x] >> 31)
				to[y * mask_stride + x / 8] |= (uint8_t)(0x80 >> x % 8);
	return to + mask_stride * cursor->height;
}

static uint8_t *write_alpha(uint8_t *to, const struct cursor *cursor) {
	size_t count = (size_t)cursor->width * cursor->height;
	for (size_t i = 0; i < count; i++, to += 4) {
		uint32_t pixel = cursor->pixels[i];
		to[0] = (uint8_t)(pixel >> 16);
		to[1] = (uint8_t)(pixel >> 8);
		to[2] = (uint8_t)pixel;
		to[3] = (uint8_t)(pixel >> 24);
	}
	return to;
}

static uint8_t *write_vmware(uint8_t *to, const struct cursor *cursor) {
	size_t count = (size_t)cursor->width * cursor->height;
	for (size_t i = 0; i < count; i++, to += 4) {
		get_colour(cursor->pixels[i], to);
		to[3] = (uint8_t)(cursor->pixels[i] >> 24);
	}
	return to;
}

static uint16_t clamp(int32_t value, uint32_t size) {
	if (value < 0 || size == 0)
		return 0;
	return (uint16_t)((uint32_t)value < size ? (uint32_t)value : size - 1);
}

size_t cursor_write_shape(uint8_t *to, int32_t encoding, const struct cursor *cursor, int32_t hotspot_x,
	int32_t hotspot_y, const uint8_t wire[16]) {
	bool there = cursor->visible && cursor->shape;
	uint32_t width = there ? cursor->width : 0, height = there ? cursor->height : 0;
	uint8_t *at = to + rectangle_write(to, clamp(hotspot_x, width), clamp(hotspot_y, height),
				   (uint16_t)width, (uint16_t)height, encoding);
	if (encoding == ENCODING_CURSOR_WITH_ALPHA) {
		bytes_put32(at, ENCODING_RAW);
		at = there ? write_alpha(at + 4, cursor) : at + 4;
	} else if (encoding == ENCODING_VMWARE_CURSOR) {
		bytes_put16(at, VMWARE_CURSOR_ALPHA);
		at = there ? write_vmware(at + 2, cursor) : at + 2;
	} else if (there) {
		struct format format = format_read(wire);
		at = write_rich(at, cursor, &format);
	}
	return (size_t)(at - to);
}
