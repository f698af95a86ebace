/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every 64-bit ARM processor has NEON. */
#if defined(__aarch64__)

#include <arm_neon.h>

#include "encode/rfb/scan.h"

enum { PIXELS = 4 };
typedef uint32x4_t vector;

static inline vector load(const uint32_t *pixels) {
	return vld1q_u32(pixels);
}

static inline vector first_left(const uint32_t *row) {
	return vextq_u32(vdupq_n_u32(row[0]), load(row), 3);
}

static inline vector equal(vector here, vector left) {
	return vceqq_u32(here, left);
}

static inline unsigned bits_of(vector mask) {
	static const uint32_t weights[PIXELS] = {1, 2, 4, 8};
	return vaddvq_u32(vandq_u32(mask, vld1q_u32(weights)));
}

static inline vector step_of(vector here, vector left) {
	return vreinterpretq_u32_u8(vabdq_u8(vreinterpretq_u8_u32(here), vreinterpretq_u8_u32(left)));
}

static inline vector within(vector step, uint8_t most) {
	return vceqzq_u32(vreinterpretq_u32_u8(vqsubq_u8(vreinterpretq_u8_u32(step), vdupq_n_u8(most))));
}

static inline vector none(void) {
	return vdupq_n_u32(0);
}

static inline vector less(vector count, vector mask) {
	return vsubq_u32(count, mask);
}

static inline uint32_t sum(vector count) {
	return vaddvq_u32(count);
}

#include "encode/rfb/scan_rows.h"

void scan_rows_neon(const struct scan_area *area, uint64_t rows, struct scan_rows *seen) {
	scan_vectors(area, rows, seen);
}

#endif
