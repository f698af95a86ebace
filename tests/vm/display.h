/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * display: one output of a KMS card and all planes of its CRTC, as a compositor with atomic modesetting
 * drives them. It can capture what the display engine made of them, if that writes back.
 *
 * A fault ends the program with a line that says what failed, but for display_show(), which a card may
 * refuse.
 */
#ifndef ZEROVNC_DISPLAY_H
#define ZEROVNC_DISPLAY_H

#include "capture/frame.h"
#include "tests/vm/buffer.h"
#include "tests/vm/object.h"

enum { DISPLAY_MAX_PLANES = 16 };

/* A plane's properties of a few words. The values are those of the enums in frame.h. */
enum display_choice { DISPLAY_BLEND, DISPLAY_ENCODING, DISPLAY_RANGE, DISPLAY_CHOICES };

struct display_plane {
	struct object object;
	uint64_t type;       /* DRM_PLANE_TYPE_* */
	drmModePlane *plane; // owned: the formats that it takes
};

struct display {
	int fd;                              // owned
	struct object connector, crtc, back; /* back.id 0: the card does not write back */
	drmModeModeInfo mode;
	uint32_t mode_blob;
	int plane_count;
	struct display_plane planes[DISPLAY_MAX_PLANES];
	struct buffer cursor;   /* see display.c */
	struct buffer captured; /* of the size of the mode, XRGB8888 */
};

/* The first connected output of a card (as card_open()), in a mode of this size. Nothing is lit yet. */
void display_open(struct display *display, const char *card, uint32_t width, uint32_t height);

/* Forgets all formats of planes but these: fourccs, with commas between them. */
void display_restrict(struct display *display, const char *codes);

/* Whether a plane has such a property, and a word for this value. */
bool display_offers(const struct display_plane *plane, enum display_choice choice, unsigned value);

/* Lights the planes of a frame's layers, each by its plane_id and fb_id and with the properties that it has,
 * and no other planes. Returns when they are shown. False with errno: the card refuses that. */
bool display_show(struct display *display, const struct frame *frame);

/* Has the display engine write what it shows into `captured`. */
void display_capture(struct display *display);

/* Gives up everything, as a compositor that ends. */
void display_close(struct display *display);

#endif
