/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/format.h"

#include <string.h>

const struct format format_native = {.bits = 32, .depth = 24, .max = {255, 255, 255}, .shift = {16, 8, 0}};

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

bool format_equals(const struct format *one, const struct format *other) {
	bool same = one->bits == other->bits && one->depth == other->depth &&
		    one->big_endian == other->big_endian;
	for (int i = 0; i < FORMAT_CHANNELS; i++)
		same = same && one->max[i] == other->max[i] && one->shift[i] == other->shift[i];
	return same;
}

/* --- pixels of the picture --- */

static bool is_native(const struct format *format) {
	static const uint8_t shifts[FORMAT_CHANNELS] = {16, 8, 0};
	for (int i = 0; i < FORMAT_CHANNELS; i++)
		if (format->max[i] != 255 || format->shift[i] != shifts[i])
			return false;
	return true;
}

void format_table_init(struct format_table *table, const struct format *format) {
	table->native = is_native(format);
	for (int i = 0; i < FORMAT_CHANNELS; i++)
		for (unsigned value = 0; value < 256; value++) {
			uint8_t colour[FORMAT_CHANNELS] = {0};
			colour[i] = (uint8_t)value;
			table->pixels[i][value] = format_pixel(format, colour);
		}
}

void format_translate(const struct format_table *table, const uint32_t *pixels, uint32_t *to, size_t count) {
	if (table->native) {
		memcpy(to, pixels, count * sizeof *to);
		return;
	}
	for (size_t i = 0; i < count; i++)
		to[i] = table->pixels[FORMAT_RED][pixels[i] >> 16 & 0xff] |
			table->pixels[FORMAT_GREEN][pixels[i] >> 8 & 0xff] |
			table->pixels[FORMAT_BLUE][pixels[i] & 0xff];
}
