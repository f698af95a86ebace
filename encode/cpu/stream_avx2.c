/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compiled with -mavx2. On write-combined memory a streaming load (MOVNTDQA) fetches a whole line into a fill
 * buffer, which then serves the next loads. Any other load fetches its 16 or 32 bytes over the bus each time.
 * The fewer loads a line takes, the more lines are under way at once.
 */
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "encode/cpu/kernel.h"

enum { LINE = 64 };

void kernel_stream_copy_avx2(void *to, const void *from, size_t size) {
	uint8_t *out = to;
	const uint8_t *in = from;
	size_t head = -(uintptr_t)in & (LINE - 1);
	if (head > size)
		head = size;
	memcpy(out, in, head);
	size_t i = head;
	for (; i + LINE <= size; i += LINE) {
		__m256i first = _mm256_stream_load_si256((__m256i *)(in + i));
		__m256i second = _mm256_stream_load_si256((__m256i *)(in + i + 32));
		_mm256_storeu_si256((__m256i *)(out + i), first);
		_mm256_storeu_si256((__m256i *)(out + i + 32), second);
	}
	kernel_stream_copy_sse41(out + i, in + i, size - i);
}

#endif
