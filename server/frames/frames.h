/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frames: the frame thread. While a viewer waits for an update, the thread looks at the source whenever the
 * pacer says so, converts what changed into the picture store, and calls an event. While nobody waits, it
 * sleeps. After FRAMES_RELEASE_MS of that, it gives back everything that pins the memory of other programs'
 * buffers. After FRAMES_LET_GO_MS, it closes the card (source_impl.let_go), and then sleeps without a timer.
 * If it is asked for the state of the display meanwhile, it looks at that alone.
 *
 * If a source is dark, or cannot be read, viewers see a status picture of the last size until the source
 * comes back. If a source is lost, it is opened anew. With SOURCE_AUTO the thread also waits for a source
 * that was never there. Nothing that a display does ends the thread. Only faults that the administrator has
 * to mend, and a lack of memory, keep it from starting.
 */
#ifndef ZEROVNC_FRAMES_H
#define ZEROVNC_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/cursor.h"
#include "capture/heads.h"
#include "capture/source.h"
#include "encode/path.h"
#include "encode/picture.h"

struct frames;

enum { FRAMES_RELEASE_MS = 3000, FRAMES_LET_GO_MS = 10000, FRAMES_OUTPUTS = HEADS_MAX };

/* Called on the frame thread; they must not block. */
struct frames_events {
	void *context;
	void (*published)(void *context); /* the picture changed */
	/* frames_cursor() has something new. `moved`: only the cursor's place is new. */
	void (*cursor_changed)(void *context, bool moved);
	/* Viewers must be told that the picture lacks this. NULL: it lacks nothing. The text is static. */
	void (*missing_changed)(void *context, const char *missing);
	/* A look that was due is done, so the picture is up to date. */
	void (*looked)(void *context);
	/* The report is up to date, as frames_check() asked. */
	void (*checked)(void *context);
};

struct frames_options {
	/* Its strings are borrowed until destroy. Its output may name several, or "all". */
	struct source_options source;
	enum path_kind path;
	unsigned fps;                /* most looks per second; not 0 */
	struct picture_store *store; /* borrowed until destroy; the frame thread is its only writer */
	struct frames_events events;
};

/* Opens the source and starts the thread. 0 or -errno with a reason. On success `why` says why this source
 * was chosen. Waits for the thread's first look. */
int frames_create(const struct frames_options *options, struct frames **frames, struct reason *why,
	struct reason *reason);
/* Ends the thread and waits for it. Takes NULL. */
void frames_destroy(struct frames *frames);

/* Says whether any viewer waits for an update. Any thread. */
void frames_want(struct frames *frames, bool wanted);

/* Finds out what state the display is in, without reading the picture, whether or not a viewer waits for
 * updates. Then calls frames_events.checked, once for all calls of this function meanwhile. Any thread. */
void frames_check(struct frames *frames);

/*
 * Shows other outputs from now on: a name, several names, "all", or "next", which is the lit output after the
 * one that is shown. The thread finds out whether there are such. It then calls frames_events.checked, and
 * frames_switched() has the result. Any thread.
 */
void frames_switch(struct frames *frames, const char *outputs);
/* The result of the last switch: 0 or -errno with a reason; nothing was changed then. -EINPROGRESS: the
 * thread has not come to it yet. */
int frames_switched(struct frames *frames, struct reason *reason);

/* Returns whether the thread is at rest, where it only waits to be woken, or has been there since the last
 * call of this function. False means that the thread has been busy with one look for the whole time in
 * between. Wakes nobody. Loop thread. */
bool frames_alive(struct frames *frames);

/* Copies the hardware cursor as it was seen last. The caller keeps `cursor` from call to call, and zeroes it
 * before the first. Any thread. */
void frames_cursor(struct frames *frames, struct cursor *cursor);

/* The framebuffer that several outputs share (X), and where the picture lies in it, in pixels. */
struct frames_desktop {
	uint32_t width, height; /* width 0: the output has a framebuffer of its own */
	int32_t x, y;
};
/* Any thread. */
void frames_desktop(struct frames *frames, struct frames_desktop *desktop);

/* Returns 0 while the display is lit. While it is dark, lost or cannot be read, returns the number of that
 * period of darkness. Any thread. */
unsigned frames_darkness(const struct frames *frames);

/* At most so many looks per second from now on; not 0. Any thread. */
void frames_set_fps(struct frames *frames, unsigned fps);

/* Says that something is about to change on the screen (a key, a click) or to be asked for (a viewer joins).
 * The thread then looks at the full rate, and opens the card if it was let go. Any thread. */
void frames_spring(struct frames *frames);

/* Says that the pointer moves, so that something may change (pacer_stir()). Loop thread. */
void frames_stir(struct frames *frames);

/* Milliseconds. Half of the last measured times were less than p50, and 95 % of them less than p95. */
struct frames_times {
	double p50, p95;
};

/* One output, as its display is shown. */
struct frames_output {
	char name[96];
	uint32_t id;       /* by which viewers know the screen; 0: the whole picture is one screen */
	struct rect place; /* in the picture; width 0: it is not shown */
	char state[320];   /* why it cannot be seen; "": it is lit */
	struct path_report path;
};

struct frames_report {
	char source[16];
	char output[FRAMES_OUTPUTS * 24]; /* all outputs; what does not fit is cut */
	size_t output_count;
	struct frames_output outputs[FRAMES_OUTPUTS];
	char state[320];     /* what the status picture says; "": the source is lit */
	char shortfall[320]; /* what the monitor shows but viewers do not see; "": nothing that we know of */
	double state_age_ms; /* how long ago the state was seen */
	const char *beat;    /* what makes the thread look, and why; "": unknown yet, or a timer. Static */
	uint32_t width, height;  /* of the display; 0: it was never lit */
	struct path_report path; /* of the first output */
	char import[16];
	uint64_t frames, frames_changed, tiles_changed, bytes_read_back, fences_waited;
	struct frames_times capture, convert, copy;
};
/* Fills the report. Any thread. */
void frames_report(struct frames *frames, struct frames_report *report);

#endif
