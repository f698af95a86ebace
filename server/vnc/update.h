/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc_update: what a viewer is sent next. It takes the newest picture, marks for the library what changed
 * since the picture that this viewer saw last, and has that encoded. The viewer's thread uses it. No other
 * folder includes this.
 */
#ifndef ZEROVNC_VNC_UPDATE_H
#define ZEROVNC_VNC_UPDATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/cursor.h"
#include "encode/rfb/changes.h"
#include "encode/rfb/copies.h"
#include "encode/rfb/framebuffer.h"
#include "server/vnc/pieces.h"
#include "server/vnc/screen.h"
#include "server/vnc/vnc.h"

struct vnc_update {
	struct vnc *vnc; /* borrowed */
	/* Whose pictures are to be shown, and whose `seen` counts. Borrowed. */
	struct picture_store *_Atomic store, *shown;
	struct vnc_screen *screen; /* borrowed */
	struct framebuffer framebuffer;
	/* The framebuffer's desktop, for other threads. A new one is stored here before the first byte of it
	 * is sent. */
	struct encoder_desktop desktop;   /* under lock */
	bool adopts;                      /* what the viewer has is `adopted`; under lock */
	struct framebuffer_known adopted; /* under lock */
	pthread_mutex_t lock;
	bool asked_all; /* the last request was for the whole picture; the link's pixel does not count */
	uint32_t former_width, former_height; /* a request under way may still ask for this size; 0: none */
	uint64_t seen;                        /* generation of the picture that was sent last; 0: none */
	const struct picture *picture; /* held while the update is being sent; NULL: none is being sent */
	bool mixed;                    /* the update lost its picture and goes on with newer ones */
	bool torn;                     /* what was sent last was mixed, and so partly newer than `seen` */
	struct copies copies;          /* that were not sent yet, in front of the pixels */
	struct vnc_pieces pieces;
	struct changes changes; /* since `seen`, when the update was begun */
	struct cursor *cursor;  /* owned; a copy for a viewer that draws none; NULL: none yet */
	uint64_t cursor_serial, banner_serial; /* of the copied cursor and of the laid banner */
	_Atomic uint64_t mixed_updates;        /* for the report */
};

/* `vnc`, `store` and `screen` are borrowed until finish. `width` and `height` are the screen's. */
void vnc_update_init(struct vnc_update *update, struct vnc *vnc, struct picture_store *store,
	struct vnc_screen *screen, uint32_t width, uint32_t height);
void vnc_update_finish(struct vnc_update *update);

/* Sends what there is by now for the open request. If that is nothing, the library keeps the request open.
 * `draws_cursor`: no cursor is painted for this viewer. False: memory ran out or the library gave up, and the
 * viewer must go. */
bool vnc_update_send(struct vnc_update *update, bool draws_cursor);

/* Returns whether there is a newer picture, cursor or banner than the last one that was sent. */
bool vnc_update_slipped_by(const struct vnc_update *update, bool draws_cursor);

/* See vnc_link_known(). Nothing is being sent, so the viewer's thread only waits. Loop thread. */
void vnc_update_known(struct vnc_update *update, struct framebuffer_known *known);
void vnc_update_adopt(struct vnc_update *update, const struct framebuffer_known *known);
/* The viewer's thread takes that on, before the library reads the first message that follows. */
void vnc_update_adopt_if_told(struct vnc_update *update);

/* Writes the viewer's framebuffer and its screens. Any thread. */
void vnc_update_desktop(struct vnc_update *update, struct encoder_desktop *desktop);

/* Returns the milliseconds until there is something to send even if nothing happens, because a banner goes
 * away. -1: never. */
int vnc_update_wait_ms(const struct vnc_update *update);

#endif
