/* SPDX-License-Identifier: GPL-2.0-or-later */
/* own_buffer: a framebuffer of our own in the memory of a GPU, for benchmarks. It is linear XRGB8888 and
 * allocated by GBM, like those of compositors. */
#ifndef ZEROVNC_OWN_BUFFER_H
#define ZEROVNC_OWN_BUFFER_H

#include "capture/draw/canvas.h"
#include "encode/converter.h"

/*
 * Fills an empty frame with a layer whose dma-buf belongs to the device of the gl converter and has the
 * canvas's content. The caller finishes the frame. 0, or -ENOTSUP with a reason if the display is not GBM's
 * or imports nothing, or if the driver cannot do it.
 */
int own_buffer_create(
	struct converter *gl, const struct canvas *canvas, struct frame *frame, struct reason *reason);

#endif
