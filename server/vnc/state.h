/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vnc_state: what vnc, its viewers and their updates share. No other folder includes it. */
#ifndef ZEROVNC_VNC_STATE_H
#define ZEROVNC_VNC_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "server/vnc/screen.h"
#include "server/vnc/update.h"
#include "server/vnc/vnc.h"

struct vnc {
	struct picture_store *store; /* borrowed */
	rfbScreenInfoPtr prototype;  /* every viewer's screen is a copy of it; owned */

	pthread_mutex_t lock;
	pthread_cond_t none_left;        /* signalled when `viewers` becomes empty */
	LIST_HEAD(, vnc_viewer) viewers; /* those whose threads run; under lock */
	struct cursor cursor;            /* under lock */
	_Atomic uint64_t cursor_serial;  /* counts the cursor's changes; 0: there never was a cursor */
	char banner[BANNER_WORDS];       /* under lock */
	uint64_t banner_ns;              /* how long the banner is shown; under lock */
	_Atomic uint64_t banner_serial;  /* counts the banner's changes; 0: there never was a banner */
};

struct vnc_viewer {
	struct vnc *vnc;
	LIST_ENTRY(vnc_viewer) link; /* the list vnc.viewers; under vnc.lock */

	int stream_fd;             /* owned; the link's end of the pair */
	int answered_fd;           /* owned; an eventfd that the thread writes */
	int wake_fd;               /* owned; an eventfd that the thread reads */
	_Atomic bool quit;         /* the thread must end */
	_Atomic bool waiting;      /* an update request is open, so a new picture must wake the thread */
	_Atomic bool draws_cursor; /* see vnc_viewer_draws_cursor() */
	_Atomic int references;    /* how many of the owner and the thread still use this */

	/* The thread's own. */
	struct vnc_screen screen;
	struct vnc_update update;
	uint64_t open_requests; /* update requests that the library has read and not answered */

	/* For the report. */
	_Atomic uint64_t updates; /* see struct encoder_report */
	_Atomic int encoding;     /* the number of the encoding that the viewer prefers */
};

/* Call these when the viewer's thread begins and when it has ended. vnc_destroy() waits for the last one. The
 * viewer itself may be gone after vnc_remove_viewer(). */
void vnc_add_viewer(struct vnc *vnc, struct vnc_viewer *viewer);
void vnc_remove_viewer(struct vnc *vnc, struct vnc_viewer *viewer);

/* Brings a copy of the cursor up to date. `serial` is the copy's serial, and 0 if the copy is zeroed.
 * Viewers' threads. */
void vnc_copy_cursor(struct vnc *vnc, struct cursor *cursor, uint64_t *serial);

/* Has a viewer's banner say what there is to say. `serial` is the serial of what the banner said last, and 0
 * if it has said nothing. Viewers' threads. */
void vnc_copy_banner(struct vnc *vnc, struct banner *banner, uint64_t *serial);

/* Wakes the viewer's thread. Any thread. */
void vnc_viewer_wake(struct vnc_viewer *viewer);

/* Drops one reference. The last one frees the viewer. Any thread. */
void vnc_viewer_release(struct vnc_viewer *viewer);

#endif
