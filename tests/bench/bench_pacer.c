/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_pacer: how many looks a second server/frames/pacer makes at a screen that changes with each vertical
 * blank, for several refresh rates and --fps. In parentheses it prints how many there would be if each look
 * were due one interval after the last one, which was the earlier rule. The clock is simulated: beats come at
 * the vertical blanks, up to a millisecond late (but in the same way for both), for a minute each.
 */
#include <stdint.h>
#include <stdio.h>

#include "capture/base/array.h"
#include "server/frames/pacer.h"

static const uint64_t second = 1000000000, length = 60 * 1000000000ull;

/* Up to a millisecond, and anything but regular. */
static uint64_t lateness(uint64_t beat) {
	uint64_t mixed = (beat + 1) * 0x9e3779b97f4a7c15u;
	return (mixed ^ mixed >> 31) % (second / 1000);
}

static double looks_a_second(unsigned refresh, unsigned fps, bool from_the_look) {
	struct pacer pacer;
	uint64_t looks = 0, now = second;
	pacer_init(&pacer, fps);
	for (uint64_t beat = 0; now < second + length; beat++) {
		now = second + beat * second / refresh + lateness(beat);
		if (!pacer_due(&pacer, now))
			continue;
		looks++;
		pacer_captured(&pacer, now, true);
		if (from_the_look)
			pacer.captured_ns = now;
	}
	return (double)looks / (double)(length / second);
}

int main(void) {
	static const unsigned rates[] = {60, 70, 72, 75, 85, 90, 120, 144, 165, 240},
			      fps[] = {24, 30, 60, 120};
	enum { RATES = ARRAY_LEN(rates), FPS = ARRAY_LEN(fps) };
	printf("%8s", "");
	for (int i = 0; i < FPS; i++)
		printf("  %6s%-3u      ", "--fps=", fps[i]);
	putchar('\n');
	for (int i = 0; i < RATES; i++) {
		printf("%5u Hz", rates[i]);
		for (int k = 0; k < FPS; k++)
			printf("  %6.1f (%6.1f)", looks_a_second(rates[i], fps[k], false),
				looks_a_second(rates[i], fps[k], true));
		putchar('\n');
	}
	return 0;
}
