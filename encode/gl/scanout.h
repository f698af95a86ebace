/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scanout: what the shaders' sample_scanout() reads, which is a texture, and where it is shown.
 */
#ifndef ZEROVNC_SCANOUT_H
#define ZEROVNC_SCANOUT_H

#include "capture/frame.h"
#include "encode/gl/gles.h"
#include "encode/pixel_format.h"

/* Each kind is a variant of every program. */
enum scanout_kind {
	SCANOUT_TEXTURE,  /* a plain 2D texture, or an import that can be one */
	SCANOUT_EXTERNAL, /* an import for samplerExternalOES only */
	SCANOUT_PLANES,   /* YUV, as a texture of its luma and one of its chroma */
	SCANOUT_SAMPLED,  /* YUV that samplerExternalOES turns into RGB, only with fragment shaders */
	SCANOUT_MEMORY,   /* bytes of a framebuffer, four to a texel */
	SCANOUT_KINDS,
};

struct scanout {
	enum scanout_kind kind;
	GLuint texture; /* borrowed */
	uint32_t texture_width, texture_height;
	GLuint chroma; /* only for SCANOUT_PLANES; borrowed */

	/* The pixels of the mode that it covers: left, top, right, bottom. Everything else is black. */
	int32_t shown[4];
	/* The framebuffer's pixel that is shown at the top left of that area, and the steps in the
	 * framebuffer for one pixel to the right (0, 1) and one down (2, 3). */
	int32_t first[2], steps[4];

	/* For SCANOUT_MEMORY and SCANOUT_PLANES, as in scanout.glsl. */
	int32_t pixel_bytes[2], chroma_rows, chroma_channels;
	float red[4], green[4], blue[4];
};

/* Where a program's uniforms of scanout.glsl are. */
struct scanout_uniforms {
	GLint sampler, size, shown, first, steps, pixel_bytes, red, green, blue;
	GLint chroma, chroma_size, chroma_rows, chroma_channels;
};

/* Makes all of the mode black. `texture` is bound but never read. */
void scanout_init_black(struct scanout *scanout, GLuint texture);

/*
 * Fills shown, first and steps from a layer. 0; -ENOTSUP with a reason if the hardware scales or blends it;
 * -EINVAL if it reaches outside its framebuffer.
 */
int scanout_place(struct scanout *scanout, const struct frame_layer *layer, struct reason *reason);

/* Fills pixel_bytes and the channels. */
void scanout_set_format(struct scanout *scanout, const struct pixel_format *format);
/* Fills the numbers that turn the samples of a YUV layer into RGB, by its encoding and range. */
void scanout_set_yuv(
	struct scanout *scanout, const struct pixel_format *format, const struct frame_layer *layer);

/* The target that textures of this kind are bound to. */
GLenum scanout_target(enum scanout_kind kind);

void scanout_locate(const struct gles *gl, GLuint program, struct scanout_uniforms *uniforms);
/* Binds the texture to the active unit, which must be 0, and the chroma's texture to unit 2. */
void scanout_bind(const struct gles *gl, const struct scanout *scanout);
/* Sets the uniforms of the program in use. */
void scanout_apply(
	const struct gles *gl, const struct scanout_uniforms *uniforms, const struct scanout *scanout);

#endif
