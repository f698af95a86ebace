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

/* One memory plane of a framebuffer. `fd` is a dma-buf, owned, or -1 if there is none (see `memory` below).
 * Planes of one framebuffer may share a buffer, but each has an fd of its own. */
struct frame_plane {
	int fd;
	uint32_t offset, pitch; /* bytes */
};

/* One KMS plane (a hardware layer) and the framebuffer on it. */
struct frame_layer {
	uint32_t plane_id;      /* KMS object id; 0 if the source is not a KMS device */
	uint32_t fb_id;         /* KMS framebuffer id; only a hint, because ids are recycled */
	uint32_t width, height; /* of the framebuffer, in pixels; it may be larger than what is shown of it */
	uint32_t fourcc;        /* DRM_FORMAT_* */
	uint64_t modifier;      /* DRM_FORMAT_MOD_*; INVALID: the driver reports none, which is not LINEAR */
	bool implicit_linear;   /* modifier is INVALID, but this driver's scanouts are known to be linear */
	int plane_count;
	struct frame_plane planes[FRAME_MAX_PLANES];

	/*
	 * The framebuffer's bytes if the source itself has them mapped (a dumb map of the KMS buffer, or the
	 * pattern's own memory), NULL otherwise. Plane offsets and pitches count from here. The memory is
	 * borrowed, valid until frame_finish(), and may only be read.
	 */
	const uint8_t *memory;
	size_t memory_size;
	uint64_t
		memory_id; /* the same for the same mapping as long as it lives; never 0 if there is memory */

	struct rect_fixed source; /* the part of the framebuffer that is shown */
	struct rect destination;  /* where it is shown on the CRTC, in mode pixels; may reach outside */
	uint16_t alpha;           /* of the whole plane, 0xffff opaque */
	enum frame_blend blend;
	uint32_t rotation;            /* DRM_MODE_ROTATE_* | DRM_MODE_REFLECT_* */
	enum frame_encoding encoding; /* YUV only */
	enum frame_range range;       /* YUV only */
	uint64_t zpos;
};

struct frame {
	uint32_t width, height; /* of the CRTC's mode, in pixels; never 0 in an acquired frame */
	int layer_count;        /* 0: the CRTC is lit and shows only black */
	struct frame_layer layers[FRAME_MAX_LAYERS];
	uint64_t token;   /* what the source's peek would have returned at that moment */
	uint64_t time_ns; /* when the snapshot was taken (CLOCK_MONOTONIC) */
};

/* Makes the frame empty. Every fd is -1 then. */
void frame_init(struct frame *frame);

/* Adds an empty layer (fds -1, opaque, upright) on top. NULL if there are FRAME_MAX_LAYERS already. */
struct frame_layer *frame_add_layer(struct frame *frame);

/* Takes the uppermost layer away again, and closes its fds. */
void frame_drop_layer(struct frame *frame);

/* Whether the layer's memory can be read row by row: the driver says that it is linear, or it says nothing
 * and is known for linear scanouts. */
bool frame_layer_is_linear(const struct frame_layer *layer);

/*
 * Whether no other layout is named: the driver says that it is linear, or it says nothing, and then it may be
 * tiled. This suffices if no pixel is read on its account: to check the extent of a framebuffer, because the
 * kernel requires the pitch of a linear one if there is no modifier, and to hand it to EGL without a
 * modifier. It also suffices for cursors, which display engines read row by row.
 */
bool frame_layer_may_be_linear(const struct frame_layer *layer);

/*
 * Fills an empty frame with one opaque XRGB8888 layer of `pixels` (rows `stride` bytes apart), shown 1:1 on a
 * CRTC of its size. The memory stays the caller's. `memory_id` is as in frame_layer.
 */
void frame_set_memory(struct frame *frame, uint32_t width, uint32_t height, const uint32_t *pixels,
	uint32_t stride, uint64_t memory_id);

/* Closes every fd that the frame owns, and makes it empty. A finished or empty frame may be finished again.
 */
void frame_finish(struct frame *frame);

#endif
