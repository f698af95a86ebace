/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pattern: the built-in test desktop. Its picture is a function of a frame number and the size alone, and
 * what differs between any two frames is known without looking at pixels: so it serves as the fixture of
 * tests and as the load of benchmarks, and as something to show where there is no display at all.
 *
 * Parts: a text page that turns every ten seconds, a line of text that is typed, a window that moves, a
 * video, and a counter of frames. One thread uses a pattern.
 */
#ifndef ZEROVNC_PATTERN_H
#define ZEROVNC_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/draw/canvas.h"
#include "capture/source.h"

enum pattern_parts {
	PATTERN_PAGE = 1 << 0,    /* the text page turns */
	PATTERN_TYPING = 1 << 1,  /* text is typed */
	PATTERN_WINDOW = 1 << 2,  /* the window moves */
	PATTERN_VIDEO = 1 << 3,   /* the video plays */
	PATTERN_COUNTER = 1 << 4, /* the counter counts */
	PATTERN_BUSY = 1 << 5,    /* instead of all but the counter: random pixels everywhere */
};

enum {
	PATTERN_RATE = 30,       /* frames a second, in real time */
	PATTERN_MAX_DAMAGE = 12, /* rectangles between two frames, at most */
};

struct pattern;

/* The parts of a kind: "still" (none), "moving" (all but the video), "video" (video and counter), "full"
 * (all), "busy"; NULL is "full". False: no such kind. A part that is left out is drawn as it is in frame 0.
 */
bool pattern_kind(const char *name, unsigned *parts);

/* 0, -EINVAL (size) or -ENOMEM. Its canvas holds frame 0. */
int pattern_create(uint32_t width, uint32_t height, unsigned parts, struct pattern **result);
/* Takes NULL. */
void pattern_destroy(struct pattern *pattern);

/* Draws a frame, whichever was drawn before; only what differs is touched. */
void pattern_draw(struct pattern *pattern, uint64_t frame);
/* What was drawn last. Borrowed. */
const struct canvas *pattern_canvas(const struct pattern *pattern);

/* The rectangles in which two frames differ, inside the picture, none empty; they may overlap. Returns how
 * many, at most PATTERN_MAX_DAMAGE. Outside of them no pixel differs. */
size_t pattern_damage(
	const struct pattern *pattern, uint64_t from, uint64_t to, struct rect damage[PATTERN_MAX_DAMAGE]);

/*
 * The counter also shows the frame number to programs: 32 squares, most significant bit first, white for 1.
 * Returns the number that a picture of this size shows, modulo 2^32, or -1 where it has no legible counter.
 */
int64_t pattern_read_counter(const uint32_t *pixels, uint32_t stride_pixels, uint32_t width, uint32_t height);

/* The pattern as a source: memory, no dma-buf. Follows `options` (size, pattern, hold). */
int pattern_source_open(const struct source_options *options, struct source **source, struct reason *reason);

#endif
