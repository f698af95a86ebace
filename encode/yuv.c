/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/yuv.h"

struct yuv_matrix yuv_matrix_of(
	const struct pixel_format *format, enum frame_encoding encoding, enum frame_range range) {
	static const struct {
		double red, blue; /* of luma */
	} weights[] = {
		[FRAME_ENCODING_BT601] = {0.299, 0.114},
		[FRAME_ENCODING_BT709] = {0.2126, 0.0722},
		[FRAME_ENCODING_BT2020] = {0.2627, 0.0593},
	};
	double red = weights[encoding].red, blue = weights[encoding].blue, green = 1 - red - blue;
	double steps = 1 << format->bits, eighth = steps / 256;
	bool full = range == FRAME_RANGE_FULL;
	double luma = 1 / (full ? steps - 1 : 219 * eighth), dark = full ? 0 : 16.0 / 219;
	double chroma = 1 / (full ? steps - 1 : 224 * eighth), middle = 128 * eighth * chroma;
	double cr = 2 * (1 - red), cb = 2 * (1 - blue);
	double green_cb = -cb * blue / green, green_cr = -cr * red / green;
	return (struct yuv_matrix){{
		{luma, 0, cr * chroma, -dark - cr * middle},
		{luma, green_cb * chroma, green_cr * chroma, -dark - (green_cb + green_cr) * middle},
		{luma, cb * chroma, 0, -dark - cb * middle},
	}};
}
