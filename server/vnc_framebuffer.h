/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc_framebuffer: the pixels that one viewer is shown. Mostly the picture itself; pixels of its own where
 * the viewer cannot follow a new size (it sees the upper left part of the picture, black beside it) or cannot
 * draw a cursor (it finds it painted over the picture). Knows neither libvncserver nor threads: its viewer's
 * thread uses it.
 */
#ifndef ZEROVNC_VNC_FRAMEBUFFER_H
#define ZEROVNC_VNC_FRAMEBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/cursor.h"
#include "encode/picture.h"
#include "server/overlay.h"

struct vnc_framebuffer {
	uint32_t width, height;                 /* as the viewer has it */
	uint32_t picture_width, picture_height; /* of the picture seen last */
	uint8_t *own;            /* XRGB8888 without padding; NULL: the picture itself is shown */
	bool follows;            /* `own` is as large as the picture: only the cursor needs it */
	struct overlay *overlay; /* the cursor painted over `own`; NULL: none ever was */
};

void vnc_framebuffer_init(struct vnc_framebuffer *framebuffer, uint32_t width, uint32_t height);
void vnc_framebuffer_finish(struct vnc_framebuffer *framebuffer);

/* Whether the picture's size is news for the viewer. `resizable`: it follows new sizes, which it may have
 * said later than it was shown one. */
bool vnc_framebuffer_outdated(
	const struct vnc_framebuffer *framebuffer, const struct picture *picture, bool resizable);

/* Takes the picture's size where the viewer is resizable, else shows a part of it. All of the pixels are news
 * afterwards, and those of its own, if any, are black. 0 or -ENOMEM, and nothing changed. */
int vnc_framebuffer_resize(
	struct vnc_framebuffer *framebuffer, const struct picture *picture, bool resizable);

/* Gives the framebuffer pixels of its own, equal to the picture, to paint a cursor on. Out of memory: the
 * viewer goes without a cursor. */
void vnc_framebuffer_take_own(struct vnc_framebuffer *framebuffer, const struct picture *picture);

/* A part of the picture changed: brings it to the pixels of its own, if there are any. Clips the rectangle to
 * the framebuffer; false: nothing is left of it. */
bool vnc_framebuffer_refresh(
	struct vnc_framebuffer *framebuffer, const struct picture *picture, struct frame_rect *changed);

/*
 * Moves the painted cursor to where it is now (NULL: it is not to be seen), where there are pixels to paint
 * it on. Writes up to two rectangles that differ from before, and returns how many. `last`: none will be
 * painted any more, so pixels that only the cursor needed are let go.
 */
size_t vnc_framebuffer_paint(struct vnc_framebuffer *framebuffer, const struct picture *picture,
	const struct cursor *cursor, bool last, struct frame_rect changed[2]);

/* What is shown, rows `*stride` bytes apart: the picture's (borrowed as long as it is held) or its own. */
const uint8_t *vnc_framebuffer_pixels(
	const struct vnc_framebuffer *framebuffer, const struct picture *picture, size_t *stride);

#endif
