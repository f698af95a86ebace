/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiled with -mavx2, so nothing here may run before kernel_at() has checked the processor. */
#if defined(__x86_64__)

#include <immintrin.h>

#include "encode/cpu/pixel.h"

typedef __m256i vector;
#define VECTOR_PIXELS          8
#define vector_load_picture(p) _mm256_loadu_si256((const __m256i *)(p))
#define vector_store(p, v)     _mm256_storeu_si256((__m256i *)(p), v)
#define vector_xor(a, b)       _mm256_xor_si256(a, b)
#define vector_or(a, b)        _mm256_or_si256(a, b)
#define vector_zero()          _mm256_setzero_si256()
#define vector_mask(v)         _mm256_and_si256(v, _mm256_set1_epi32(0xffffff))
#define vector_colours(v)      (!_mm256_testz_si256(v, _mm256_set1_epi32(0xffffff)))

static inline uint32_t vector_same(__m256i a, __m256i b) {
	return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)));
}

static inline __m256i load_XRGB8888(const uint8_t *source) {
	return _mm256_loadu_si256((const __m256i *)source);
}

static inline __m256i load_XBGR8888(const uint8_t *source) {
	const __m256i order = _mm256_broadcastsi128_si256(
		_mm_setr_epi8(2, 1, 0, -1, 6, 5, 4, -1, 10, 9, 8, -1, 14, 13, 12, -1));
	return _mm256_shuffle_epi8(_mm256_loadu_si256((const __m256i *)source), order);
}

static inline __m256i load_RGBX8888(const uint8_t *source) {
	return _mm256_srli_epi32(_mm256_loadu_si256((const __m256i *)source), 8);
}

static inline __m256i load_BGRX8888(const uint8_t *source) {
	const __m256i order = _mm256_broadcastsi128_si256(
		_mm_setr_epi8(3, 2, 1, -1, 7, 6, 5, -1, 11, 10, 9, -1, 15, 14, 13, -1));
	return _mm256_shuffle_epi8(_mm256_loadu_si256((const __m256i *)source), order);
}

/*
 * The rule of pixel_format.h in 16-bit lanes. This rounds (x * factor) / 2^15 to the nearest integer, which
 * is exact for 5 bits << 4 and factor 16845, for 6 bits << 5 and 4145, and for 10 bits and 8168. So red and
 * blue, which are one lane apart, need one product, and end up where XRGB8888 has them.
 */
static inline __m256i widen(__m256i red_and_blue, __m256i green, int factor, int green_factor) {
	red_and_blue = _mm256_mulhrs_epi16(red_and_blue, _mm256_set1_epi16((short)factor));
	green = _mm256_mulhrs_epi16(green, _mm256_set1_epi16((short)green_factor));
	return _mm256_or_si256(red_and_blue, _mm256_slli_epi32(green, 8));
}

static inline __m256i load_RGB565(const uint8_t *source) {
	__m256i v = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)source));
	__m256i blue = _mm256_and_si256(_mm256_slli_epi32(v, 4), _mm256_set1_epi32(31 << 4));
	__m256i red = _mm256_and_si256(_mm256_slli_epi32(v, 9), _mm256_set1_epi32(31 << 20));
	__m256i green = _mm256_and_si256(v, _mm256_set1_epi32(63 << 5));
	return widen(_mm256_or_si256(red, blue), green, 16845, 4145);
}

static inline __m256i load_XRGB2101010(const uint8_t *source) {
	__m256i v = _mm256_loadu_si256((const __m256i *)source);
	__m256i blue = _mm256_and_si256(v, _mm256_set1_epi32(1023));
	__m256i red = _mm256_and_si256(_mm256_srli_epi32(v, 4), _mm256_set1_epi32(1023 << 16));
	__m256i green = _mm256_and_si256(_mm256_srli_epi32(v, 10), _mm256_set1_epi32(1023));
	return widen(_mm256_or_si256(red, blue), green, 8168, 8168);
}

static inline __m256i load_XBGR2101010(const uint8_t *source) {
	__m256i v = _mm256_loadu_si256((const __m256i *)source);
	__m256i blue = _mm256_and_si256(_mm256_srli_epi32(v, 20), _mm256_set1_epi32(1023));
	__m256i red = _mm256_slli_epi32(_mm256_and_si256(v, _mm256_set1_epi32(1023)), 16);
	__m256i green = _mm256_and_si256(_mm256_srli_epi32(v, 10), _mm256_set1_epi32(1023));
	return widen(_mm256_or_si256(red, blue), green, 8168, 8168);
}

/* Loads 24 bytes and none beyond: pixels 0-3 at the start of the first half, 4-7 at the end of the second. */
static inline __m256i load_24(const uint8_t *source) {
	__m128i first = _mm_loadu_si128((const __m128i *)source);
	__m128i second = _mm_loadu_si128((const __m128i *)(source + 8));
	return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
}

static inline __m256i load_RGB888(const uint8_t *source) {
	const __m256i order = _mm256_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1, 4, 5, 6,
		-1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, -1);
	return _mm256_shuffle_epi8(load_24(source), order);
}

static inline __m256i load_BGR888(const uint8_t *source) {
	const __m256i order = _mm256_setr_epi8(2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9, -1, 6, 5, 4,
		-1, 9, 8, 7, -1, 12, 11, 10, -1, 15, 14, 13, -1);
	return _mm256_shuffle_epi8(load_24(source), order);
}

#include "encode/cpu/rows.h"

ROWS_KERNEL(kernel_avx2, "AVX2")

#endif
