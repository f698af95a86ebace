/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frames_state: what the files of the frame thread share. frames.c decides when to look. frames_look.c does
 * one look, by frames_view.c for each output. frames_report.c keeps what is told of it, and frames_cursor.c
 * the cursor. No other file includes this one.
 *
 * The frame thread makes every call here.
 */
#ifndef ZEROVNC_FRAMES_STATE_H
#define ZEROVNC_FRAMES_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "capture/card_watch.h"
#include "encode/durations.h"
#include "server/frames/desktop.h"
#include "server/frames/drawing.h"
#include "server/frames/frames.h"

enum { FRAMES_SWITCH_SIZE = 512 };

/* Each member is written by the file under whose name it stands. */
struct frames {
	/* --- frames.c --- */
	struct frames_options options;
	pthread_t thread;
	int wake_fd;
	/* Requests to the thread, from any thread. `sprung` is also taken back by frames_let_go(). */
	_Atomic bool quit, wanted, sprung, stirred, asked;
	_Atomic unsigned fps; /* what frames_set_fps() asks for */
	/* The thread increments this when it leaves its rest and when it comes back. Even: it is at rest. */
	_Atomic unsigned turn;
	unsigned turn_seen;    /* the turn at the last frames_alive(); loop thread */
	uint64_t stir_woke_ns; /* when frames_stir() last woke the thread; loop thread */

	pthread_mutex_t lock; /* protects the members that say so */
	/* The start: frames_create() waits for the thread's first look. Under `lock`. */
	pthread_cond_t started_condition;
	bool started;
	int start_error;
	struct reason start_reason, why;
	/* Under `lock`. */
	char switch_to[FRAMES_SWITCH_SIZE]; /* what frames_switch() asks for; empty: nothing */
	int switch_error;
	struct reason switch_reason;

	struct desktop desktop; /* only desktop.c writes its members; several files those of its views */
	struct card_watch *watch;
	bool cards_changed; /* cards or monitors came or went since the last look at them */
	struct path *notice_path;
	_Atomic(const char *) beat; /* the first view's beat, for the report */
	uint64_t release_ns;        /* when to give back buffers while nobody waits; 0: it is done */
	uint64_t let_go_ns;         /* when to close the cards while nobody waits; 0: it is done */

	/* --- frames_look.c --- */
	struct drawing drawing; /* the picture of the present look */
	bool let_go;            /* the cards were closed since the last look */
	bool gaps_are_old;      /* what no output covers may still show one that has moved away */

	/* --- frames_report.c --- */
	const char *missing;       /* what viewers were last told that the picture lacks */
	unsigned darknesses;       /* how many periods of darkness there were */
	_Atomic unsigned darkness; /* see frames_darkness() */
	/* Under `lock`. Only this thread writes them, so it may read them without. */
	struct frames_report report;
	uint64_t state_ns; /* when the state was seen last, which the report tells */
	struct frames_desktop shared;
	struct durations capture_times, convert_times, copy_times;

	/* --- frames_cursor.c --- */
	struct cursor looked_at; /* the cursor as the thread saw it last, in the picture */
	struct cursor cursor;    /* the same, for all threads; under `lock` */
};

/* --- frames_look.c --- */

/* Looks at the views that are due, and publishes what changed. If one of them shows nothing, shows a notice
 * in its place and sets its retry_ns. Its `error` and `reason` tell why. */
void frames_look(struct frames *frames, uint64_t now_ns);
/* The same for all views. */
void frames_look_at_all(struct frames *frames, uint64_t now_ns);

/* Looks at the state of the display alone, for the report. Reads no pixel, unless the last scanout that was
 * read could not be converted. */
void frames_look_at_state(struct frames *frames, uint64_t now_ns);

/* Closes the cards until the next look. */
void frames_let_go(struct frames *frames);

/* drawing_catch_up(), measured. */
void frames_catch_up(struct frames *frames);

/* --- frames_view.c: one output in the present look --- */

/* Acquires the view's frame, or finds out why there is none. */
void frames_view_begin(struct frames *frames, struct view *view, uint64_t now_ns);
/* Draws the notice, which is as large as what it stands in for, as the view's frame. */
void frames_view_draw_notice(struct view *view);
/* Lets a device begin with what was acquired. frames_view_show() must follow for this view. */
void frames_view_launch(struct frames *frames, struct view *view);
/* Writes what was acquired into the picture: the scanout, or the notice in place of it. */
void frames_view_show(struct frames *frames, struct view *view, uint64_t now_ns);
/* Draws the conclusions from a look at this view. */
void frames_view_end(struct view *view, uint64_t now_ns);
/* Decides what follows from a look that failed with `error` and the view's `reason`. */
void frames_view_fail(struct frames *frames, struct view *view, int error, uint64_t now_ns);
/* Looks at the state of the output without reading a pixel. Returns false if only a look can tell. */
bool frames_view_look_at_state(struct frames *frames, struct view *view, uint64_t now_ns);

/* --- frames_report.c --- */

/* A look is done. `changed`: something in the picture changed. */
void frames_report_look(struct frames *frames, bool changed);
void frames_report_conversion(struct frames *frames, const struct converter_result *result);
/* Something began at `since_ns` and has ended now. */
void frames_report_time(struct frames *frames, struct durations *durations, uint64_t since_ns);
/* Tells viewers, the log and the report of what has changed about the display. */
void frames_report_note(struct frames *frames);
/* Writes into the report what is known about the display by now, and how it is converted. */
void frames_report_state(struct frames *frames);

/* --- frames_cursor.c --- */

/* Tells of the cursor if it changed. A moved cursor causes no damage: viewers are told about it apart from
 * the picture. */
void frames_cursor_note(struct frames *frames);

#endif
