/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rgb: pixels as three bytes each. Pure. */
#ifndef ZEROVNC_RFB_RGB_H
#define ZEROVNC_RFB_RGB_H

#include <stdint.h>
#include <string.h>

/* A pixel 0x00RRGGBB whose red byte is the first in memory, and whose last one is 0. */
static inline uint32_t rgb_in_memory(uint32_t pixel) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return pixel << 8;
#else
	return __builtin_bswap32(pixel) >> 8;
#endif
}

/* A pixel whose lowest byte is the first in memory. */
static inline uint32_t rgb_lowest_first(uint32_t pixel) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return __builtin_bswap32(pixel);
#else
	return pixel;
#endif
}

static inline void rgb_write(
	uint8_t *to, const uint32_t *pixels, size_t count, uint32_t in_memory(uint32_t pixel)) {
	size_t i = 0;
	for (; i + 1 < count; i++, to += 3) { /* four bytes at a time, of which the next pixel replaces one */
		uint32_t pixel = in_memory(pixels[i]);
		memcpy(to, &pixel, sizeof pixel);
	}
	for (; i < count; i++) {
		uint32_t pixel = in_memory(pixels[i]);
		memcpy(to, &pixel, 3);
	}
}

/* Writes pixels 0x00RRGGBB as red, green and blue, and no byte more. */
static inline void rgb_pack(uint8_t *to, const uint32_t *pixels, size_t count) {
	rgb_write(to, pixels, count, rgb_in_memory);
}

/* Writes the lower three bytes of pixels, the lowest one first, and no byte more. */
static inline void rgb_pack_lowest(uint8_t *to, const uint32_t *pixels, size_t count) {
	rgb_write(to, pixels, count, rgb_lowest_first);
}

#endif
