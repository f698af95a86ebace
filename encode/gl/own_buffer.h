/* SPDX-License-Identifier: GPL-2.0-or-later */
/* own_buffer: a framebuffer of our own in the memory of a GPU, for benchmarks: linear XRGB8888, allocated by
 * GBM, as compositors do it. */
#ifndef ZEROVNC_OWN_BUFFER_H
#define ZEROVNC_OWN_BUFFER_H

#include "capture/draw/canvas.h"
#include "encode/converter.h"

/*
 * Fills an empty frame with a layer whose dma-buf is of the device that the gl converter uses and holds what
 * the canvas does. The caller finishes the frame. 0, or -ENOTSUP with a reason: its display is not GBM's or
 * imports nothing, or the driver does not do it.
 */
int own_buffer_create(
	struct converter *gl, const struct canvas *canvas, struct frame *frame, struct reason *reason);

#endif
