/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import: framebuffers as textures without a copy. EGLImages of dma-bufs, remembered by what makes them
 * distinct, so that a client that flips between a few buffers costs no import a frame; few, and forgotten
 * when unused, since an EGLImage keeps the memory of a buffer that its owner has freed.
 */
#ifndef ZEROVNC_IMPORT_H
#define ZEROVNC_IMPORT_H

#include "capture/dmabuf.h"
#include "encode/gl/egl.h"
#include "encode/gl/scanout.h"

enum {
	IMPORT_CACHE = 8,
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
	EGLImageKHR image; /* EGL_NO_IMAGE_KHR: there is none */
	GLuint name;
};

struct import_entry {
	struct import_key key;
	struct import_texture texture, chroma; /* no `texture`: the entry is free */
	enum scanout_kind kind;
	uint64_t used; /* frame number */
};

struct import {
	struct egl *egl; /* borrowed */
	struct import_entry entries[IMPORT_CACHE];
	uint64_t frame;
	uint64_t created; /* buffers ever imported: a still or flipping client causes no new ones */
};

void import_init(struct import *import, struct egl *egl);
/* Also of an all-zero one. */
void import_finish(struct import *import);

/* Forgets every image; the cache is used on. The context is current. */
void import_drop_all(struct import *import);

/* Once a frame, before its layers: forgets what went unused for long. */
void import_begin_frame(struct import *import);

/*
 * Whether the layer's planes lie within their dma-bufs; asks no GL. 0; -EINVAL naming what does not fit;
 * -ENOTSUP naming a format that the table does not have.
 */
int import_check(const struct frame_layer *layer, struct reason *reason);

/*
 * Waits for whoever writes the layer's buffers: on the GPU, where it takes fences, else here. `waited`
 * becomes true if the writer was not done. 0, or -ETIMEDOUT after a second.
 */
int import_wait(struct egl *egl, const struct frame_layer *layer, bool *waited, struct reason *reason);
/* Whether nobody writes the layer's buffers any more, just now. */
bool import_is_written(const struct frame_layer *layer);
/* Says that somebody still does, after all that waiting. Returns -ETIMEDOUT. */
int import_blame_writer(struct reason *reason);

/* The checked layer as a texture or, if it is YUV, two: fills kind, textures, their size, and how YUV is
 * decoded. 0, or -ENOTSUP with what was refused. Leaves unit 0 active. */
int import_layer(struct import *import, const struct frame_layer *layer, struct scanout *scanout,
	struct reason *reason);

#endif
