/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * yuv: what the samples of a YUV framebuffer count for in red, green and blue: ITU-R BT.601, BT.709 and
 * BT.2020 (non-constant luminance), of narrow or full range, as KMS's COLOR_ENCODING and COLOR_RANGE have
 * them. Every chroma sample stands for all pixels that share it. Pure.
 */
#ifndef ZEROVNC_YUV_H
#define ZEROVNC_YUV_H

#include "capture/frame.h"
#include "encode/pixel_format.h"

/* Rows: red, green, blue from 0 to 1, not clamped. Columns: what luma, Cb, Cr (each the number that is
 * stored: up to 255 or 1023) and 1 count for in it. */
struct yuv_matrix {
	double rows[3][4];
};

struct yuv_matrix yuv_matrix_of(
	const struct pixel_format *format, enum frame_encoding encoding, enum frame_range range);

#endif
