/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiled with -msse4.1. On write-combined memory MOVNTDQA fetches a whole line into a fill buffer, from
 * which the next three loads are served; any other load fetches 16 or 32 bytes over the bus each time. */
#if defined(__x86_64__)

#include <smmintrin.h>
#include <string.h>

#include "encode/cpu/kernel.h"

void kernel_stream_copy_sse41(void *to, const void *from, size_t size) {
	uint8_t *out = to;
	const uint8_t *in = from;
	size_t head = -(uintptr_t)in & 63;
	if (head > size)
		head = size;
	memcpy(out, in, head);
	size_t i = head;
	for (; i + 64 <= size; i += 64) {
		__m128i *line = (__m128i *)(in + i);
		__m128i a = _mm_stream_load_si128(line), b = _mm_stream_load_si128(line + 1);
		__m128i c = _mm_stream_load_si128(line + 2), d = _mm_stream_load_si128(line + 3);
		_mm_storeu_si128((__m128i *)(out + i), a);
		_mm_storeu_si128((__m128i *)(out + i + 16), b);
		_mm_storeu_si128((__m128i *)(out + i + 32), c);
		_mm_storeu_si128((__m128i *)(out + i + 48), d);
	}
	memcpy(out + i, in + i, size - i);
}

#endif
