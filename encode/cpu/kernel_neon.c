/* SPDX-License-Identifier: GPL-2.0-or-later */
#if defined(__aarch64__)

#include <arm_neon.h>

#include "encode/cpu/pixel.h"

typedef uint32x4_t vector;
#define VECTOR_PIXELS          4
#define vector_load_picture(p) vld1q_u32(p)
#define vector_store(p, v)     vst1q_u32(p, v)
#define vector_xor(a, b)       veorq_u32(a, b)
#define vector_or(a, b)        vorrq_u32(a, b)
#define vector_zero()          vdupq_n_u32(0)
#define vector_mask(v)         vandq_u32(v, vdupq_n_u32(0xffffff))
#define vector_colours(v)      (vmaxvq_u32(vector_mask(v)) != 0)

static inline uint32_t vector_same(uint32x4_t a, uint32x4_t b) {
	static const uint32_t bits[4] = {1, 2, 4, 8};
	return vaddvq_u32(vandq_u32(vceqq_u32(a, b), vld1q_u32(bits)));
}

static inline uint32x4_t load_XRGB8888(const uint8_t *source) {
	return vreinterpretq_u32_u8(vld1q_u8(source));
}

static inline uint32x4_t load_BGRX8888(const uint8_t *source) {
	return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(source)));
}

static inline uint32x4_t load_XBGR8888(const uint8_t *source) {
	return vshrq_n_u32(load_BGRX8888(source), 8);
}

static inline uint32x4_t load_RGBX8888(const uint8_t *source) {
	return vshrq_n_u32(load_XRGB8888(source), 8);
}

static inline uint32x4_t put_together(uint32x4_t red, uint32x4_t green, uint32x4_t blue) {
	return vorrq_u32(vorrq_u32(vshlq_n_u32(red, 16), vshlq_n_u32(green, 8)), blue);
}

static inline uint32x4_t load_RGB565(const uint8_t *source) {
	uint32x4_t v = vmovl_u16(vreinterpret_u16_u8(vld1_u8(source)));
	uint32x4_t red = vshrq_n_u32(v, 11), green = vandq_u32(vshrq_n_u32(v, 5), vdupq_n_u32(63));
	uint32x4_t blue = vandq_u32(v, vdupq_n_u32(31));
	red = vshrq_n_u32(vmlaq_n_u32(vdupq_n_u32(23), red, 527), 6);
	green = vshrq_n_u32(vmlaq_n_u32(vdupq_n_u32(33), green, 259), 6);
	blue = vshrq_n_u32(vmlaq_n_u32(vdupq_n_u32(23), blue, 527), 6);
	return put_together(red, green, blue);
}

/* 10 bits in the low bits of each lane, as 8. */
static inline uint32x4_t from_10(uint32x4_t v) {
	uint32x4_t low = vandq_u32(v, vdupq_n_u32(1023));
	return vshrq_n_u32(vmlaq_n_u32(vdupq_n_u32(2048), low, 1021), 12);
}

static inline uint32x4_t load_XRGB2101010(const uint8_t *source) {
	uint32x4_t v = load_XRGB8888(source);
	return put_together(from_10(vshrq_n_u32(v, 20)), from_10(vshrq_n_u32(v, 10)), from_10(v));
}

static inline uint32x4_t load_XBGR2101010(const uint8_t *source) {
	uint32x4_t v = load_XRGB8888(source);
	return put_together(from_10(v), from_10(vshrq_n_u32(v, 10)), from_10(vshrq_n_u32(v, 20)));
}

/* Loads 12 bytes and none beyond, and spreads them by a table, in which an index past the end gives 0. */
static inline uint32x4_t spread_12(const uint8_t *source, const uint8_t *order) {
	uint32_t last;
	memcpy(&last, source + 8, sizeof last);
	uint8x16_t bytes = vcombine_u8(vld1_u8(source), vreinterpret_u8_u32(vdup_n_u32(last)));
	return vreinterpretq_u32_u8(vqtbl1q_u8(bytes, vld1q_u8(order)));
}

static inline uint32x4_t load_RGB888(const uint8_t *source) {
	static const uint8_t order[16] = {0, 1, 2, 99, 3, 4, 5, 99, 6, 7, 8, 99, 9, 10, 11, 99};
	return spread_12(source, order);
}

static inline uint32x4_t load_BGR888(const uint8_t *source) {
	static const uint8_t order[16] = {2, 1, 0, 99, 5, 4, 3, 99, 8, 7, 6, 99, 11, 10, 9, 99};
	return spread_12(source, order);
}

#include "encode/cpu/rows.h"

ROWS_KERNEL(kernel_neon, "NEON")

#endif
