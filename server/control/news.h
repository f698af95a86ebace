/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * news: what programs that read `zerovnc events` are told: who came, left or was refused, and what becomes of
 * the display. While nobody reads, nothing is built and nothing is looked at. While somebody does, the frame
 * thread is asked for the state of the display every NEWS_LOOK_MS, since it sleeps while no viewer waits.
 * Loop thread.
 */
#ifndef ZEROVNC_NEWS_H
#define ZEROVNC_NEWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum { NEWS_LOOK_MS = 1000 };

struct config;
struct control;
struct frames;
struct gateway;
struct gateway_refusal;

struct news {
	struct frames *frames;       /* borrowed */
	struct gateway *gateway;     /* borrowed */
	struct control *control;     /* borrowed; NULL: nobody can read */
	const struct config *config; /* borrowed; NULL: everything is as by default */
	uv_timer_t look;             /* its `data` is set once it is open */
	bool dark;                   /* as was told last */
	uint32_t width, height;
};

/* The timer is open from then on. The rest of `news` is set by the caller. */
void news_init(struct news *news, uv_loop_t *loop);

/* The first line for a new reader: what is so now, as a new reference. NULL: out of memory. */
json_t *news_begin(struct news *news);
/* See control_events.watched. */
void news_watched(struct news *news, bool watched);

/* See gateway_events. */
void news_joined(struct news *news, uint64_t viewer);
/* Somebody at the screen is asked whether this viewer may join, and has this long to answer. */
void news_asks(struct news *news, uint64_t viewer, unsigned seconds);
/* This viewer, which was to be asked about, does not join. */
void news_turned_away(struct news *news, uint64_t viewer, const char *why);
void news_left(struct news *news, uint64_t viewer);
void news_refused(struct news *news, const struct gateway_refusal *refusal);

/* The report of the frame thread may be new: tells what is. */
void news_display(struct news *news);

#endif
