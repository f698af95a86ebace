/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * format: the pixels that a viewer is sent: RFC 6143, 7.4 (PIXEL_FORMAT), in true colour. Pure.
 */
#ifndef ZEROVNC_FORMAT_H
#define ZEROVNC_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum format_channel { FORMAT_RED, FORMAT_GREEN, FORMAT_BLUE, FORMAT_CHANNELS };

struct format {
	uint8_t bits; /* per pixel: 8, 16 or 32 */
	uint8_t depth;
	bool big_endian;
	uint16_t max[FORMAT_CHANNELS];
	uint8_t shift[FORMAT_CHANNELS];
};

/* The picture's own pixels (encode/picture.h), as a little-endian viewer has them. */
extern const struct format format_native;

/* Whether both are the same. */
bool format_equals(const struct format *one, const struct format *other);

/* The pixel for a colour of 8 bits a channel. Each channel is rounded to the nearest value. */
uint32_t format_pixel(const struct format *format, const uint8_t colour[FORMAT_CHANNELS]);

/* Writes a pixel in the format's byte order. Returns its size in bytes. */
unsigned format_write(const struct format *format, uint32_t pixel, uint8_t *to);

/* format_pixel() for whole rows of the picture. */
struct format_table {
	bool native; /* the picture's pixels (encode/picture.h) are the viewer's */
	uint32_t pixels[FORMAT_CHANNELS][256];
};

void format_table_init(struct format_table *table, const struct format *format);

/* Translates 0x00RRGGBB. They do not overlap. */
void format_translate(const struct format_table *table, const uint32_t *pixels, uint32_t *to, size_t count);

#endif
