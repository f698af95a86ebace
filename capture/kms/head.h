/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kms_head: one output as it is served: the connector and its CRTC, the planes that are lit on it, the
 * cursor, the vertical blanks, the colours, and what of all this frames lack. Which output that is, and what
 * happens if it is dark, is for the caller to decide.
 */
#ifndef ZEROVNC_KMS_HEAD_H
#define ZEROVNC_KMS_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/kms/colour.h"
#include "capture/kms/cursor.h"
#include "capture/kms/device.h"
#include "capture/kms/hdr.h"
#include "capture/kms/map.h"
#include "capture/kms/output.h"
#include "capture/kms/palette.h"
#include "capture/kms/plane.h"
#include "capture/kms/shortfall.h"
#include "capture/kms/stack.h"
#include "capture/kms/vblank.h"
#include "capture/source.h"

/* Others may read `output` and `waited`. */
struct kms_head {
	const struct kms_device *device; /* borrowed: the card */
	enum source_lut lut;             /* which colours frames have */

	struct kms_output output;    /* connector_id 0: none yet */
	uint64_t refreshed_ns;       /* when the output was last looked at; 0: look immediately */
	bool fresh;                  /* the last kms_head_refresh() looked at it */
	struct kms_output_look look; /* the properties that the last look has read, of one moment */
	bool look_is_new;            /* no frame has its colours so far */

	struct kms_plane *planes; /* all planes of the card, once they were listed; owned */
	size_t plane_count;
	struct kms_stack stack; /* the planes that are lit on output.crtc_id */
	bool waited;            /* the last read or peek of them waited for a client that holds locks */
	uint64_t waited_ns;     /* when that last happened */

	struct kms_maps maps;
	struct kms_cursor cursor;
	struct kms_vblank vblank;
	struct kms_colour colour;
	struct kms_palette palette;
	struct kms_hdr hdr;
	struct kms_shortfall shortfall;
};

/* `device` must stay where it is until kms_head_finish(). It may be closed, and another one opened in its
 * place: call kms_head_forget() in between. */
void kms_head_init(struct kms_head *head, const struct kms_device *device, enum source_lut lut);
void kms_head_finish(struct kms_head *head);

/* The card is to be closed. Gives back and forgets all that came from it, and of the output keeps only what
 * it is called. Every frame must be finished. */
void kms_head_forget(struct kms_head *head);

/* Gives back mappings. Every frame must be finished. */
void kms_head_release(struct kms_head *head);

/* --- the output --- */

/* This output, which was just looked at, is the one from now on. */
void kms_head_take(struct kms_head *head, const struct kms_output *output);

/*
 * Looks at the output again if it is time. Each of the necessary ioctls waits for modeset locks. Clients that
 * commit without NONBLOCK hold these until their flip is done, so doing this at every beat would cost such a
 * client's viewers most of their pictures. What changes with a flip is seen in the plane. 0 or -errno
 * (-ENODEV: the card is gone; -ENOENT: there is no output, or no longer).
 */
int kms_head_refresh(struct kms_head *head);

/* It is time: what was seen elsewhere contradicts what is known about the output. */
void kms_head_distrust(struct kms_head *head);

/* --- its planes --- */

/* Whether planes of the output are lit that were not known yet. Their state is not read. */
bool kms_head_find_planes(struct kms_head *head);

/* Whether anybody draws anything on any output of the card, lit or not. True if that cannot be found out. */
bool kms_head_card_is_drawn_on(struct kms_head *head);

/*
 * Reads what the planes show. To be called right after the output was seen lit.
 *   -ESTALE  they contradict what is known about the output: refresh it, and call again
 *   -ENOENT  none is lit, so nothing but black is shown
 *   -ENODEV  the card is gone
 */
int kms_head_read_planes(struct kms_head *head);

/* --- frames --- */

/* To be called when a new frame begins, as kms_maps_age(). */
void kms_head_age(struct kms_head *head);

/*
 * Fills an empty frame with what kms_head_read_planes() saw, which returned 0. `found` is updated when it is
 * time to. 0, or -errno with a reason (-ENOENT: a framebuffer disappeared meanwhile); what the frame has then
 * is to be dropped.
 */
int kms_head_fill(struct kms_head *head, unsigned flags, struct frame *frame, struct shortfall *found,
	struct reason *reason);

/* These do for the head what source_impl says about peek, is_current, arm_vblank, read_events and cursor. */
int kms_head_peek(struct kms_head *head, uint64_t *token);
bool kms_head_is_current(const struct kms_head *head, const struct frame *frame);
int kms_head_arm(struct kms_head *head);
bool kms_head_read_events(struct kms_head *head);
int kms_head_read_cursor(struct kms_head *head, struct cursor *cursor);

#endif
