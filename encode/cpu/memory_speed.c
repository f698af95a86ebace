/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/memory_speed.h"

#include <stdint.h>
#include <stdio.h>

#include "capture/base/clock.h"
#include "encode/cpu/kernel.h"

enum {
	SAMPLE = 16384, /* in bytes: 1.6 ms at 10 MB/s, the slowest memory that we heard of */
	SAMPLES = 4,    /* pairs; the best of each kind counts, because anything may interrupt one */
	PAGE = 4096,
	LINE = 64,

	/* Cacheable memory was never seen to be slower than this, not even under emulation, and
	 * write-combined memory was never seen to be faster. */
	WRITE_COMBINED_MBPS = 1000,
	UNCACHED_MBPS = 250,
};

static double now(void) {
	return (double)clock_now_ns() * 1e-9;
}

/* The first touch of a page costs a page fault, which is not to be measured. */
static void touch(const uint8_t *from) {
	for (size_t i = 0; i < SAMPLE; i += PAGE)
		(void)*(const volatile uint8_t *)(from + i);
}

/* A word of whatever lies in the memory that is measured. */
typedef uint64_t __attribute__((may_alias)) any_word;

static double time_plain(const uint8_t *from) {
	double start = now();
	for (size_t i = 0; i < SAMPLE; i += 8)
		(void)*(const volatile any_word *)(from + i);
	return now() - start;
}

static double time_streaming(const uint8_t *from) {
	uint8_t copy[SAMPLE];
	double start = now();
	kernel_stream_copy(copy, from, SAMPLE);
	__asm__ volatile("" : : "r"(copy) : "memory");
	return now() - start;
}

void memory_speed_decide(struct memory_speed *speed, double plain, double streaming) {
	double times = streaming / plain;
	if (plain < WRITE_COMBINED_MBPS && times > 1.5)
		snprintf(speed->text, sizeof speed->text,
			"write-combined, %.2f GB/s; bounce buffer filled by streaming loads, %.2f GB/s",
			plain / 1e3, streaming / 1e3);
	else if (plain < UNCACHED_MBPS)
		snprintf(speed->text, sizeof speed->text,
			"uncached, %.2f GB/s; read once into a bounce buffer", plain / 1e3);
	else
		snprintf(speed->text, sizeof speed->text, "cached, %.1f GB/s", plain / 1e3);
	speed->bounce = (plain < WRITE_COMBINED_MBPS && times > 1.5) || plain < UNCACHED_MBPS;
}

void memory_speed_measure(struct memory_speed *speed, const void *bytes, size_t size) {
	speed->measured = true;
	if (size < SAMPLES * 2 * SAMPLE + LINE) {
		snprintf(speed->text, sizeof speed->text, "too small to be measured");
		return;
	}
	double plain = 1e9, streaming = 1e9;
	size_t step = (size - 2 * SAMPLE - LINE) / (SAMPLES - 1);
	for (size_t i = 0; i < SAMPLES; i++) {
		/* Each reads bytes of its own, so that neither finds them in the cache already. */
		const uint8_t *a = (const uint8_t *)bytes + i * step;
		a += -(uintptr_t)a % LINE;
		const uint8_t *b = a + SAMPLE;
		touch(a);
		touch(b);
		double time = time_plain(a);
		plain = time < plain ? time : plain;
		time = time_streaming(b);
		streaming = time < streaming ? time : streaming;
	}
	memory_speed_decide(speed, SAMPLE / plain * 1e-6, SAMPLE / streaming * 1e-6);
}
