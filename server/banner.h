/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * banner: a line or two laid over the top of a viewer's picture for some seconds, which say what the picture
 * lacks. Pure: it is told the time (CLOCK_MONOTONIC, nanoseconds). One thread uses a banner; a zeroed one
 * shows nothing.
 */
#ifndef ZEROVNC_BANNER_H
#define ZEROVNC_BANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/canvas.h"

enum { BANNER_WORDS = 200, BANNER_MS = 10000, BANNER_AGAIN_S = 600 };

struct banner {
	char words[BANNER_WORDS]; /* "": there is nothing to say */
	char told[BANNER_WORDS];  /* what was said last ... */
	uint64_t told_ns;         /* ... and when; 0: never */
	uint64_t until_ns;        /* it is shown until then; 0: it is not shown */
	bool renewed;             /* what is laid is not this */
	struct canvas canvas;     /* its pixels; owned */
	struct frame_rect place;  /* where they are laid; width 0: nowhere */
};

void banner_finish(struct banner *banner);

/* From now on there is this to say ("": nothing). It is shown for so long, but not where the same was said
 * less than BANNER_AGAIN_S ago: compositors take planes in use and out again every few seconds. */
void banner_say(struct banner *banner, const char *words, uint64_t now_ns, uint64_t duration_ns);

/*
 * Lays it on pixels that are so large, or takes it away when its time is over. Writes up to two rectangles in
 * which they differ from before, and returns how many. Out of memory: it is not shown.
 */
size_t banner_lay(struct banner *banner, uint64_t now_ns, uint32_t width, uint32_t height,
	struct frame_rect changed[2]);

/* The pixels have another size now, and are all sent again. */
void banner_lift(struct banner *banner);

/* How long until banner_lay() takes it away; UINT64_MAX: it is not shown. */
uint64_t banner_left_ns(const struct banner *banner, uint64_t now_ns);

/* Whether it lies over some of these pixels. */
bool banner_touches(const struct banner *banner, const struct frame_rect *part);

/* Paints what of it lies over a part, whose pixels are XRGB8888, rows `stride` bytes apart. */
void banner_paint(const struct banner *banner, const struct frame_rect *part, uint8_t *pixels, size_t stride);

#endif
