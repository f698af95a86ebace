/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compose: the layers of a frame as the display engine lays them over each other, row by row. The frame
 * thread uses it.
 *
 * Planes whose pixels only replace those below are exact, unless the frame's signal is not sRGB: then
 * everything is done in floats until it is. Pixels of YUV and of more than 8 bits are rounded when they are
 * converted, unless they are blended. Where one layer is blended that kernels can blend, they round once
 * more. Where several are, or one is scaled, all of that is done in floats and rounded once. So a pixel is at
 * most one level, and 0.02 of one, away from the exact result.
 */
#ifndef ZEROVNC_CPU_COMPOSE_H
#define ZEROVNC_CPU_COMPOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/frame.h"
#include "encode/colour.h"
#include "encode/cpu/kernel.h"
#include "encode/cpu/layer.h"
#include "encode/cpu/span.h"

struct compose {
	struct layer layers[FRAME_MAX_LAYERS]; /* bottom first */
	int count;                             /* of them, in this frame */
	struct colour colour;                  /* what is done to the composed pixels */
	struct span below, above;              /* what is blended: all planes so far, and the next one */
};

/* Prepares for a frame, which is borrowed until compose_row() was called for the last time. 0 or -errno as
 * layer_set(). Before the first row, each layer of an effect other than LAYER_HIDDEN needs layer_begin(). */
int compose_set(struct compose *compose, const struct frame *frame, struct reason *reason);

/* What is seen of a part of the mode if it need not be composed. */
struct compose_owner {
	/* All of it, and rows of its framebuffer are rows of the mode as they are, for a kernel to read
	 * (layer_raw()). NULL: the part must be composed. */
	struct layer *layer;
	/* What is laid over that, by kernel.update_over(); the layer's shape is KERNEL_PICTURE then. NULL:
	 * the pixels stay as they are. */
	struct layer *over;
};
struct compose_owner compose_owner(struct compose *compose, const struct rect *part);

/* Whether anything of the layer may be seen in this part, if nothing lies above it. */
bool compose_shows(const struct compose *compose, int which, const struct rect *part);

/* Returns the highest layer below which nothing is seen of this part of the mode. 0: everything is. */
int compose_lowest(const struct compose *compose, const struct rect *part);

/* Whether composing the part costs no more than comparing it: its layers only replace each other, and kernels
 * read them row by row. */
bool compose_is_cheap(const struct compose *compose, const struct rect *part);

/* Writes `width` pixels from x on of row y of the mode, as 0x00RRGGBB. `line`: the row of the mode. */
void compose_row(struct compose *compose, const struct kernel *kernel, uint32_t x, uint32_t y, uint32_t width,
	uint32_t *line);

/* Frees everything. Takes a zeroed one. */
void compose_finish(struct compose *compose);

#endif
