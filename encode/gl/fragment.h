/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fragment: damage and conversion for OpenGL ES 2.0 and 3.0, which have no compute shaders.
 *
 * Runs of 16 pixels are compared into a small texture, that is ORed into one texel a tile, which is read
 * back; then the changed tiles are drawn converted into the copy of what was sent, and read back from there.
 *
 * What is drawn to is first cleared to what no shader writes, so that a driver that silently drops a draw is
 * found out: both comparing passes in every frame, the storing one when it draws everything or is new.
 */
#ifndef ZEROVNC_FRAGMENT_H
#define ZEROVNC_FRAGMENT_H

#include "encode/converter.h"
#include "encode/gl/egl.h"
#include "encode/gl/readback.h"
#include "encode/gl/scanout.h"

/* A texture that can be drawn to. */
struct fragment_target {
	GLuint texture, framebuffer;
	uint32_t width, height;
};

struct fragment_program {
	GLuint program; /* 0: not made so far */
	bool proven;    /* it was seen to draw; of `store` only */
	struct scanout_uniforms scanout;
	GLint source, source_size, limits; /* the other texture that it reads, and what of it counts */
};

struct fragment {
	struct egl *egl; /* borrowed */
	struct fragment_program compare[SCANOUT_KINDS], store[SCANOUT_KINDS], tiles;
	GLuint corners; /* of the triangle */

	int fixed_bounce; /* as readback_init() takes it */
	uint32_t width, height;
	struct fragment_target sent; /* what viewers have, blue in the red channel */
	struct fragment_target runs, changed;
	struct readback readback; /* OpenGL ES 3.0 */
	uint8_t *texels;          /* of `changed`, and rows of `sent` on their way; owned */
	struct rect *rectangles;  /* owned */
};

/* 0 or -ENOTSUP with a reason. */
int fragment_init(struct fragment *fragment, struct egl *egl, struct reason *reason);
/* Also of an all-zero one. */
void fragment_finish(struct fragment *fragment);

/* As converter_impl.forget. */
void fragment_forget_tiles(
	struct fragment *fragment, const struct picture *picture, const struct damage *tiles);

/* As compute_run, but after -ENOTSUP and -ENOMEM there is nobody else to ask in this context. */
int fragment_run(
	struct fragment *fragment, const struct scanout *scanout, const struct conversion *conversion);

#endif
