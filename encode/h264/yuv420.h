/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * yuv420: pixels as video has them: luma (Y) for each pixel, and one pair of colour differences (Cb, Cr)
 * for four pixels. The matrix is that of ITU-R BT.601 in the narrow range: what viewers assume that look at
 * no description, as TigerVNC before 1.15 does, and what the description says to the others (stream.h). Pure.
 * No folder but this one includes it.
 */
#ifndef ZEROVNC_YUV420_H
#define ZEROVNC_YUV420_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows of bytes: `luma` has `width` in each of `height` rows, the others half as many in half as many rows.
 */
struct yuv420 {
	unsigned width, height; /* even */
	uint8_t *luma, *cb, *cr;
	bool pairs; /* Cb and Cr lie side by side, and `cr` is one byte behind `cb` (NV12) */
	size_t luma_stride, chroma_stride; /* bytes */
};

/* Converts pixels 0x00RRGGBB, rows `stride` pixels apart. */
void yuv420_convert(const struct yuv420 *yuv, const uint32_t *pixels, size_t stride);

#endif
