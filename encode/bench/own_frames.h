/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own_frames: a source for benchmarks on machines whose screen cannot be read. It shows one picture of the
 * built-in test desktop, in memory or in a dma-buf.
 */
#ifndef ZEROVNC_OWN_FRAMES_H
#define ZEROVNC_OWN_FRAMES_H

#include "capture/draw/canvas.h"
#include "capture/source.h"

/* Its frames lie in memory. 0, or -errno with a reason. */
int own_frames_open(uint32_t width, uint32_t height, struct source **source, struct reason *reason);

/* What the source shows. Borrowed. */
const struct canvas *own_frames_canvas(const struct source *source);

/* From now on its frames are copies of this one, which is a layer with a dma-buf and of which it takes
 * ownership. With SOURCE_MAP_MEMORY they still lie in memory. */
void own_frames_set_buffer(struct source *source, const struct frame *buffer);

#endif
