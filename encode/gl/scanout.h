/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scanout: what one layer's copy of scanout.glsl reads: a texture, where it is shown, and how it is laid over
 * what lies below.
 */
#ifndef ZEROVNC_SCANOUT_H
#define ZEROVNC_SCANOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/frame.h"
#include "encode/gl/gles.h"
#include "encode/pixel_format.h"

/* Each kind is a variant of every program. */
enum scanout_kind {
	SCANOUT_TEXTURE,  /* a plain 2D texture, or an import that can be one */
	SCANOUT_EXTERNAL, /* an import for samplerExternalOES only */
	SCANOUT_PLANES,   /* YUV, as a texture of its luma and one of its chroma */
	SCANOUT_SAMPLED,  /* YUV that samplerExternalOES turns into RGB, only with fragment shaders */
	SCANOUT_PALETTE,  /* numbers of colours, and a texture of those */
	SCANOUT_MEMORY,   /* bytes of a framebuffer, four to a texel */
	SCANOUT_KINDS,
};

struct scanout {
	enum scanout_kind kind;
	GLuint texture; /* borrowed */
	uint32_t texture_width, texture_height;
	GLuint chroma; /* only for SCANOUT_PLANES; of SCANOUT_PALETTE, the colours; borrowed */

	int32_t unit, chroma_unit; /* the texture units of the two */

	/* The pixels of the mode that it covers: left, top, right, bottom. Everything else is black. */
	int32_t shown[4];
	/*
	 * The framebuffer's pixel that is shown at the top left of that area, and the steps in the
	 * framebuffer for one pixel to the right (0, 1) and one down (2, 3). If the layer is scaled, these
	 * are of oriented pixels (encode/placement.h), and the others are as in scanout.glsl.
	 */
	int32_t first[2], steps[4];
	bool scaled;
	float start[4], scale[4], last[2];

	bool halves;       /* its channels are half floats, so they may be no numbers */
	bool hides;        /* nothing that lies below it is seen through it */
	float blending[4]; /* as in scanout.glsl */

	/* For SCANOUT_MEMORY, as in scanout.glsl. The bytes are those of red, green, blue and alpha. */
	int32_t pixel_bytes[2];
	float first_bytes[4][4], last_bytes[4][4], units[4], counts[4];
	/* For SCANOUT_PLANES, likewise. */
	int32_t chroma_rows, chroma_channels;
	float red[4], green[4], blue[4];
};

/* Where a program has the uniforms of a layer. */
struct scanout_uniforms {
	GLint sampler, size, shown, first, steps, start, scale, last, hides, blending;
	GLint pixel_bytes, first_bytes, last_bytes, units, counts;
	GLint palette, chroma, chroma_size, chroma_rows, chroma_channels, red, green, blue;
};

/* Makes all of the mode black. `texture` is bound but never read. */
void scanout_init_black(struct scanout *scanout, GLuint texture);

/*
 * Fills in where a layer is shown on a mode of this size, and how it is laid over others. `shown` stays empty
 * if nothing of it is seen. 0, or -EINVAL with a reason if it reaches outside its framebuffer.
 */
int scanout_place(struct scanout *scanout, const struct frame_layer *layer, uint32_t width, uint32_t height,
	struct reason *reason);

/* Whether it is more than an opaque layer that is shown pixel by pixel over black. */
bool scanout_is_composed(const struct scanout *scanout);

/* Fills pixel_bytes and the channels. */
void scanout_set_format(struct scanout *scanout, const struct pixel_format *format);
/* Fills the numbers that turn the samples of a YUV layer into RGB, by its encoding and range. */
void scanout_set_yuv(
	struct scanout *scanout, const struct pixel_format *format, const struct frame_layer *layer);

/* Whether a second texture belongs to it. */
bool scanout_is_pair(enum scanout_kind kind);

/* The target that textures of this kind are bound to. */
GLenum scanout_target(enum scanout_kind kind);

/* `index` is the layer's in the program. */
void scanout_locate(const struct gles *gl, GLuint program, int index, struct scanout_uniforms *uniforms);
/* Binds the textures to their units, that of the layer last. */
void scanout_bind(const struct gles *gl, const struct scanout *scanout);
/* Sets the uniforms of the program in use. */
void scanout_apply(
	const struct gles *gl, const struct scanout_uniforms *uniforms, const struct scanout *scanout);

#endif
