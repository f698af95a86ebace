/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pixel: one pixel of each kernel shape as 0x00RRGGBB. The plain C kernel consists of these functions, and
 * the other kernels use them for the pixels that do not fill a vector.
 *
 * The products apply the rule of pixel_format.h without a division. They are exact for every possible value.
 */
#ifndef ZEROVNC_CPU_PIXEL_H
#define ZEROVNC_CPU_PIXEL_H

#include <stdint.h>
#include <string.h>

/* For loops whose parameters are constants where they are called. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

static inline uint32_t pixel_from_5(uint32_t value) {
	return (value * 527 + 23) >> 6;
}

static inline uint32_t pixel_from_6(uint32_t value) {
	return (value * 259 + 33) >> 6;
}

static inline uint32_t pixel_from_10(uint32_t value) {
	return (value * 1021 + 2048) >> 12;
}

static inline uint32_t pixel_load(const uint8_t *source) {
	uint32_t value;
	memcpy(&value, source, sizeof value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	value = __builtin_bswap32(value);
#endif
	return value;
}

/* A pixel of 1 to 8 bytes as a number. Callers whose `bytes` is a constant get a plain load. */
static ALWAYS_INLINE uint64_t pixel_load_bytes(const uint8_t *source, unsigned bytes) {
	uint64_t value = 0;
	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)source[i] << 8 * i;
	return value;
}

static inline uint32_t pixel_XRGB8888(const uint8_t *source) {
	return pixel_load(source) & 0xffffff;
}

static inline uint32_t pixel_XBGR8888(const uint8_t *source) {
	uint32_t value = pixel_load(source);
	return (value & 0xff) << 16 | (value & 0xff00) | (value >> 16 & 0xff);
}

static inline uint32_t pixel_RGBX8888(const uint8_t *source) {
	return pixel_load(source) >> 8;
}

static inline uint32_t pixel_BGRX8888(const uint8_t *source) {
	return __builtin_bswap32(pixel_load(source)) & 0xffffff;
}

static inline uint32_t pixel_RGB565(const uint8_t *source) {
	uint32_t value = source[0] | (uint32_t)source[1] << 8;
	return pixel_from_5(value >> 11) << 16 | pixel_from_6(value >> 5 & 63) << 8 |
	       pixel_from_5(value & 31);
}

static inline uint32_t pixel_XRGB2101010(const uint8_t *source) {
	uint32_t value = pixel_load(source);
	return pixel_from_10(value >> 20 & 1023) << 16 | pixel_from_10(value >> 10 & 1023) << 8 |
	       pixel_from_10(value & 1023);
}

static inline uint32_t pixel_XBGR2101010(const uint8_t *source) {
	uint32_t value = pixel_load(source);
	return pixel_from_10(value & 1023) << 16 | pixel_from_10(value >> 10 & 1023) << 8 |
	       pixel_from_10(value >> 20 & 1023);
}

static inline uint32_t pixel_RGB888(const uint8_t *source) {
	return source[0] | (uint32_t)source[1] << 8 | (uint32_t)source[2] << 16;
}

static inline uint32_t pixel_BGR888(const uint8_t *source) {
	return source[2] | (uint32_t)source[1] << 8 | (uint32_t)source[0] << 16;
}

#endif
