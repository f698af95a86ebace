/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiled with -mavx2, so nothing here may run before scan_rows_at() has checked the processor. */
#if defined(__x86_64__)

#include <immintrin.h>

#include "encode/rfb/scan.h"

enum { PIXELS = 8 };
typedef __m256i vector;

static inline vector load(const uint32_t *pixels) {
	return _mm256_loadu_si256((const vector *)pixels);
}

static inline vector first_left(const uint32_t *row) {
	return _mm256_permutevar8x32_epi32(load(row), _mm256_setr_epi32(0, 0, 1, 2, 3, 4, 5, 6));
}

static inline vector equal(vector here, vector left) {
	return _mm256_cmpeq_epi32(here, left);
}

static inline unsigned bits_of(vector mask) {
	return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(mask));
}

static inline vector step_of(vector here, vector left) {
	return _mm256_or_si256(_mm256_subs_epu8(here, left), _mm256_subs_epu8(left, here));
}

static inline vector within(vector step, char most) {
	return _mm256_cmpeq_epi32(_mm256_subs_epu8(step, _mm256_set1_epi8(most)), _mm256_setzero_si256());
}

static inline vector none(void) {
	return _mm256_setzero_si256();
}

static inline vector less(vector count, vector mask) {
	return _mm256_sub_epi32(count, mask);
}

static inline uint32_t sum(vector count) {
	__m128i half = _mm_add_epi32(_mm256_castsi256_si128(count), _mm256_extracti128_si256(count, 1));
	half = _mm_add_epi32(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(1, 0, 3, 2)));
	half = _mm_add_epi32(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(2, 3, 0, 1)));
	return (uint32_t)_mm_cvtsi128_si32(half);
}

#include "encode/rfb/scan_rows.h"

void scan_rows_avx2(const struct scan_area *area, uint64_t rows, struct scan_rows *seen) {
	scan_vectors(area, rows, seen);
}

#endif
