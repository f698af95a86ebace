/* SPDX-License-Identifier: GPL-2.0-or-later */
/* content: random pixels of any format that encode/pixel_format.h knows. */
#ifndef ZEROVNC_CONTENT_H
#define ZEROVNC_CONTENT_H

#include "capture/frame.h"
#include "tests/encode/random.h"

/*
 * Fills a layer's framebuffer, which is at `memory`: areas of one colour, of a few and of many, where the
 * format has alpha also transparent ones. No premultiplied colour is larger than its alpha: what becomes of
 * those the kernel does not say, and vkms computes them with an overflow.
 */
void content_fill(struct random *random, const struct frame_layer *layer, uint8_t *memory);

#endif
