/* SPDX-License-Identifier: GPL-2.0-or-later */
/* colours: corrections of many kinds, and how well one was applied. */
#ifndef ZEROVNC_TESTS_COLOURS_H
#define ZEROVNC_TESTS_COLOURS_H

#include "capture/frame.h"
#include "tests/encode/random.h"

enum { COLOURS_ENTRIES = 4096 };

struct colours {
	struct frame_colour colour;
	uint16_t degamma[COLOURS_ENTRIES][4], gamma[COLOURS_ENTRIES][4]; /* `colour` points here */
};

/* Makes another correction of any kind, with a matrix or without: night lights, inversions, the curves of
 * linear light, matrices that swap, or take the colours away, or have any numbers. */
void colours_fill(struct colours *colours, struct random *random, bool matrix);

/* How far 0x00RRGGBB that became `after` is from the exact result, in the channel where it is farthest, in
 * levels of 255. */
double colours_distance(const struct frame_colour *colour, uint32_t before, uint32_t after);

/* How far 0x00RRGGBB is from what a viewer is to see of a composed colour of 0 to 1, by the frame's
 * correction and signal (capture/tone.h), likewise. */
double colours_seen_distance(const struct frame *frame, const double from[3], uint32_t pixel);

#endif
