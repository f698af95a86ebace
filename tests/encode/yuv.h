/* SPDX-License-Identifier: GPL-2.0-or-later */
/* yuv: the slow, plain statement of what a YUV framebuffer looks like, in exact arithmetic. */
#ifndef ZEROVNC_TESTS_YUV_H
#define ZEROVNC_TESTS_YUV_H

#include "capture/frame.h"

/* 0..255 each, clamped, not rounded. */
struct yuv_colour {
	double red, green, blue;
};

/*
 * The pixel at x, y of an NV12, P010 or YUYV layer, with `planes` pointing to where its planes begin and
 * every chroma sample standing for the two or four pixels that share it (what sampling to the nearest gives).
 * ITU-R BT.601, 709 and 2020 (non-constant luminance), narrow or full range.
 */
struct yuv_colour yuv_colour(
	const struct frame_layer *layer, const uint8_t *const planes[], uint32_t x, uint32_t y);

/* The same as 0x00RRGGBB, rounded to the nearest. */
uint32_t yuv_pixel(const struct frame_layer *layer, const uint8_t *const planes[], uint32_t x, uint32_t y);

#endif
