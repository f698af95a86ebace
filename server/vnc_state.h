/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vnc_state: what vnc, its viewers and their updates share. Nobody but vnc*.c includes it. */
#ifndef ZEROVNC_VNC_STATE_H
#define ZEROVNC_VNC_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "server/vnc.h"
#include "server/vnc_screen.h"
#include "server/vnc_update.h"

struct vnc {
	struct picture_store *store;
	char *name;
	rfbScreenInfoPtr prototype; /* every viewer's screen is a copy of it */

	pthread_mutex_t lock;
	pthread_cond_t none_left;
	struct vnc_viewer *viewers;     /* whose threads run; through vnc_viewer.next */
	struct cursor cursor;           /* under lock */
	_Atomic uint64_t cursor_serial; /* counts its changes; 0: there never was one */
	char banner[BANNER_WORDS];      /* under lock, as the next */
	uint64_t banner_ns;             /* how long it is shown */
	_Atomic uint64_t banner_serial; /* as the cursor's */
};

struct vnc_viewer {
	struct vnc *vnc;
	struct vnc_viewer *next, **link; /* vnc.viewers, under vnc.lock */

	int stream_fd;   /* ours: the gateway's end of the pair */
	int answered_fd; /* eventfd, written by the thread */
	int wake_fd;     /* eventfd, read by the thread */
	_Atomic bool quit;
	_Atomic bool waiting; /* an update request is open: a new picture is news */
	_Atomic bool draws_cursor;
	_Atomic int references; /* the owner and the thread */

	/* The thread's own. */
	struct vnc_screen screen;
	struct vnc_update update;
	uint64_t open_requests; /* read by the library and not answered */

	/* For the report. */
	_Atomic uint64_t updates;
	_Atomic int encoding;
};

/* The viewer's thread begins or has ended. vnc_destroy() waits for the last one; the viewer itself may be
 * gone after vnc_remove_viewer(). */
void vnc_add_viewer(struct vnc *vnc, struct vnc_viewer *viewer);
void vnc_remove_viewer(struct vnc *vnc, struct vnc_viewer *viewer);

/* Brings a copy of the cursor up to date; `serial`: of that copy, 0 of a zeroed one. Viewers' threads. */
void vnc_copy_cursor(struct vnc *vnc, struct cursor *cursor, uint64_t *serial);

/* Has a viewer's banner say what there is to say; `serial`: of what it said last, 0: nothing yet. Viewers'
 * threads. */
void vnc_copy_banner(struct vnc *vnc, struct banner *banner, uint64_t *serial);

/* Wakes the viewer's thread. Any thread. */
void vnc_viewer_wake(struct vnc_viewer *viewer);

/* Drops one of its references: the last one frees it. */
void vnc_viewer_release(struct vnc_viewer *viewer);

#endif
