/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frames_state: what the two files of the frame thread share. frames.c decides when to look, and
 * frames_look.c does one look. No other file includes it. */
#ifndef ZEROVNC_FRAMES_STATE_H
#define ZEROVNC_FRAMES_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "capture/card_watch.h"
#include "capture/draw/notice.h"
#include "encode/durations.h"
#include "server/frames/frames.h"
#include "server/frames/pacer.h"
#include "server/frames/vblank.h"

/* What the picture that was published last shows. */
enum shown { SHOWN_NOTHING, SHOWN_SCANOUT, SHOWN_NOTICE };

struct frames {
	struct frames_options options;
	pthread_t thread;
	int wake_fd;
	_Atomic bool quit, wanted, sprung, stirred, asked; /* requests to the thread, from any thread */
	_Atomic unsigned darkness;                         /* see frames_darkness() */
	/* The thread increments this when it leaves its rest and when it comes back. Even: it is at rest. */
	_Atomic unsigned turn;
	unsigned turn_seen;    /* the turn at the last frames_alive(); loop thread */
	unsigned darknesses;   /* how many periods of darkness there were; frame thread */
	uint64_t stir_woke_ns; /* when frames_stir() last woke the thread; loop thread */

	/* The start: frames_create() waits for the thread's first look. */
	pthread_mutex_t lock; /* also protects the members below that say so */
	pthread_cond_t started_condition;
	bool started;
	int start_error;
	struct reason start_reason, why;

	/* The thread's own, except `beat`. Other threads read `path` under `lock`. */
	struct source *source; /* NULL: it is lost, or there was none yet */
	bool source_seen;      /* there was a source at some time */
	struct card_watch *watch;
	bool cards_changed; /* cards came or went since a source was last looked for */
	struct path *path, *notice_path;
	struct notice *notice;
	struct pacer pacer;
	struct damage damage, retry_damage;
	uint64_t token; /* the token of the last peek or look */
	bool flipped;   /* the scanout flipped since the last look, as its token says */
	struct vblank vblank;
	_Atomic(const char *) beat; /* vblank's beat, for the report */
	uint64_t release_ns;        /* when to give back buffers while nobody waits; 0: it is done */
	uint64_t let_go_ns;         /* when to close the card while nobody waits; 0: it is done */
	bool let_go;                /* the card was closed since the last look */
	enum shown shown;
	uint32_t width, height;
	uint64_t retry_ns;     /* when to try again while the display is dark or lost; 0: it is lit */
	struct reason trouble; /* why it is dark or lost; empty: it is lit */
	bool unreadable;       /* the present scanout could be captured but not converted */
	const char *missing;   /* what viewers were last told that the picture lacks */
	int left_out;          /* planes of the last frame that was converted that could not be */
	struct reason left_out_reason;

	struct cursor looked_at; /* the cursor as the thread read it; the thread's own */
	uint64_t cursor_ns;      /* when the cursor may be read again; 0: at each beat; the thread's own */

	/* Under `lock`. */
	struct cursor cursor;
	struct frames_desktop desktop;
	struct frames_report report;
	uint64_t state_ns; /* when the report's state was seen */
	struct durations capture_times, convert_times, copy_times;
};

/* Opens the source that the options ask for, as source_open() does. Frame thread. */
int frames_open_source(struct frames *frames, struct reason *why);

/* Returns whether the scanout flipped since the last peek or look, as far as the source can tell. Frame
 * thread. */
bool frames_peek(struct frames *frames);

/*
 * Looks at the scanout once and publishes what changed. If there is nothing to see, shows a notice and sets
 * retry_ns. 0 or -errno, with start_reason filled. Frame thread.
 */
int frames_look(struct frames *frames, uint64_t now_ns);

/* Closes the card until the next look. Frame thread. */
void frames_let_go(struct frames *frames);

/* Looks at the state of the display alone, for the report. Reads no pixel, unless the last scanout that was
 * read could not be converted. Frame thread. */
void frames_look_at_state(struct frames *frames, uint64_t now_ns);

#endif
