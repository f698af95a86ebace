/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * framebuffer: the pixels that one viewer is shown. Mostly they are the picture itself. In three cases
 * the pixels are composed. If the viewer cannot follow a new size, it sees the upper left part of the
 * picture, and black beside it. If it cannot draw a cursor, the cursor is painted over the picture. If the
 * picture lacks something, a banner says so. Pixels are composed only for the part that is asked for, so that
 * no viewer costs a copy of the picture. This knows neither libvncserver nor threads.
 */
#ifndef ZEROVNC_FRAMEBUFFER_H
#define ZEROVNC_FRAMEBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/cursor.h"
#include "encode/picture.h"
#include "encode/rfb/banner.h"
#include "encode/rfb/encoder.h"
#include "encode/rfb/overlay.h"
#include "encode/rfb/region.h"

/* What a viewer can be told. */
enum framebuffer_follows {
	FRAMEBUFFER_FOLLOWS_NOTHING, /* its framebuffer never changes */
	FRAMEBUFFER_FOLLOWS_SIZES,
	FRAMEBUFFER_FOLLOWS_SCREENS, /* and sizes */
};

struct framebuffer_state {
	struct encoder_desktop desktop;         /* the framebuffer, as the viewer knows it */
	uint32_t picture_width, picture_height; /* of the picture that was last seen */
};

/* What a viewer has by the updates that it was sent. */
struct framebuffer_known {
	struct framebuffer_state framebuffer;
	struct picture_store *shown; /* whose pictures it saw last; borrowed */
	uint64_t seen;               /* the generation of the last one; 0: none */
	struct region lacks;         /* where it does not have that one's pixels */
};

struct framebuffer {
	struct encoder_desktop desktop; /* as in struct framebuffer_state */
	uint32_t picture_width, picture_height;
	struct overlay *overlay; /* owned; the painted cursor; NULL: there never was one */
	struct banner banner;    /* laid below the cursor */
	uint8_t *part;           /* owned; the last composed part, XRGB8888 without padding; NULL: none was */
	size_t part_size;        /* bytes that `part` has room for */
};

void framebuffer_init(struct framebuffer *framebuffer, uint32_t width, uint32_t height);
void framebuffer_finish(struct framebuffer *framebuffer);

/* Returns whether the picture's size, or what screens it has, is new for the viewer. The viewer may have said
 * what it follows only after it was shown something new. */
bool framebuffer_outdated(const struct framebuffer *framebuffer, const struct picture *picture,
	enum framebuffer_follows follows);

/* Takes on the picture's size and its screens as far as the viewer follows them, else shows a part of the
 * picture. All pixels count as changed afterwards. Returns whether the viewer must be told. */
bool framebuffer_resize(
	struct framebuffer *framebuffer, const struct picture *picture, enum framebuffer_follows follows);

/* Takes on what a viewer was shown by others: its desktop, and the size of the picture that it saw last.
 * Nothing is laid over the picture. */
void framebuffer_adopt(struct framebuffer *framebuffer, const struct framebuffer_state *state);
/* The other way round. */
struct framebuffer_state framebuffer_state(const struct framebuffer *framebuffer);

/* Clips a part of the picture to the framebuffer. False: nothing is left of it. */
bool framebuffer_clip(const struct framebuffer *framebuffer, struct rect *part);

/* Moves the painted cursor to its present place (NULL: it is not visible). Writes up to two rectangles that
 * differ from before, and returns how many. If memory runs out, the viewer gets no cursor. */
size_t framebuffer_move_cursor(
	struct framebuffer *framebuffer, const struct cursor *cursor, struct rect changed[2]);

/* Lays the banner over the framebuffer, or takes it away, as banner_lay() does. */
size_t framebuffer_lay_banner(struct framebuffer *framebuffer, uint64_t now_ns, struct rect changed[2]);

/* Writes where the viewer is shown something else than the picture: the cursor and the banner. Width 0:
 * nowhere. */
void framebuffer_overlaid(const struct framebuffer *framebuffer, struct rect places[2]);

/* Whether a part of the framebuffer consists of the picture's pixels alone. */
bool framebuffer_is_picture(
	const struct framebuffer *framebuffer, const struct picture *picture, const struct rect *part);

/* Returns the pixels of a part of the framebuffer, from the part's upper left corner, with rows `*stride`
 * bytes apart. They are the picture's pixels, borrowed as long as the picture is held, or composed ones,
 * borrowed until the next call. The picture may have another size than the one that was last seen. NULL: out
 * of memory. */
const uint8_t *framebuffer_pixels(struct framebuffer *framebuffer, const struct picture *picture,
	const struct rect *part, size_t *stride);

#endif
