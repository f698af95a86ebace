/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fragment: damage and conversion for OpenGL ES 2.0 and 3.0, which have no compute shaders.
 *
 * Runs of 16 pixels are compared into a small texture. From that, one texel per tile gets the box of pixels
 * that changed, which is read back. Then what lies in the boxes is converted and drawn into the copy of what
 * was sent, and read back from there. By then the scanout may show something else, also outside of the boxes,
 * which the next frame finds.
 *
 * Each target is first cleared to a value that no shader writes, so that a driver that silently drops a draw
 * is detected. This covers both comparing passes in every frame, and the storing pass if it draws everything
 * or is new.
 */
#ifndef ZEROVNC_FRAGMENT_H
#define ZEROVNC_FRAGMENT_H

#include "encode/converter.h"
#include "encode/gl/egl.h"
#include "encode/gl/layers.h"
#include "encode/gl/readback.h"

/* A texture that can be drawn to. */
struct fragment_target {
	GLuint texture, framebuffer;
	uint32_t width, height;
};

struct fragment_program {
	GLuint program; /* 0 if it was not made so far */
	bool proven;    /* it was seen to draw; only for `store` */
	struct layers_uniforms layers;
	struct layers_held shown;
	GLint source, source_size, limits; /* the other texture that it reads, and which part of it counts */
};

struct fragment {
	struct egl *egl;        /* borrowed */
	uint64_t usual_wait_ns; /* as for egl_fence_wait() */
	GLint textures;         /* that a shader may read */
	struct variant_cache variants;
	struct fragment_program compare[VARIANT_CACHE], store[VARIANT_CACHE], tiles;
	GLuint corners; /* of the triangle */

	int fixed_bounce;            /* as for readback_init() */
	uint32_t width, height;      /* of the layers' grid */
	struct damage damage;        /* of the grid; owned */
	struct fragment_target sent; /* what viewers have, with blue in the red channel */
	struct fragment_target runs, changed;
	struct readback readback; /* only with OpenGL ES 3.0 */
	uint8_t *texels;          /* of `changed`, or rows of `sent` that are read back; owned */
	struct rect *rectangles;  /* owned */
};

/* 0 or -ENOTSUP with a reason. */
int fragment_init(struct fragment *fragment, struct egl *egl, struct reason *reason);
/* An all-zero one may be finished, too. */
void fragment_finish(struct fragment *fragment);

/* As converter_impl.forget. */
void fragment_forget_tiles(
	struct fragment *fragment, const struct picture *picture, const struct damage *tiles);

/* As compute_run, but after -ENOTSUP and -ENOMEM this context has no other way. */
int fragment_run(struct fragment *fragment, const struct layers *layers, const struct conversion *conversion);

#endif
