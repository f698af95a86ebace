/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frames: the frame thread. While somebody waits for an update it looks at the source at the pacer's beat,
 * converts what changed into the picture store, and tells. While nobody waits it sleeps without a timer, and
 * after FRAMES_RELEASE_MS it has given back what pins the memory of other programs' buffers, and after
 * FRAMES_LET_GO_MS closed the card (source_impl.let_go). Asked for the state of the display meanwhile, it
 * looks at that alone.
 *
 * A source that is dark, or shows what cannot be read, is shown as a status picture of the last size until it
 * comes back; one that is lost is opened anew, and with SOURCE_AUTO one that was never there is waited for.
 * Nothing that a display does ends the thread, and nothing but what only the administrator can change keeps
 * it from starting.
 */
#ifndef ZEROVNC_FRAMES_H
#define ZEROVNC_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/cursor.h"
#include "capture/source.h"
#include "encode/path.h"
#include "encode/picture.h"

struct frames;

enum { FRAMES_RELEASE_MS = 3000, FRAMES_LET_GO_MS = 10000 };

/* Called on the frame thread; they must not block. */
struct frames_events {
	void *context;
	void (*published)(void *context); /* the picture changed */
	/* frames_cursor() has something new; `moved`: nothing but its place */
	void (*cursor_changed)(void *context, bool moved);
	/* What whoever looks at the picture is to be told that it lacks; NULL: nothing. Static */
	void (*missing_changed)(void *context, const char *missing);
	void (*looked)(
		void *context); /* the first look after frames_want() is done: the picture is up to date */
	void (*checked)(void *context); /* the report is as frames_check() asked for it */
};

struct frames_options {
	struct source_options source; /* strings borrowed until destroy */
	enum path_kind path;
	unsigned fps;                /* looks a second at the most; not 0 */
	struct picture_store *store; /* borrowed until destroy; the frame thread is its only writer */
	struct frames_events events;
};

/* Opens the source and starts the thread. 0 or -errno with a reason. `why`: why this source was chosen. */
int frames_create(const struct frames_options *options, struct frames **frames, struct reason *why,
	struct reason *reason);
/* Ends the thread. Takes NULL. */
void frames_destroy(struct frames *frames);

/* Whether some viewer waits for an update. Any thread. */
void frames_want(struct frames *frames, bool wanted);

/* Finds out what state the display is in, without reading the picture, whether somebody waits for updates or
 * not; then calls frames_events.checked, once for all who have asked meanwhile. Any thread. */
void frames_check(struct frames *frames);

/* Whether the thread has come to its rest, where it only waits to be woken, since the last call of this
 * function, or stands there now: false is a thread that has been at one look for the whole time between.
 * Wakes nobody. Loop thread. */
bool frames_alive(struct frames *frames);

/* The hardware cursor as it was seen last, into one that the caller keeps from call to call (zeroed before
 * the first). Any thread. */
void frames_cursor(struct frames *frames, struct cursor *cursor);

/* The framebuffer that several outputs share (X), and where in it the picture lies; width 0: the output has
 * one of its own. Any thread. */
struct frames_desktop {
	uint32_t width, height;
	int32_t x, y;
};
void frames_desktop(struct frames *frames, struct frames_desktop *desktop);

/* 0 while the display is lit; dark, or lost, a number of that time of darkness. Any thread. */
unsigned frames_darkness(const struct frames *frames);

/* Something is about to change on the screen (a key, a click), or to be asked for (a viewer comes in): look
 * at the full rate, and open the card if it was let go. Any thread. */
void frames_spring(struct frames *frames);

/* The pointer moves: something may change (pacer_stir()). Loop thread. */
void frames_stir(struct frames *frames);

/* Milliseconds: half of the last measured ones took less than p50, 95 % less than p95. */
struct frames_times {
	double p50, p95;
};

struct frames_report {
	char source[16], output[96];
	char state[320];        /* "" while the source is lit, else what the status picture says */
	char shortfall[320];    /* what the monitor shows and viewers do not see; "": nothing is known to be
				   missing */
	double state_age_ms;    /* how long ago these were seen */
	const char *beat;       /* what says when to look, and why; "": not known yet, or a timer */
	uint32_t width, height; /* of the display; 0: it was never lit */
	struct path_report path;
	char import[16];
	uint64_t frames, frames_changed, tiles_changed, bytes_read_back, fences_waited;
	struct frames_times capture, convert, copy;
};
/* Any thread. */
void frames_report(struct frames *frames, struct frames_report *report);

#endif
