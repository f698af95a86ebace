/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view: one output as the frame thread sees it: its source, its converter, its beats, and its part of the
 * picture. Outputs that are shown together have a view each, so that each is looked at when its own display
 * asks for it. The frame thread makes every call. No file outside of this folder includes it.
 */
#ifndef ZEROVNC_VIEW_H
#define ZEROVNC_VIEW_H

#include "capture/draw/notice.h"
#include "capture/heads.h"
#include "capture/layout.h"
#include "server/frames/look.h"
#include "server/frames/pacer.h"
#include "server/frames/vblank.h"

/* What the view's part of the picture that was published last shows. */
enum shown { SHOWN_NOTHING, SHOWN_SCANOUT, SHOWN_NOTICE };

/* view.c, desktop.c and the files of the frame thread (frames_state.h) write what lies under their names. */
struct view {
	/* --- view.c --- */

	/* Which output this is. With several, `options` names the one in `head`; otherwise it says what was
	 * asked for, and `head` has only the number by which viewers know the screen. */
	struct source_options options;
	struct head head;

	struct source *source; /* NULL: it is lost, or there was none yet */
	bool source_seen;      /* there was a source at some time */
	bool let_go;           /* the card was closed since the last look */
	enum path_kind path_kind;
	struct path *path;
	struct notice *notice;
	bool armed;           /* its next beat comes from the vertical blank */
	struct cursor cursor; /* as it was read last, on this output */
	uint64_t cursor_ns;   /* when the cursor may be read again; 0: at each beat */

	/* --- desktop.c --- */

	uint64_t absent_ns; /* since when this output is not among those to be shown; 0: it is */
	struct rect place;  /* the part of the picture; width 0: it has none so far */

	/* --- frames.c --- */

	uint64_t beat_ns; /* when the timer's next beat comes; 0: now */

	/* --- several: what one of them finds out, another takes into account --- */

	struct pacer pacer;
	struct vblank vblank;
	bool due;         /* the present look looks at this view */
	uint64_t token;   /* the token of the last peek or look */
	bool flipped;     /* the scanout flipped since the last look, as its token says */
	bool draw_notice; /* in the present look: in place of the scanout */
	enum shown shown;
	struct reason reason; /* why the present look failed, or opening the source */

	/* --- frames_view.c --- */

	uint32_t width, height;      /* of the part; 0: it was never lit, and no notice was drawn */
	struct layout_shared shared; /* what of a framebuffer that outputs share it shows */

	/* The present look. */
	int error;          /* why there is no scanout to show */
	struct frame frame; /* of the scanout; empty if there is none */
	bool abandoned;     /* the card is to be closed so that the kernel can draw (source.abandoned) */
	const char *headline;
	bool first;   /* the part did not show the scanout before */
	bool changed; /* the part shows something new */

	uint64_t retry_ns;     /* when to try again while the display is dark or lost; 0: it is lit */
	struct reason trouble; /* why it is dark or lost; empty: it is lit */
	bool unreadable;       /* the present scanout could be captured but not converted */
	int left_out;          /* planes of the last frame that was converted that could not be */
	struct reason left_out_reason;
};

/* A view of what the options ask for. NULL: out of memory. Strings of the options are borrowed. */
struct view *view_create(const struct source_options *options, enum path_kind path, unsigned fps);
/* A view of one of several outputs. `options` has what is asked for besides that. */
struct view *view_create_of_head(
	const struct head *head, const struct source_options *options, enum path_kind path, unsigned fps);
/* Takes NULL. */
void view_destroy(struct view *view);

/* Opens the source, as source_open() does. */
int view_open(struct view *view, struct reason *why);

/* Returns whether the scanout flipped since the last peek or look, as far as the source can tell. */
bool view_peek(struct view *view);

/* Whether the source can be peeked at between two looks. */
bool view_can_peek(const struct view *view);

/* Asks for a vertical blank if the next beat may come from it; `armed` tells. */
void view_arm(struct view *view, uint64_t now_ns);
/* The vertical blank has come, or it did not come in time. */
void view_disarm(struct view *view, bool came, uint64_t now_ns);

/* Returns how long the timer waits for the next beat. Only if it is not armed. */
uint64_t view_wait_ns(const struct view *view, uint64_t now_ns);

/* Reads the cursor, unless it is too early. Returns whether it was read. */
bool view_look_at_cursor(struct view *view);

/* Gives back everything that pins the memory of other programs' buffers. */
void view_release(struct view *view);

/* Closes the card until the next look. */
void view_let_go(struct view *view);

/* The card that was let go may have disappeared in the meantime, and another may have taken its place, which
 * nobody could see. If `error` tells of that, closes the source, and returns true: try again. */
bool view_was_replaced(struct view *view, int error);

/* Closes the source, with all that the converters keep of its card's buffers, because these keep the card
 * from disappearing. */
void view_lose_source(struct view *view);

#endif
