/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/gradient.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

static uint32_t difference_of(uint32_t here, uint32_t left, uint32_t up, uint32_t corner) {
	uint32_t difference = 0;
	for (unsigned shift = 0; shift < 32; shift += 8) {
		int told = (int)(left >> shift & 0xff) + (int)(up >> shift & 0xff) -
			   (int)(corner >> shift & 0xff);
		told = told < 0 ? 0 : told > 255 ? 255 : told;
		difference |= (((here >> shift) - (uint32_t)told) & 0xff) << shift;
	}
	return difference;
}

/* Four pixels at a time. Either up is more than the corner, so that left grows by that and stops at 255, or
 * it is less, and left shrinks and stops at 0. */
#if defined(__x86_64__)
static inline void four(uint32_t *to, const uint32_t *row, const uint32_t *above) {
	__m128i here = _mm_loadu_si128((const __m128i *)row),
		left = _mm_loadu_si128((const __m128i *)(row - 1));
	__m128i up = _mm_loadu_si128((const __m128i *)above);
	__m128i corner = _mm_loadu_si128((const __m128i *)(above - 1));
	__m128i told = _mm_adds_epu8(left, _mm_subs_epu8(up, corner));
	told = _mm_subs_epu8(told, _mm_subs_epu8(corner, up));
	_mm_storeu_si128((__m128i *)to, _mm_sub_epi8(here, told));
}
#elif defined(__aarch64__)
static inline uint8x16_t load(const uint32_t *pixels) {
	return vreinterpretq_u8_u32(vld1q_u32(pixels));
}

static inline void four(uint32_t *to, const uint32_t *row, const uint32_t *above) {
	uint8x16_t up = load(above), corner = load(above - 1);
	uint8x16_t told = vqaddq_u8(load(row - 1), vqsubq_u8(up, corner));
	told = vqsubq_u8(told, vqsubq_u8(corner, up));
	vst1q_u32(to, vreinterpretq_u32_u8(vsubq_u8(load(row), told)));
}
#else
static inline void four(uint32_t *to, const uint32_t *row, const uint32_t *above) {
	for (int i = 0; i < 4; i++)
		to[i] = difference_of(row[i], row[i - 1], above[i], above[i - 1]);
}
#endif

void gradient_row(uint32_t *to, const uint32_t *row, const uint32_t *above, unsigned width) {
	unsigned x = 1;
	to[0] = difference_of(row[0], 0, above[0], 0);
	for (; x + 4 <= width; x += 4)
		four(to + x, row + x, above + x);
	for (; x < width; x++)
		to[x] = difference_of(row[x], row[x - 1], above[x], above[x - 1]);
}
