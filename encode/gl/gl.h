/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gl: the converter that imports framebuffers into OpenGL ES without a copy, finds what changed there, and
 * reads back only that.
 *
 * Its convert() returns -ENOTSUP if the frame cannot be imported. It returns -EIO if the GPU failed (if
 * compute shaders failed, fragment shaders were tried, too); the context is made anew for the next frame. It
 * returns -ETIMEDOUT if the frame's writer does not finish. It never asks for mapped memory. Memory of a
 * source that is not a KMS device (frame_layer.plane_id 0) is uploaded.
 */
#ifndef ZEROVNC_GL_H
#define ZEROVNC_GL_H

#include "encode/converter.h"

/* For tests and benchmarks, which reach every way of converting by these. The server passes none. */
struct gl_options {
	int version;   /* the newest OpenGL ES to use: 20, 30, 31, 32; 0 means 32 */
	bool fragment; /* take the fragment path even if compute would do */
	int coding;    /* of tiles: 0 as suits the renderer, 1 packed, -1 plain */
	int threads;   /* per workgroup: 128, 256 or 512; 0 as suits the renderer */
	int stream;    /* unpack past the caches: 0 as suits the load, 1 always, -1 never */
	int bounce;    /* copy read-back memory out first: 0 as its speed suggests, 1 always, -1 never */
	int hands;     /* threads that help to unpack: 0 as suits the machine, -1 none */
	int bands;     /* dispatches per frame: 0 as suits the load */
	int priority;  /* over other programs on the GPU: 0 if the driver gives it, -1 never */
};

/*
 * `card_node` is the card that scans out, "/dev/dri/cardN". If it is NULL or empty, any GPU will do.
 * `options` may be NULL. The calling thread must make all further calls. 0, or -errno with what is missing.
 */
int gl_converter_create(const char *card_node, const struct gl_options *options, struct converter **converter,
	struct reason *reason);

/* Whether the renderer draws on the CPU. Such a renderer must never be chosen automatically. */
bool gl_converter_is_software(const struct converter *converter);

/* The GBM device (struct gbm_device) of its display. NULL if there is none or it imports no dma-bufs. */
void *gl_converter_gbm(const struct converter *converter);

/*
 * For benchmarks on machines with a GPU and no scanout: does what convert() does for a texture of this
 * converter's own context (gl_converter_gles) that covers the picture. The conversion has no frame. `target`
 * is GL_TEXTURE_2D or GL_TEXTURE_EXTERNAL_OES.
 */
int gl_converter_convert_texture(
	struct converter *converter, unsigned target, unsigned texture, const struct conversion *conversion);

/* A texture of the converter's own context. If `chroma` is not 0, it is a YUV layer's: `texture` has its
 * luma. The red of a layer's that has a palette is 255ths of the numbers of colours.
 */
struct gl_texture {
	unsigned target, texture, chroma;
};

/*
 * For the same benchmarks, and for tests: as convert(), but `textures` has one for each layer of the frame,
 * which takes the place of what would be imported. A layer whose `texture` is 0 is read as by convert().
 */
int gl_converter_convert_textures(
	struct converter *converter, const struct gl_texture *textures, const struct conversion *conversion);

/* As converter_impl.begin, for gl_converter_convert_textures(). */
void gl_converter_begin_textures(
	struct converter *converter, const struct gl_texture *textures, const struct conversion *conversion);

/* Makes the context current and returns its functions. NULL if there is no context. */
struct gles;
const struct gles *gl_converter_gles(struct converter *converter);

#endif
