/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/viewer/format.h"

#include "server/rfb/bytes.h"

static const struct format mapped = {.bits = 8, .depth = 8, .max = {7, 7, 3}, .shift = {0, 3, 6}};

struct format format_read(const uint8_t wire[16]) {
	if (!wire[3])
		return mapped;
	struct format format = {.bits = wire[0], .depth = wire[1], .big_endian = wire[2]};
	for (int i = 0; i < FORMAT_CHANNELS; i++) {
		format.max[i] = bytes_get16(wire + 4 + 2 * i);
		format.shift[i] = wire[10 + i];
	}
	return format;
}

uint32_t format_pixel(const struct format *format, const uint8_t colour[FORMAT_CHANNELS]) {
	uint32_t pixel = 0;
	for (int i = 0; i < FORMAT_CHANNELS; i++)
		pixel |= (colour[i] * (uint32_t)format->max[i] + 127) / 255 << (format->shift[i] & 31);
	return pixel;
}

unsigned format_write(const struct format *format, uint32_t pixel, uint8_t *to) {
	unsigned size = format->bits / 8u;
	for (unsigned i = 0; i < size; i++)
		to[i] = (uint8_t)(pixel >> 8 * (format->big_endian ? size - 1 - i : i));
	return size;
}
