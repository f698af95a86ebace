/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own_update: what one viewer is sent next: what has changed since the picture that it saw last, as far as it
 * has asked for it. One thread at a time uses it. No folder but this one includes it.
 */
#ifndef ZEROVNC_OWN_UPDATE_H
#define ZEROVNC_OWN_UPDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/picture.h"
#include "encode/rfb/changes.h"
#include "encode/rfb/copies.h"
#include "encode/rfb/framebuffer.h"
#include "encode/rfb/lossy.h"
#include "encode/rfb/own_video.h"
#include "encode/rfb/region.h"

struct own;

struct own_update {
	/* What the viewer is, as of the next update. */
	struct picture_store *store; /* whose pictures it is shown; borrowed */
	enum framebuffer_follows follows;
	bool draws_cursor, takes_copies;

	/* What it has asked for since the last one. */
	struct region asked, asked_anew; /* what has changed, and all of it */
	bool settles;                    /* it is answered, changed or not */
	/* If nothing of that has changed, about so many pixels are sent exactly that were sent with losses
	 * up to this time. 0: none. */
	uint32_t refresh_pixels;
	uint64_t refresh_until_ns;

	/* What it is sent. */
	struct copies copies;   /* in front of the pixels */
	struct region due;      /* pixels of the framebuffer */
	bool tells_desktop;     /* before that */
	bool refreshes;         /* the pixels are sent exactly, and none of them is new */
	struct own_video video; /* what of it goes as video, and is not in `due` then */

	/* What is known of it. */
	struct framebuffer framebuffer;
	struct picture_store *shown;          /* whose `seen` counts */
	uint64_t seen;                        /* generation of the picture that was sent last; 0: none */
	bool mixed;                           /* and parts of it were of newer ones */
	struct region modified, requested;    /* what it lacks, and what it asks for */
	bool anew;                            /* that includes what may not have changed */
	struct lossy lossy;                   /* what it has not got exactly */
	uint32_t former_width, former_height; /* a request under way may still ask for this size; 0: none */
	bool desktop_pending;                 /* the desktop is to be told with the next update */
	struct cursor *cursor;                /* owned; a copy for a viewer that draws none; NULL: none yet */
	uint64_t cursor_serial, banner_serial; /* of the copied cursor and of the laid banner */
	struct changes changes;                /* since `seen`, when the update was begun */
};

/* `store` is borrowed until finish, `width` and `height` are those of the viewer's framebuffer. */
void own_update_init(struct own_update *update, struct picture_store *store, uint32_t width, uint32_t height);
void own_update_finish(struct own_update *update);

/* See own_viewer_known(). */
void own_update_known(const struct own_update *update, struct framebuffer_known *known);
void own_update_adopt(struct own_update *update, const struct framebuffer_known *known);

/* Finds out what is sent: `copies`, `due` and `tells_desktop`. 0, or -ENOMEM. */
int own_update_find(struct own_update *update, struct own *own, const struct picture *picture);

/* Whether there is something to send. */
bool own_update_any(const struct own_update *update);

/* Whether there is a newer picture, cursor or banner than the last one that was looked at. */
bool own_update_slipped_by(const struct own_update *update, const struct own *own);

/* Returns the milliseconds until there may be something to send even if nothing happens, because a banner
 * goes away, or because a video stands still. -1: never. */
int own_update_wait_ms(const struct own_update *update);

#endif
