/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc_framebuffer: the pixels that one viewer is shown. Mostly the picture itself. Where the viewer cannot
 * follow a new size (it sees the upper left part of the picture, black beside it), cannot draw a cursor (it
 * finds it painted over the picture) or is to be told what the picture lacks (a banner), pixels are composed
 * for the part that is asked for, so that no viewer costs a copy of the picture. Knows neither libvncserver
 * nor threads: its viewer's thread uses it.
 */
#ifndef ZEROVNC_VNC_FRAMEBUFFER_H
#define ZEROVNC_VNC_FRAMEBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/cursor.h"
#include "encode/picture.h"
#include "server/banner.h"
#include "server/overlay.h"

struct vnc_framebuffer {
	uint32_t width, height;                 /* as the viewer has it */
	uint32_t picture_width, picture_height; /* of the picture seen last */
	struct overlay *overlay;                /* the cursor painted over it; NULL: none ever was */
	struct banner banner;                   /* below the cursor */
	uint8_t *part; /* XRGB8888 without padding: the part that was composed last; NULL: none was */
	size_t part_size;
};

void vnc_framebuffer_init(struct vnc_framebuffer *framebuffer, uint32_t width, uint32_t height);
void vnc_framebuffer_finish(struct vnc_framebuffer *framebuffer);

/* Whether the picture's size is news for the viewer. `resizable`: it follows new sizes, which it may have
 * said later than it was shown one. */
bool vnc_framebuffer_outdated(
	const struct vnc_framebuffer *framebuffer, const struct picture *picture, bool resizable);

/* Takes the picture's size where the viewer is resizable, else shows a part of it. All of the pixels are news
 * afterwards. */
void vnc_framebuffer_resize(
	struct vnc_framebuffer *framebuffer, const struct picture *picture, bool resizable);

/* Clips a part of the picture to the framebuffer; false: nothing is left of it. */
bool vnc_framebuffer_clip(const struct vnc_framebuffer *framebuffer, struct frame_rect *part);

/* Moves the painted cursor to where it is now (NULL: it is not to be seen). Writes up to two rectangles that
 * differ from before, and returns how many. Out of memory: the viewer goes without a cursor. */
size_t vnc_framebuffer_move_cursor(
	struct vnc_framebuffer *framebuffer, const struct cursor *cursor, struct frame_rect changed[2]);

/* Lays the banner over it, or takes it away, as banner_lay(). */
size_t vnc_framebuffer_lay_banner(
	struct vnc_framebuffer *framebuffer, uint64_t now_ns, struct frame_rect changed[2]);

/* What is shown in a part of the framebuffer, from its upper left corner, rows `*stride` bytes apart: the
 * picture's pixels (borrowed as long as that is held) or composed ones (until the next call). The picture may
 * be of another size than the one seen last. NULL: out of memory. */
const uint8_t *vnc_framebuffer_pixels(struct vnc_framebuffer *framebuffer, const struct picture *picture,
	const struct frame_rect *part, size_t *stride);

#endif
