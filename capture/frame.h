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

/* No framebuffer has a longer side, and no mode. What is computed of both fits into 32 bits. */
enum { FRAME_MAX_SIDE = 32768 };

enum frame_blend { FRAME_BLEND_PREMULTIPLIED, FRAME_BLEND_COVERAGE, FRAME_BLEND_NONE };
enum frame_encoding { FRAME_ENCODING_BT601, FRAME_ENCODING_BT709, FRAME_ENCODING_BT2020 };
enum frame_range { FRAME_RANGE_LIMITED, FRAME_RANGE_FULL };

/* One memory plane of a framebuffer. `fd` is a dma-buf, owned, or -1 if there is none (see `memory` below).
 * Planes of one framebuffer may share a buffer, but each has an fd of its own. */
struct frame_plane {
	int fd;
	uint32_t offset, pitch; /* bytes */
};

/* The colours of a format whose pixels are numbers of colours, as 0x00RRGGBB. */
struct frame_palette {
	uint64_t serial; /* another one if any colour differs; never 0 */
	uint32_t colours[256];
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
	/* Of a format that has one (DRM_FORMAT_C8), else NULL. Borrowed from the source, valid until
	 * frame_finish(). */
	const struct frame_palette *palette;
};

/* Numbers that a channel's values 0 to 1 are looked up in: the first is that of 0, the last that of 1, and
 * those between two are on the line between them. 0xffff is 1. Red, green, blue, and one that is not used. */
struct frame_lut {
	uint32_t count; /* 0: values stay as they are */
	const uint16_t (*at)[4];
};

/*
 * What the CRTC does to colours after its planes, in this order: `degamma`, `matrix`, and, of what that
 * leaves between 0 and 1, `gamma` (drm_color_mgmt.c, "overview"; capture/correction.h).
 */
struct frame_colour {
	uint64_t serial; /* another one if anything differs (correction_serial()); never 0 */
	struct frame_lut degamma, gamma;
	bool has_matrix;
	double matrix[9]; /* row by row: what makes red of red, green and blue, then green, then blue */
};

enum frame_transfer { FRAME_TRANSFER_SDR, FRAME_TRANSFER_PQ, FRAME_TRANSFER_HLG };
enum frame_primaries { FRAME_PRIMARIES_BT709, FRAME_PRIMARIES_BT2020, FRAME_PRIMARIES_P3 };

/* What the numbers that come out of the CRTC mean to the monitor (capture/tone.h). All zero: sRGB. */
struct frame_signal {
	enum frame_transfer transfer;
	enum frame_primaries primaries;
	uint32_t peak; /* PQ only: the brightest that there is, in cd/m2; never 0 then */
};

struct frame {
	uint32_t width, height; /* of the CRTC's mode, in pixels; never 0 in an acquired frame */
	int layer_count;        /* 0: the CRTC is lit and shows only black */
	struct frame_layer layers[FRAME_MAX_LAYERS];
	/* What is to be done to the composed picture's colours; NULL: nothing. Borrowed from the source,
	 * valid until frame_finish(). */
	const struct frame_colour *colour;
	struct frame_signal signal; /* after that */
	uint64_t token;             /* what the source's peek would have returned at that moment */
	uint64_t time_ns;           /* when the snapshot was taken (CLOCK_MONOTONIC) */
};

/* Makes the frame empty. Every fd is -1 then. */
void frame_init(struct frame *frame);

/* Adds an empty layer (fds -1, opaque, upright) on top. NULL if there are FRAME_MAX_LAYERS already. */
struct frame_layer *frame_add_layer(struct frame *frame);

/* Closes the dma-bufs of the layer. Nothing else of it changes. */
void frame_layer_close_buffers(struct frame_layer *layer);

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

/* Whether what is shown of the framebuffer is something, and lies inside of it. */
bool frame_layer_source_is_inside(const struct frame_layer *layer);

/* Whether the rows of the layer lie inside its dma-bufs, which know their sizes. If they do not, either a
 * driver or we are wrong. Buffers that do not tell their size fit. */
bool frame_layer_fits_buffers(const struct frame_layer *layer);

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
