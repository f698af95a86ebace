/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc_framebuffer: the pixels that one viewer is shown. Mostly they are the picture itself. In three cases
 * the pixels are composed. If the viewer cannot follow a new size, it sees the upper left part of the
 * picture, and black beside it. If it cannot draw a cursor, the cursor is painted over the picture. If the
 * picture lacks something, a banner says so. Pixels are composed only for the part that is asked for, so that
 * no viewer costs a copy of the picture. This knows neither libvncserver nor threads; the viewer's thread
 * uses it.
 */
#ifndef ZEROVNC_VNC_FRAMEBUFFER_H
#define ZEROVNC_VNC_FRAMEBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/cursor.h"
#include "encode/picture.h"
#include "encode/rfb/encoder.h"
#include "server/cursor/overlay.h"
#include "server/vnc/banner.h"

/* What a viewer can be told. */
enum vnc_follows {
	VNC_FOLLOWS_NOTHING, /* its framebuffer never changes */
	VNC_FOLLOWS_SIZES,
	VNC_FOLLOWS_SCREENS, /* and sizes */
};

struct vnc_framebuffer {
	struct encoder_desktop desktop;         /* the framebuffer, as the viewer knows it */
	uint32_t picture_width, picture_height; /* of the picture that was last seen */
	struct overlay *overlay;                /* owned; the painted cursor; NULL: there never was one */
	struct banner banner;                   /* laid below the cursor */
	uint8_t *part;    /* owned; the last composed part, XRGB8888 without padding; NULL: none was */
	size_t part_size; /* bytes that `part` has room for */
};

void vnc_framebuffer_init(struct vnc_framebuffer *framebuffer, uint32_t width, uint32_t height);
void vnc_framebuffer_finish(struct vnc_framebuffer *framebuffer);

/* Returns whether the picture's size, or what screens it has, is new for the viewer. The viewer may have said
 * what it follows only after it was shown something new. */
bool vnc_framebuffer_outdated(
	const struct vnc_framebuffer *framebuffer, const struct picture *picture, enum vnc_follows follows);

/* Takes on the picture's size and its screens as far as the viewer follows them, else shows a part of the
 * picture. All pixels count as changed afterwards. Returns whether the viewer must be told. */
bool vnc_framebuffer_resize(
	struct vnc_framebuffer *framebuffer, const struct picture *picture, enum vnc_follows follows);

/* Clips a part of the picture to the framebuffer. False: nothing is left of it. */
bool vnc_framebuffer_clip(const struct vnc_framebuffer *framebuffer, struct rect *part);

/* Moves the painted cursor to its present place (NULL: it is not visible). Writes up to two rectangles that
 * differ from before, and returns how many. If memory runs out, the viewer gets no cursor. */
size_t vnc_framebuffer_move_cursor(
	struct vnc_framebuffer *framebuffer, const struct cursor *cursor, struct rect changed[2]);

/* Lays the banner over the framebuffer, or takes it away, as banner_lay() does. */
size_t vnc_framebuffer_lay_banner(
	struct vnc_framebuffer *framebuffer, uint64_t now_ns, struct rect changed[2]);

/* Returns the pixels of a part of the framebuffer, from the part's upper left corner, with rows `*stride`
 * bytes apart. They are the picture's pixels, borrowed as long as the picture is held, or composed ones,
 * borrowed until the next call. The picture may have another size than the one that was last seen. NULL: out
 * of memory. */
const uint8_t *vnc_framebuffer_pixels(struct vnc_framebuffer *framebuffer, const struct picture *picture,
	const struct rect *part, size_t *stride);

#endif
