/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ARM calls normal non-cacheable memory (Linux's write-combined memory) is fetched as wide as one
 * instruction asks for. That is 32 bytes for a pair of vectors, aligned so that none crosses a line, whereas
 * a loop over words fetches 4 at a time.
 */
#if defined(__aarch64__)

#include <arm_neon.h>
#include <string.h>

#include "encode/cpu/kernel.h"

enum { LINE = 64 };

void kernel_stream_copy_neon(void *to, const void *from, size_t size) {
	uint8_t *out = to;
	const uint8_t *in = from;
	size_t head = -(uintptr_t)in & (LINE - 1);
	if (head > size)
		head = size;
	memcpy(out, in, head);
	size_t i = head;
	for (; i + LINE <= size; i += LINE) {
		/* Load first; the loads become pairs. */
		uint8x16_t a = vld1q_u8(in + i), b = vld1q_u8(in + i + 16);
		uint8x16_t c = vld1q_u8(in + i + 32), d = vld1q_u8(in + i + 48);
		vst1q_u8(out + i, a);
		vst1q_u8(out + i + 16, b);
		vst1q_u8(out + i + 32, c);
		vst1q_u8(out + i + 48, d);
	}
	memcpy(out + i, in + i, size - i);
}

#endif
