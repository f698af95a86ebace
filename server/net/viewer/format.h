/* SPDX-License-Identifier: GPL-2.0-or-later */
/* format: a viewer's pixel format, as SetPixelFormat describes it (RFC 6143, 7.4 and 7.5.1). Pure. */
#ifndef ZEROVNC_FORMAT_H
#define ZEROVNC_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "server/rfb/protocol.h"

enum format_channel { FORMAT_RED, FORMAT_GREEN, FORMAT_BLUE, FORMAT_CHANNELS };

struct format {
	uint8_t bits; /* per pixel: 8, 16 or 32 */
	uint8_t depth;
	bool big_endian;
	uint16_t max[FORMAT_CHANNELS];
	uint8_t shift[FORMAT_CHANNELS];
};

/* Reads PIXEL_FORMAT. If it asks for a colour map, returns the true-colour format that libvncserver's map
 * amounts to: 3 bits red, 3 green and 2 blue, blue highest. */
struct format format_read(const uint8_t wire[PIXEL_FORMAT_SIZE]);

/* The pixel for a colour of 8 bits a channel. Each channel is rounded to the nearest value. */
uint32_t format_pixel(const struct format *format, const uint8_t colour[FORMAT_CHANNELS]);

/* Writes a pixel in the format's byte order. Returns its size in bytes. */
unsigned format_write(const struct format *format, uint32_t pixel, uint8_t *to);

#endif
