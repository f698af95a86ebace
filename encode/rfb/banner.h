/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * banner: a line or two over the top of a viewer's picture, shown for some seconds, that say what the picture
 * lacks. Pure: the caller passes the time (CLOCK_MONOTONIC, nanoseconds). One thread uses a banner. A zeroed
 * banner shows nothing.
 */
#ifndef ZEROVNC_BANNER_H
#define ZEROVNC_BANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/draw/canvas.h"

enum { BANNER_WORDS = 200, BANNER_MS = 10000, BANNER_AGAIN_S = 600 };

struct banner {
	char words[BANNER_WORDS]; /* what there is to say; "": nothing */
	char told[BANNER_WORDS];  /* the words that were shown last */
	uint64_t told_ns;         /* when these were first shown; 0: never */
	uint64_t until_ns;        /* the banner is shown until then; 0: it is not shown */
	bool renewed;             /* the words changed, and the laid pixels still show the former ones */
	struct canvas canvas;     /* the banner's pixels; owned */
	struct rect place;        /* where the pixels are laid; width 0: nowhere */
};

/* Frees the pixels. */
void banner_finish(struct banner *banner);

/* Sets what there is to say from now on ("": nothing). It is shown for `duration_ns`, unless the same words
 * were shown less than BANNER_AGAIN_S ago: compositors take planes in and out of use every few seconds. The
 * words are copied. */
void banner_say(struct banner *banner, const char *words, uint64_t now_ns, uint64_t duration_ns);

/*
 * Lays the banner on pixels of this size, or takes it away when its time is over. Writes up to two rectangles
 * in which the pixels differ from before, and returns how many. If memory runs out, the banner is not shown.
 */
size_t banner_lay(
	struct banner *banner, uint64_t now_ns, uint32_t width, uint32_t height, struct rect changed[2]);

/* Forgets where the banner lies. Call it when the pixels got another size and are all sent again. */
void banner_lift(struct banner *banner);

/* Returns how long it takes until banner_lay() takes the banner away. UINT64_MAX: it is not shown. */
uint64_t banner_left_ns(const struct banner *banner, uint64_t now_ns);

/* Returns whether the banner covers some of these pixels. */
bool banner_touches(const struct banner *banner, const struct rect *part);

/* Paints the piece of the banner that covers a part. The part's pixels are XRGB8888, rows `stride` bytes
 * apart. */
void banner_paint(const struct banner *banner, const struct rect *part, uint8_t *pixels, size_t stride);

#endif
