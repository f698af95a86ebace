/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc_update: what a viewer is sent next. Takes the newest picture, marks for the library what changed since
 * the one that this viewer saw last, and has it encoded. Its viewer's thread uses it. Only vnc*.c include
 * this.
 */
#ifndef ZEROVNC_VNC_UPDATE_H
#define ZEROVNC_VNC_UPDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/cursor.h"
#include "encode/damage.h"
#include "server/vnc.h"
#include "server/vnc_framebuffer.h"
#include "server/vnc_pieces.h"
#include "server/vnc_screen.h"

struct vnc_update {
	struct vnc *vnc;
	struct vnc_screen *screen;
	struct vnc_framebuffer framebuffer;
	/* Of the viewer's framebuffer; a new size stands here before the first byte that tells it. */
	_Atomic uint32_t width, height;
	bool asked_all; /* its last request, the gateway's pixel apart, was for the whole picture */
	uint32_t former_width, former_height; /* what a request under way may still ask for; 0: none */
	uint64_t seen;                        /* generation of the picture sent last; 0: none */
	const struct picture *picture;        /* held for the update that is being sent; NULL: none is */
	bool mixed;                           /* that update lost one, and goes on with newer ones */
	struct vnc_pieces pieces;
	struct damage damage;
	struct frame_rect *rectangles; /* room for damage's */
	size_t rectangle_capacity;
	struct cursor *cursor; /* as of cursor_serial, for a viewer that draws none; NULL: none yet */
	uint64_t cursor_serial, banner_serial;
	_Atomic uint64_t mixed_updates; /* for the report */
};

/* `vnc` and `screen` are borrowed until finish; width and height: of the screen. */
void vnc_update_init(struct vnc_update *update, struct vnc *vnc, struct vnc_screen *screen, uint32_t width,
	uint32_t height);
void vnc_update_finish(struct vnc_update *update);

/* Sends what the open request may have by now; the library keeps it open where that is nothing.
 * `draws_cursor`: nothing is painted for it. False: out of memory or the library gave up, the viewer must
 * go. */
bool vnc_update_send(struct vnc_update *update, bool draws_cursor);

/* Whether there is a newer picture, cursor or banner than was sent last. */
bool vnc_update_slipped_by(const struct vnc_update *update, bool draws_cursor);

/* Milliseconds until there is something to send though nothing happens (a banner goes); -1: never. */
int vnc_update_wait_ms(const struct vnc_update *update);

#endif
