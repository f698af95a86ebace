/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frames_state: what the two files of the frame thread share. frames.c decides when to look, and
 * frames_look.c does one look. No other file includes it. */
#ifndef ZEROVNC_FRAMES_STATE_H
#define ZEROVNC_FRAMES_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "capture/card_watch.h"
#include "encode/durations.h"
#include "server/frames/desktop.h"
#include "server/frames/frames.h"

enum { FRAMES_SWITCH_SIZE = 512 };

struct frames {
	struct frames_options options;
	pthread_t thread;
	int wake_fd;
	_Atomic bool quit, wanted, sprung, stirred, asked; /* requests to the thread, from any thread */
	_Atomic unsigned darkness;                         /* see frames_darkness() */
	/* The thread increments this when it leaves its rest and when it comes back. Even: it is at rest. */
	_Atomic unsigned turn;
	unsigned turn_seen;    /* the turn at the last frames_alive(); loop thread */
	uint64_t stir_woke_ns; /* when frames_stir() last woke the thread; loop thread */

	/* The start: frames_create() waits for the thread's first look. */
	pthread_mutex_t lock; /* also protects the members below that say so */
	pthread_cond_t started_condition;
	bool started;
	int start_error;
	struct reason start_reason, why;

	/* The thread's own. */
	struct desktop desktop;
	struct card_watch *watch;
	bool cards_changed; /* cards or monitors came or went since the last look at them */
	struct path *notice_path;
	struct damage damage, part_damage; /* of the present look; of one conversion in it */
	_Atomic(const char *) beat;        /* the first view's beat, for the report */
	uint64_t release_ns;               /* when to give back buffers while nobody waits; 0: it is done */
	uint64_t let_go_ns;                /* when to close the cards while nobody waits; 0: it is done */
	bool let_go;                       /* the cards were closed since the last look */
	bool moved;              /* outputs lie elsewhere than in the picture that was published last */
	bool abandoned;          /* in the present look: a card is to be closed so that the kernel can draw */
	const char *missing;     /* what viewers were last told that the picture lacks */
	struct cursor looked_at; /* the cursor as the thread saw it last, in the picture */
	unsigned darknesses;     /* how many periods of darkness there were */

	/* Under `lock`. */
	char switch_to[FRAMES_SWITCH_SIZE]; /* what frames_switch() asks for; empty: nothing */
	int switch_error;
	struct reason switch_reason;
	struct cursor cursor;
	struct frames_desktop shared;
	struct frames_report report;
	uint64_t state_ns; /* when the report's state was seen */
	struct durations capture_times, convert_times, copy_times;
};

/*
 * Looks at the views that are due, and publishes what changed. If one of them shows nothing, shows a notice
 * in its place and sets its retry_ns. 0, or the first -errno, with start_reason filled. Frame thread.
 */
int frames_look(struct frames *frames, uint64_t now_ns);
/* The same for all views. */
int frames_look_at_all(struct frames *frames, uint64_t now_ns);

/* Closes the cards until the next look. Frame thread. */
void frames_let_go(struct frames *frames);

/* Looks at the state of the display alone, for the report. Reads no pixel, unless the last scanout that was
 * read could not be converted. Frame thread. */
void frames_look_at_state(struct frames *frames, uint64_t now_ns);

#endif
