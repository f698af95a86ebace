/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every x86-64 has SSE2. */
#if defined(__x86_64__)

#include <emmintrin.h>

#include "encode/rfb/scan.h"

enum { PIXELS = 4 };
typedef __m128i vector;

static inline vector load(const uint32_t *pixels) {
	return _mm_loadu_si128((const vector *)pixels);
}

static inline vector first_left(const uint32_t *row) {
	return _mm_shuffle_epi32(load(row), _MM_SHUFFLE(2, 1, 0, 0));
}

static inline vector equal(vector here, vector left) {
	return _mm_cmpeq_epi32(here, left);
}

static inline unsigned bits_of(vector mask) {
	return (unsigned)_mm_movemask_ps(_mm_castsi128_ps(mask));
}

static inline vector step_of(vector here, vector left) {
	return _mm_or_si128(_mm_subs_epu8(here, left), _mm_subs_epu8(left, here));
}

static inline vector within(vector step, char most) {
	return _mm_cmpeq_epi32(_mm_subs_epu8(step, _mm_set1_epi8(most)), _mm_setzero_si128());
}

static inline vector none(void) {
	return _mm_setzero_si128();
}

static inline vector less(vector count, vector mask) {
	return _mm_sub_epi32(count, mask);
}

static inline uint32_t sum(vector count) {
	count = _mm_add_epi32(count, _mm_shuffle_epi32(count, _MM_SHUFFLE(1, 0, 3, 2)));
	count = _mm_add_epi32(count, _mm_shuffle_epi32(count, _MM_SHUFFLE(2, 3, 0, 1)));
	return (uint32_t)_mm_cvtsi128_si32(count);
}

#include "encode/rfb/scan_rows.h"

void scan_rows_sse2(const struct scan_area *area, uint64_t rows, struct scan_rows *seen) {
	scan_vectors(area, rows, seen);
}

#endif
