/* SPDX-License-Identifier: GPL-2.0-or-later */
/* palette: the palette that all layers of tests have whose format needs one. */
#ifndef ZEROVNC_TESTS_PALETTE_H
#define ZEROVNC_TESTS_PALETTE_H

#include "capture/frame.h"
#include "encode/pixel_format.h"
#include "tests/encode/random.h"

/* NULL: the format needs none. */
static inline const struct frame_palette *palette_for(const struct pixel_format *format) {
	static struct frame_palette palette;
	struct random random = {.state = 256};
	if (format->model != PIXEL_PALETTE)
		return NULL;
	for (int i = 0; i < 256 && !palette.serial; i++)
		palette.colours[i] = random_below(&random, 1 << 24);
	palette.serial = 1;
	return &palette;
}

/* As pixel_format_to_xrgb(), also of numbers of colours. */
static inline uint32_t palette_pixel_to_xrgb(const struct pixel_format *format, const uint8_t *pixel) {
	const struct frame_palette *palette = palette_for(format);
	return palette ? palette->colours[*pixel] : pixel_format_to_xrgb(format, pixel);
}

#endif
