/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frame: one moment of a scanout, as a value that a source hands to a converter.
 *
 * A frame describes what the CRTC shows: the size of its mode and the layers (planes) composed into it,
 * bottom first. It owns the dma-buf fds in it and closes them in frame_finish(). Memory pointers in it are
 * borrowed from the source that filled it. One thread uses a frame: acquire, convert, finish.
 */
#ifndef ZEROVNC_FRAME_H
#define ZEROVNC_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/rect.h"

enum {
	FRAME_MAX_PLANES = 4,  /* memory planes of one framebuffer, as in GETFB2 */
	FRAME_MAX_LAYERS = 16, /* KMS planes of one CRTC; vkms has 10 */
};

enum frame_blend { FRAME_BLEND_PREMULTIPLIED, FRAME_BLEND_COVERAGE, FRAME_BLEND_NONE };
enum frame_encoding { FRAME_ENCODING_BT601, FRAME_ENCODING_BT709, FRAME_ENCODING_BT2020 };
enum frame_range { FRAME_RANGE_LIMITED, FRAME_RANGE_FULL };

/* One memory plane of a framebuffer. fd: a dma-buf, owned, -1 where there is none (see `memory` below).
 * Planes of one framebuffer may share a buffer; each then still has an fd of its own. */
struct frame_plane {
	int fd;
	uint32_t offset, pitch; /* bytes */
};

/* One KMS plane (a hardware layer) and the framebuffer on it. */
struct frame_layer {
	uint32_t plane_id;      /* KMS object id; 0 where the source is no KMS device */
	uint32_t fb_id;         /* KMS framebuffer id: a hint only, ids are recycled */
	uint32_t width, height; /* of the framebuffer, in pixels: may be larger than what is shown of it */
	uint32_t fourcc;        /* DRM_FORMAT_* */
	uint64_t modifier;      /* DRM_FORMAT_MOD_*; INVALID: the driver says nothing, which is not LINEAR */
	bool implicit_linear;   /* modifier is INVALID, but this driver's scanouts are known to be linear */
	int plane_count;
	struct frame_plane planes[FRAME_MAX_PLANES];

	/*
	 * The framebuffer's bytes where the source itself has them mapped (a dumb map of the KMS buffer, or
	 * the pattern's own memory); NULL otherwise. Plane offsets and pitches count from here. Borrowed:
	 * valid until frame_finish(), readable only.
	 */
	const uint8_t *memory;
	size_t memory_size;
	uint64_t
		memory_id; /* the same number for the same mapping as long as it lives; never 0 with memory */

	struct rect_fixed source; /* what of the framebuffer is shown */
	struct rect destination;  /* where on the CRTC, in mode pixels; may reach outside */
	uint16_t alpha;           /* of the whole plane, 0xffff opaque */
	enum frame_blend blend;
	uint32_t rotation;            /* DRM_MODE_ROTATE_* | DRM_MODE_REFLECT_* */
	enum frame_encoding encoding; /* YUV only */
	enum frame_range range;       /* YUV only */
	uint64_t zpos;
};

struct frame {
	uint32_t width, height; /* of the CRTC's mode, in pixels; never 0 in an acquired frame */
	int layer_count;        /* 0: the CRTC is lit and shows nothing but black */
	struct frame_layer layers[FRAME_MAX_LAYERS];
	uint64_t token;   /* what the source's peek would have told at that moment */
	uint64_t time_ns; /* CLOCK_MONOTONIC, when the snapshot was taken */
};

/* Makes an empty frame: every fd -1. */
void frame_init(struct frame *frame);

/* Adds an empty layer (fds -1, opaque, upright) on top. NULL where FRAME_MAX_LAYERS are there already. */
struct frame_layer *frame_add_layer(struct frame *frame);

/* Whether its memory can be read row by row: the driver says so, or says nothing and is known for it. */
bool frame_layer_is_linear(const struct frame_layer *layer);

/*
 * Whether no other layout is named: the driver says that it is linear, or says nothing, and then it may be
 * tiled. This suffices where no pixel is read by it: to check the extent of a framebuffer, since the kernel
 * holds one without a modifier to the pitch of a linear one, and to hand it to EGL without a modifier. It
 * also suffices for cursors, which display engines read row by row.
 */
bool frame_layer_may_be_linear(const struct frame_layer *layer);

/*
 * Fills an empty frame with one opaque XRGB8888 layer of `pixels` (rows `stride` bytes apart), 1:1 on a CRTC
 * of its size. The memory stays the caller's. `memory_id` as in frame_layer.
 */
void frame_set_memory(struct frame *frame, uint32_t width, uint32_t height, const uint32_t *pixels,
	uint32_t stride, uint64_t memory_id);

/* Closes every fd the frame owns and makes it empty. A finished or empty frame may be finished again. */
void frame_finish(struct frame *frame);

#endif
