/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gl: the converter that imports framebuffers into OpenGL ES without a copy, finds what changed there, and
 * reads back only that.
 *
 * Its convert(): -ENOTSUP where the frame cannot be imported; -EIO where the GPU failed, with fragment
 * shaders too if it was compute shaders that did: the context is made anew for the next frame; -ETIMEDOUT
 * where the frame's writer does not end. It never asks for mapped memory; memory of a source that is no KMS
 * device (frame_layer.plane_id 0) it uploads.
 */
#ifndef ZEROVNC_GL_H
#define ZEROVNC_GL_H

#include "encode/converter.h"

/* For tests and benchmarks, by which they reach every way of converting. The server passes none. */
struct gl_options {
	int version;   /* the newest OpenGL ES to use: 20, 30, 31, 32; 0: 32 */
	bool fragment; /* the fragment path, where compute would do too */
	int coding;    /* tiles: 0 as suits the renderer, 1 packed, -1 plain */
	int threads;   /* a workgroup: 128, 256 or 512; 0 as suits the renderer */
	int stream;    /* unpacking past the caches: 0 as suits the load, 1 always, -1 never */
	int bounce;    /* copying read-back memory out first: 0 as its speed suggests, 1 always, -1 never */
	int hands;     /* threads that help to unpack: 0 as suits the machine, -1 none */
	int bands;     /* dispatches a frame: 0 as suits the load */
};

/*
 * `card_node`: the card that scans out, "/dev/dri/cardN"; NULL or empty: whatever GPU there is. `options` may
 * be NULL. The calling thread is the one that makes every further call. 0 or -errno with what is missing.
 */
int gl_converter_create(const char *card_node, const struct gl_options *options, struct converter **converter,
	struct reason *reason);

/* Whether the renderer draws on the CPU: never to be chosen by itself. */
bool gl_converter_is_software(const struct converter *converter);

/* The GBM device (struct gbm_device) that its display is of. NULL: of none, or it imports no dma-bufs. */
void *gl_converter_gbm(const struct converter *converter);

/*
 * For benchmarks on machines with a GPU and no scanout: as convert(), of a texture of this converter's own
 * context (gl_converter_gles) that covers the picture; the conversion has no frame. `target`: GL_TEXTURE_2D
 * or GL_TEXTURE_EXTERNAL_OES.
 */
int gl_converter_convert_texture(
	struct converter *converter, unsigned target, unsigned texture, const struct conversion *conversion);

/* The context's functions, with the context made current; NULL where there is none. */
struct gles;
const struct gles *gl_converter_gles(struct converter *converter);

#endif
