/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import: framebuffers as textures without a copy. EGLImages of dma-bufs are cached by everything that
 * distinguishes them, so that a client that flips between a few buffers does not cost an import per frame.
 * Only a few are kept, and unused ones are dropped, because an EGLImage keeps the memory of a buffer that its
 * owner has freed.
 */
#ifndef ZEROVNC_IMPORT_H
#define ZEROVNC_IMPORT_H

#include "capture/dmabuf.h"
#include "encode/gl/egl.h"
#include "encode/gl/palette.h"
#include "encode/gl/scanout.h"

enum {
	IMPORT_CACHE = 4 * FRAME_MAX_LAYERS,
	IMPORT_LEAST = 8, /* images that are kept, however few layers there are */
	IMPORT_AGE = 240, /* frames that an image may go unused */
};

struct import_key {
	struct dmabuf_id buffers[FRAME_MAX_PLANES];
	uint32_t offsets[FRAME_MAX_PLANES], pitches[FRAME_MAX_PLANES];
	uint32_t width, height, fourcc, plane_count;
	uint64_t modifier;
	enum frame_encoding encoding;
	enum frame_range range;
};

struct import_texture {
	EGLImageKHR image; /* EGL_NO_IMAGE_KHR if there is none */
	GLuint name;
};

struct import_entry {
	struct import_key key;
	struct import_texture texture, chroma; /* without a `texture` the entry is free */
	enum scanout_kind kind;
	uint64_t used; /* the number of the frame that used it last */
};

struct import {
	struct egl *egl; /* borrowed */
	struct import_entry entries[IMPORT_CACHE];
	struct palette palette; /* all layers of a CRTC have the same */
	int room;               /* how many of them may be in use: a few for each layer of the frame */
	uint64_t frame;
	uint64_t created; /* buffers ever imported; a still or flipping client causes no new ones */
};

void import_init(struct import *import, struct egl *egl);
/* An all-zero one may be finished, too. */
void import_finish(struct import *import);

/* Drops every image. The cache may still be used. The context must be current. */
void import_drop_all(struct import *import);

/* To be called once per frame, before its layers: drops images that were not used for long. The more layers
 * the frame has, the more images are kept. */
void import_begin_frame(struct import *import, int layers);

/*
 * Whether the layer's planes lie within their dma-bufs. Makes no GL calls. 0; -EINVAL, naming what does not
 * fit; -ENOTSUP, naming a format that the table lacks.
 */
int import_check(const struct frame_layer *layer, struct reason *reason);

/*
 * Waits for the writers of the layer's buffers: on the GPU if it takes fences, otherwise here. `waited`
 * becomes true if a writer was not done. 0, or -ETIMEDOUT after a second.
 */
int import_wait(struct egl *egl, const struct frame_layer *layer, bool *waited, struct reason *reason);
/* Whether nobody is writing the layer's buffers at this moment. */
bool import_is_written(const struct frame_layer *layer);
/* Fills the reason for a writer that still is not done after that wait. Returns -ETIMEDOUT. */
int import_blame_writer(struct reason *reason);

/* The checked layer as a texture, or as two if it is YUV. Fills kind, textures, their size, and how YUV is
 * decoded. 0, or -ENOTSUP with what was refused. Leaves unit 0 active. */
int import_layer(struct import *import, const struct frame_layer *layer, struct scanout *scanout,
	struct reason *reason);

#endif
