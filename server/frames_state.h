/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frames_state: what the frame thread's two halves share: frames.c (when to look) and frames_look.c (one
 * look). */
#ifndef ZEROVNC_FRAMES_STATE_H
#define ZEROVNC_FRAMES_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "capture/card_watch.h"
#include "capture/notice.h"
#include "encode/durations.h"
#include "server/frames.h"
#include "server/pacer.h"
#include "server/vblank.h"

/* What the picture that was published last shows. */
enum shown { SHOWN_NOTHING, SHOWN_SCANOUT, SHOWN_NOTICE };

struct frames {
	struct frames_options options;
	pthread_t thread;
	int wake_fd;
	_Atomic bool quit, wanted, sprung, stirred, asked;
	_Atomic unsigned darkness;
	_Atomic unsigned
		turn;        /* even: at rest; the thread counts it up when it leaves its rest and returns */
	unsigned turn_seen;  /* the loop's own: at the last frames_alive() */
	unsigned darknesses; /* the thread's own: how many there were */
	uint64_t stir_woke_ns; /* the loop's own */

	/* The start: frames_create() waits for the thread's first look. */
	pthread_mutex_t lock; /* and over `report` and the durations */
	pthread_cond_t started_condition;
	bool started;
	int start_error;
	struct reason start_reason, why;

	/* The thread's own. */
	struct source *source; /* NULL while it is lost, or there was none yet */
	bool source_seen;      /* there was one */
	struct card_watch *watch;
	bool cards_changed; /* since a source was last looked for */
	struct path *path, *notice_path;
	struct notice *notice;
	struct pacer pacer;
	struct damage damage, retry_damage;
	uint64_t token; /* of the last peek */
	bool flipped;   /* a peek since the last look said so */
	struct vblank vblank;
	_Atomic(const char *) beat; /* vblank's, for the report */
	uint64_t release_ns;        /* nobody waits: when to give back buffers; 0: they are */
	uint64_t let_go_ns;         /* and the card */
	bool let_go;                /* since the last look */
	enum shown shown;
	uint32_t width, height;
	uint64_t retry_ns; /* dark or lost: when to try again; 0: lit */
	struct reason trouble;
	bool unreadable;     /* what is shown could be captured, and not converted */
	const char *missing; /* as the viewers were told */

	struct cursor looked_at; /* the thread's own, as the next */
	uint64_t cursor_ns;      /* when the cursor may be read again; 0: at each beat */
	struct cursor cursor;    /* under `lock`, as the next */
	struct frames_desktop desktop;
	struct frames_report report;
	uint64_t state_ns; /* when the report's state was seen */
	struct durations capture_times, convert_times, copy_times;
};

/* Opens the source the options ask for, as source_open(). Frame thread. */
int frames_open_source(struct frames *frames, struct reason *why);

/* Whether the scanout flipped since the last peek, as far as the source can tell. Frame thread. */
bool frames_peek(struct frames *frames);

/*
 * Looks at the scanout once and publishes what changed; shows a notice where there is nothing to see, and
 * sets retry_ns then. 0 or -errno, with start_reason filled. Frame thread.
 */
int frames_look(struct frames *frames, uint64_t now_ns);

/* Closes the card until the next look. Frame thread. */
void frames_let_go(struct frames *frames);

/* Looks at the state of the display alone, for the report; reads no pixel unless the last one that was read
 * could not be converted. Frame thread. */
void frames_look_at_state(struct frames *frames, uint64_t now_ns);

#endif
