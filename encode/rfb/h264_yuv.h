/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * h264_yuv: pixels as video has them: luma (Y) for each pixel, and one pair of colour differences (Cb, Cr)
 * for four pixels. The matrix is that of ITU-R BT.601 in the narrow range: what viewers assume that look at
 * no description, as TigerVNC before 1.15 does, and what the description says to the others (h264.c). Pure.
 */
#ifndef ZEROVNC_H264_YUV_H
#define ZEROVNC_H264_YUV_H

#include <stddef.h>
#include <stdint.h>

/* Rows of bytes: `luma` has `width` in each of `height` rows, the others half as many in half as many rows.
 */
struct h264_yuv {
	unsigned width, height; /* even */
	uint8_t *luma, *cb, *cr;
	size_t luma_stride, chroma_stride; /* bytes */
};

/* Converts pixels 0x00RRGGBB, rows `stride` pixels apart. */
void h264_yuv_convert(const struct h264_yuv *yuv, const uint32_t *pixels, size_t stride);

#endif
