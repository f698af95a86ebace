/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pattern: the built-in test desktop. Its picture depends only on a frame number and the size, and what
 * differs between any two frames is known without comparing pixels. So it serves as the fixture of tests, as
 * the load of benchmarks, and as something to show if there is no display at all.
 *
 * Its parts are a text page that turns every ten seconds or scrolls, a line of text that is typed, a window that moves,
 * a video, and a counter of frames. Only one thread may use a pattern.
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
	PATTERN_BUSY = 1 << 5,    /* random pixels everywhere, in place of everything but the counter */
	PATTERN_SCROLL = 1 << 6,  /* the text page scrolls, without an end */
};

enum {
	PATTERN_RATE = 30,       /* frames per second, in real time */
	PATTERN_MAX_DAMAGE = 12, /* the most rectangles in which two frames can differ */
};

struct pattern;

/* The parts of a kind: "still" (none), "moving" (all but the video), "video" (video and counter), "full"
 * (all), "busy" or "scroll" (scroll and counter). NULL means "full". Returns false if there is no such kind. A part that is left out is
 * drawn as it is in frame 0. */
bool pattern_kind(const char *name, unsigned *parts);

/* 0, -EINVAL (size) or -ENOMEM. Its canvas holds frame 0. */
int pattern_create(uint32_t width, uint32_t height, unsigned parts, struct pattern **result);
/* Takes NULL. */
void pattern_destroy(struct pattern *pattern);

/* Draws a frame, whichever was drawn before. Only what differs is touched. */
void pattern_draw(struct pattern *pattern, uint64_t frame);
/* What was drawn last. Borrowed. */
const struct canvas *pattern_canvas(const struct pattern *pattern);

/* The rectangles in which two frames differ. They lie inside the picture, none is empty, and they may
 * overlap. No pixel differs outside them. Returns how many there are, at most PATTERN_MAX_DAMAGE. */
size_t pattern_damage(
	const struct pattern *pattern, uint64_t from, uint64_t to, struct rect damage[PATTERN_MAX_DAMAGE]);

/*
 * The counter also shows the frame number to programs, as 32 squares: most significant bit first, white
 * for 1. Returns the number that a picture of this size shows, modulo 2^32, or -1 if it has no legible
 * counter.
 */
int64_t pattern_read_counter(const uint32_t *pixels, uint32_t stride_pixels, uint32_t width, uint32_t height);

/* The pattern as a source. It has memory and no dma-buf. It follows `options` (size, pattern, hold). */
int pattern_source_open(const struct source_options *options, struct source **source, struct reason *reason);

#endif
