/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiled with -msse4.1. See stream_avx2.c, which needs half the loads. */
#if defined(__x86_64__)

#include <smmintrin.h>
#include <string.h>

#include "encode/cpu/kernel.h"

enum { LINE = 64, BLOCK = 2 * LINE, LOADS = BLOCK / 16 };

/* Loads everything first, a quarter of each line in turn, and then stores it. */
static inline void copy_block(uint8_t *to, const uint8_t *from) {
	__m128i data[LOADS];
#pragma GCC unroll 8
	for (int i = 0; i < LOADS; i++)
		data[i] = _mm_stream_load_si128((__m128i *)(from + i % 2 * LINE + i / 2 * 16));
#pragma GCC unroll 8
	for (int i = 0; i < LOADS; i++)
		_mm_storeu_si128((__m128i *)(to + i % 2 * LINE + i / 2 * 16), data[i]);
}

void kernel_stream_copy_sse41(void *to, const void *from, size_t size) {
	uint8_t *out = to;
	const uint8_t *in = from;
	size_t head = -(uintptr_t)in & (LINE - 1);
	if (head > size)
		head = size;
	memcpy(out, in, head);
	size_t i = head;
	for (; i + BLOCK <= size; i += BLOCK)
		copy_block(out + i, in + i);
	for (; i + 16 <= size; i += 16)
		_mm_storeu_si128((__m128i *)(out + i), _mm_stream_load_si128((__m128i *)(in + i)));
	memcpy(out + i, in + i, size - i);
}

#endif
