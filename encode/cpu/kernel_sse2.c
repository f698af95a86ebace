/* SPDX-License-Identifier: GPL-2.0-or-later */
#if defined(__x86_64__)

#include <emmintrin.h>

#include "encode/cpu/pixel.h"

typedef __m128i vector;
#define VECTOR_PIXELS          4
#define vector_load_picture(p) _mm_loadu_si128((const __m128i *)(p))
#define vector_store(p, v)     _mm_storeu_si128((__m128i *)(p), v)
#define vector_xor(a, b)       _mm_xor_si128(a, b)
#define vector_or(a, b)        _mm_or_si128(a, b)
#define vector_zero()          _mm_setzero_si128()
#define vector_mask(v)         _mm_and_si128(v, _mm_set1_epi32(0xffffff))

static inline int vector_colours(__m128i v) {
	__m128i equal = _mm_cmpeq_epi8(v, _mm_setzero_si128());
	return (_mm_movemask_epi8(equal) & 0x7777) != 0x7777;
}

static inline uint32_t vector_same(__m128i a, __m128i b) {
	return (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(a, b)));
}

static inline __m128i load_XRGB8888(const uint8_t *source) {
	return _mm_loadu_si128((const __m128i *)source);
}

static inline __m128i load_XBGR8888(const uint8_t *source) {
	__m128i v = _mm_loadu_si128((const __m128i *)source);
	__m128i red = _mm_slli_epi32(_mm_and_si128(v, _mm_set1_epi32(0xff)), 16);
	__m128i green = _mm_and_si128(v, _mm_set1_epi32(0xff00));
	__m128i blue = _mm_and_si128(_mm_srli_epi32(v, 16), _mm_set1_epi32(0xff));
	return _mm_or_si128(_mm_or_si128(red, green), blue);
}

static inline __m128i load_RGBX8888(const uint8_t *source) {
	return _mm_srli_epi32(_mm_loadu_si128((const __m128i *)source), 8);
}

static inline __m128i load_BGRX8888(const uint8_t *source) {
	__m128i v = _mm_loadu_si128((const __m128i *)source);
	__m128i red = _mm_and_si128(_mm_slli_epi32(v, 8), _mm_set1_epi32(0xff0000));
	__m128i green = _mm_and_si128(_mm_srli_epi32(v, 8), _mm_set1_epi32(0xff00));
	return _mm_or_si128(_mm_or_si128(red, green), _mm_srli_epi32(v, 24));
}

static inline __m128i load_RGB565(const uint8_t *source) {
	__m128i v = _mm_unpacklo_epi16(_mm_loadl_epi64((const __m128i *)source), _mm_setzero_si128());
	__m128i five = _mm_set1_epi32(31), six = _mm_set1_epi32(63);
	__m128i red = _mm_srli_epi32(v, 11), green = _mm_and_si128(_mm_srli_epi32(v, 5), six);
	__m128i blue = _mm_and_si128(v, five);
	/* The products fit in 16 bits, and the upper halves are 0. */
	red = _mm_add_epi32(_mm_mullo_epi16(red, _mm_set1_epi32(527)), _mm_set1_epi32(23));
	green = _mm_add_epi32(_mm_mullo_epi16(green, _mm_set1_epi32(259)), _mm_set1_epi32(33));
	blue = _mm_add_epi32(_mm_mullo_epi16(blue, _mm_set1_epi32(527)), _mm_set1_epi32(23));
	red = _mm_slli_epi32(_mm_srli_epi32(red, 6), 16);
	green = _mm_slli_epi32(_mm_srli_epi32(green, 6), 8);
	return _mm_or_si128(_mm_or_si128(red, green), _mm_srli_epi32(blue, 6));
}

/* 10 bits in the low bits of each lane, as 8. */
static inline __m128i from_10(__m128i v) {
	__m128i low = _mm_and_si128(v, _mm_set1_epi32(1023));
	__m128i product = _mm_madd_epi16(low, _mm_set1_epi32(1021));
	return _mm_srli_epi32(_mm_add_epi32(product, _mm_set1_epi32(2048)), 12);
}

static inline __m128i load_XRGB2101010(const uint8_t *source) {
	__m128i v = _mm_loadu_si128((const __m128i *)source);
	__m128i red = _mm_slli_epi32(from_10(_mm_srli_epi32(v, 20)), 16);
	__m128i green = _mm_slli_epi32(from_10(_mm_srli_epi32(v, 10)), 8);
	return _mm_or_si128(_mm_or_si128(red, green), from_10(v));
}

static inline __m128i load_XBGR2101010(const uint8_t *source) {
	__m128i v = _mm_loadu_si128((const __m128i *)source);
	__m128i red = _mm_slli_epi32(from_10(v), 16);
	__m128i green = _mm_slli_epi32(from_10(_mm_srli_epi32(v, 10)), 8);
	return _mm_or_si128(_mm_or_si128(red, green), from_10(_mm_srli_epi32(v, 20)));
}

static inline __m128i load_RGB888(const uint8_t *source) {
	return _mm_set_epi32((int)pixel_RGB888(source + 9), (int)pixel_RGB888(source + 6),
		(int)pixel_RGB888(source + 3), (int)pixel_RGB888(source));
}

static inline __m128i load_BGR888(const uint8_t *source) {
	return _mm_set_epi32((int)pixel_BGR888(source + 9), (int)pixel_BGR888(source + 6),
		(int)pixel_BGR888(source + 3), (int)pixel_BGR888(source));
}

#include "encode/cpu/rows.h"

ROWS_KERNEL(kernel_sse2, "SSE2")

#endif
