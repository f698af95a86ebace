/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layer: the rows of one layer of a frame, as they stand on the mode: turned, scaled and decoded. The frame
 * thread uses it. One struct serves frame after frame, and keeps its tables and memory from one to the next.
 */
#ifndef ZEROVNC_CPU_LAYER_H
#define ZEROVNC_CPU_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/frame.h"
#include "encode/cpu/decoder.h"
#include "encode/cpu/kernel.h"
#include "encode/cpu/levels.h"
#include "encode/cpu/samples.h"
#include "encode/cpu/span.h"
#include "encode/pixel_format.h"
#include "encode/placement.h"

enum { LAYER_PLANES = 2 }; /* memory planes of the formats that can be read */

/* How it changes what lies below it. */
enum layer_effect {
	LAYER_HIDDEN, /* not at all: it covers no pixel, or is fully transparent */
	LAYER_COVERS, /* each pixel replaces what lies below */
	LAYER_BLENDS,
};

struct layer {
	const struct frame_layer *frame_layer; /* borrowed while the frame is converted */
	const struct pixel_format *format;
	struct placement placement;
	enum layer_effect effect;
	bool deep; /* the owner sets it before layer_set(): 8 bits do not do, so only layer_levels() is asked
		    */
	int shape; /* enum kernel_shape; -1: a format without a kernel */
	struct layer_plane {
		uint64_t begin, end; /* the bytes that are read, from where its buffer begins */
		uint32_t top;        /* the first row that takes part */
		size_t pitch;
		const uint8_t *rows; /* from `top` on; set by layer_begin() */
		uint8_t *copy;       /* owned; all of it, if rows cannot be copied out one by one */
		size_t copy_size;
		uint8_t *kept; /* owned; see layer_keep(); NULL: none */
		size_t kept_size;
	} planes[LAYER_PLANES];
	bool bounce;    /* rows are to be copied out by streaming loads before they are looked at */
	bool from_kept; /* see layer_read_kept() */

	bool blends_by_kernel; /* of one that blends: kernel.blend() can do it, by `blend` */
	struct blend blend;

	struct decoder decoder;
	struct levels levels;
	struct samples samples;
	uint8_t *raw; /* owned; one row of pixels as they lie in memory, but side by side */
	size_t raw_size;

	/* Of a scaled layer: the two oriented rows between which the last one lay, and for each pixel of the
	 * destination the oriented pixels to its left and right, and the right one's share. */
	struct span rows[2];
	int64_t row_at[2];        /* -1: none */
	struct span mixed;        /* of both */
	int64_t mixed_at;         /* for this row of the mode; -1: none */
	uint32_t *lefts, *rights; /* owned */
	float *shares;            /* owned */
	size_t taps;              /* room in these three */
};

/*
 * Prepares for a layer of a frame. `lowest`: nothing lies below it but black. 0; -ENOTSUP with a reason: a
 * format or memory layout that the CPU cannot read; -EINVAL: numbers that contradict each other; -ENOMEM.
 */
int layer_set(struct layer *layer, const struct frame_layer *frame_layer, bool lowest, uint32_t width,
	uint32_t height, struct reason *reason);

/* Whether its pixels, which layer_colours() has, are to be written over those below as they are. */
bool layer_is_exact(const struct layer *layer);

/* Returns how many bytes of a memory plane are pixels that take part. */
uint64_t layer_plane_bytes(const struct layer *layer, int plane);

/* Says where to read: `buffers` has the beginning of each memory plane's buffer, of at least planes[].end
 * bytes, which stays where it is until the frame is done. `bounce`: reading it word by word is slow. 0 or
 * -ENOMEM. */
int layer_begin(struct layer *layer, const uint8_t *const buffers[LAYER_PLANES], bool bounce);

/* What follows is about `width` pixels from x on of row y of the mode, all of which the layer covers. */

/* Returns them as they lie in memory, but side by side. RGB only, not scaled. Borrowed until the next call.
 */
const uint8_t *layer_raw(struct layer *layer, uint32_t x, uint32_t y, uint32_t width);

/* Writes them as 0x00RRGGBB. Only of a layer that is exact (layer_is_exact()). `line`: the row of the mode.
 */
void layer_colours(struct layer *layer, const struct kernel *kernel, uint32_t x, uint32_t y, uint32_t width,
	uint32_t *line);

/* Fills the beginning of `span`, which has room, with what the layer shows there. */
void layer_levels(struct layer *layer, uint32_t x, uint32_t y, uint32_t width, struct span *span);

/*
 * What follows is about the bytes that a part of the mode is made of, and about a copy of them that outlives
 * the frame. It lies in memory as the framebuffer does, so where nothing was kept, it takes address space
 * only. It is good for frames in which the layer's format, pitches, source and placement are the same.
 */

/* Whether no other part of the mode for which this is so is made of any of the same bytes, if parts do not
 * overlap. Not so if the layer is scaled, or if the part lacks pixels that share their chroma with its last
 * ones. */
bool layer_has_own_bytes(const struct layer *layer, const struct rect *part);

/* Bytes of a memory plane. */
struct layer_bytes {
	size_t left, width; /* in a row; width 0: none */
	uint32_t top, rows;
};

/* Those that the part is made of, of a layer that is not scaled. */
struct layer_bytes layer_bytes(const struct layer *layer, int plane, const struct rect *part);

/* Makes room for copies. 0; or -ENOMEM, and there is room for none. */
int layer_reserve_kept(struct layer *layer);
/* Copies what the part is made of. There is room. */
void layer_keep(struct layer *layer, const struct rect *part);
/* Returns the bytes of one row as they are now, borrowed until the next call, and as they were kept. */
const uint8_t *layer_row_now(struct layer *layer, int plane, const struct layer_bytes *bytes, uint32_t row);
const uint8_t *layer_row_kept(
	const struct layer *layer, int plane, const struct layer_bytes *bytes, uint32_t row);
/* Whether all that the layer shows is as it was kept. Both are read as they lie in memory, which is faster
 * than part by part if the layer is turned. */
bool layer_is_as_kept(struct layer *layer);
/* From now on, layer_colours() and its like take what was kept instead of what is there now, or no more. */
void layer_read_kept(struct layer *layer, bool kept);
/* Gives the memory back. */
void layer_drop_kept(struct layer *layer);

/* Frees everything. Takes a zeroed one. */
void layer_finish(struct layer *layer);

#endif
