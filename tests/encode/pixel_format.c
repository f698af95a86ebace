/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table against pixels written out by hand, the rounding against what a GL sampler computes in floats. */
#include "encode/pixel_format.h"
#include "capture/base/array.h"

#include <drm_fourcc.h>
#include <math.h>
#include <string.h>

#include "tests/test.h"

static void rounds_as_a_sampler_does(void) {
	for (unsigned bits = 1; bits <= 16; bits++) {
		uint32_t largest = (1u << bits) - 1;
		for (uint32_t value = 0; value <= largest; value++) {
			float sampled = (float)value / (float)largest;
			CHECK_SAY(
				pixel_format_unorm_to_8(value, bits) == (int)floorf(sampled * 255.0f + 0.5f),
				"%u of %u bits", value, bits);
			CHECK(pixel_format_unorm_to_8(value, bits) == (int)lrintf(sampled * 255.0f));
		}
	}
}

static float half_to_float(uint16_t half) {
	int exponent = half >> 10 & 31, fraction = half & 1023;
	float value = exponent == 31 ? (fraction ? NAN : INFINITY)
		      : exponent     ? ldexpf(1.0f + (float)fraction / 1024, exponent - 15)
				     : ldexpf((float)fraction, -24);
	return half & 0x8000 ? -value : value;
}

static void rounds_half_floats(void) {
	for (uint32_t half = 0; half <= 0xffff; half++) {
		float value = half_to_float((uint16_t)half);
		float clamped = !(value > 0) ? 0 : value > 1 ? 1 : value;
		CHECK_SAY(pixel_format_half_to_8((uint16_t)half) == (int)floorf(clamped * 255.0f + 0.5f),
			"0x%x", half);
		CHECK(pixel_format_half_to_8((uint16_t)half) == (int)lrintf(clamped * 255.0f));
	}
}

/* Each: the bytes in memory of an orange pixel, all spare bits set, and what they must become. */
static const struct {
	uint32_t fourcc;
	const char *name;
	uint8_t bytes[8];
	uint32_t xrgb;
} oranges[] = {
	{DRM_FORMAT_XRGB8888, "XRGB8888 (XR24)", {0x23, 0x81, 0xfe, 0xff}, 0xfe8123},
	{DRM_FORMAT_ARGB8888, "ARGB8888 (AR24)", {0x23, 0x81, 0xfe, 0x77}, 0xfe8123},
	{DRM_FORMAT_XBGR8888, "XBGR8888 (XB24)", {0xfe, 0x81, 0x23, 0xff}, 0xfe8123},
	{DRM_FORMAT_ABGR8888, "ABGR8888 (AB24)", {0xfe, 0x81, 0x23, 0x77}, 0xfe8123},
	{DRM_FORMAT_RGBX8888, "RGBX8888 (RX24)", {0xff, 0x23, 0x81, 0xfe}, 0xfe8123},
	{DRM_FORMAT_RGBA8888, "RGBA8888 (RA24)", {0x77, 0x23, 0x81, 0xfe}, 0xfe8123},
	{DRM_FORMAT_BGRX8888, "BGRX8888 (BX24)", {0xff, 0xfe, 0x81, 0x23}, 0xfe8123},
	{DRM_FORMAT_BGRA8888, "BGRA8888 (BA24)", {0x77, 0xfe, 0x81, 0x23}, 0xfe8123},
	{DRM_FORMAT_RGB888, "RGB888 (RG24)", {0x23, 0x81, 0xfe}, 0xfe8123},
	{DRM_FORMAT_BGR888, "BGR888 (BG24)", {0xfe, 0x81, 0x23}, 0xfe8123},
	/* 31, 33, 4 -> 255, 134 (33 * 255 / 63 = 133.57), 33 (32.9) */
	{DRM_FORMAT_RGB565, "RGB565 (RG16)", {0x24, 0xfc}, 0xff8621},
	/* 1022, 517, 140 = 0xffe81 48c + the two top bits -> 255 (254.75), 129 (128.87), 35 (34.9) */
	{DRM_FORMAT_XRGB2101010, "XRGB2101010 (XR30)", {0x8c, 0x14, 0xe8, 0xff}, 0xff8123},
	{DRM_FORMAT_ARGB2101010, "ARGB2101010 (AR30)", {0x8c, 0x14, 0xe8, 0x7f}, 0xff8123},
	{DRM_FORMAT_XBGR2101010, "XBGR2101010 (XB30)", {0xfe, 0x17, 0xc8, 0xc8}, 0xff8123},
	{DRM_FORMAT_ABGR2101010, "ABGR2101010 (AB30)", {0xfe, 0x17, 0xc8, 0x48}, 0xff8123},
	{DRM_FORMAT_RGBX1010102, "RGBX1010102 (RX30)", {0x33, 0x52, 0xa0, 0xff}, 0xff8123},
	{DRM_FORMAT_RGBA1010102, "RGBA1010102 (RA30)", {0x32, 0x52, 0xa0, 0xff}, 0xff8123},
	{DRM_FORMAT_BGRX1010102, "BGRX1010102 (BX30)", {0xfb, 0x5f, 0x20, 0x23}, 0xff8123},
	{DRM_FORMAT_BGRA1010102, "BGRA1010102 (BA30)", {0xf9, 0x5f, 0x20, 0x23}, 0xff8123},
	/* 15, 8, 2 of 15 -> 255, 136, 34 */
	{DRM_FORMAT_XRGB4444, "XRGB4444 (XR12)", {0x82, 0xff}, 0xff8822},
	{DRM_FORMAT_ARGB4444, "ARGB4444 (AR12)", {0x82, 0x7f}, 0xff8822},
	{DRM_FORMAT_XBGR4444, "XBGR4444 (XB12)", {0x8f, 0xf2}, 0xff8822},
	{DRM_FORMAT_ABGR4444, "ABGR4444 (AB12)", {0x8f, 0x72}, 0xff8822},
	{DRM_FORMAT_RGBX4444, "RGBX4444 (RX12)", {0x2f, 0xf8}, 0xff8822},
	{DRM_FORMAT_RGBA4444, "RGBA4444 (RA12)", {0x27, 0xf8}, 0xff8822},
	{DRM_FORMAT_BGRX4444, "BGRX4444 (BX12)", {0xff, 0x28}, 0xff8822},
	{DRM_FORMAT_BGRA4444, "BGRA4444 (BA12)", {0xf7, 0x28}, 0xff8822},
	/* 31, 16, 4 of 31 -> 255, 132 (131.6), 33 (32.9) */
	{DRM_FORMAT_XRGB1555, "XRGB1555 (XR15)", {0x04, 0xfe}, 0xff8421},
	{DRM_FORMAT_ARGB1555, "ARGB1555 (AR15)", {0x04, 0x7e}, 0xff8421},
	{DRM_FORMAT_XBGR1555, "XBGR1555 (XB15)", {0x1f, 0x92}, 0xff8421},
	{DRM_FORMAT_ABGR1555, "ABGR1555 (AB15)", {0x1f, 0x12}, 0xff8421},
	{DRM_FORMAT_RGBX5551, "RGBX5551 (RX15)", {0x09, 0xfc}, 0xff8421},
	{DRM_FORMAT_RGBA5551, "RGBA5551 (RA15)", {0x08, 0xfc}, 0xff8421},
	{DRM_FORMAT_BGRX5551, "BGRX5551 (BX15)", {0x3f, 0x24}, 0xff8421},
	{DRM_FORMAT_BGRA5551, "BGRA5551 (BA15)", {0x3e, 0x24}, 0xff8421},
	/* 31, 33, 4 as above */
	{DRM_FORMAT_BGR565, "BGR565 (BG16)", {0x3f, 0x24}, 0xff8621},
	/* 7, 4 of 7 and 1 of 3 -> 255, 146 (145.7), 85 */
	{DRM_FORMAT_RGB332, "RGB332 (RGB8)", {0xf1}, 0xff9255},
	{DRM_FORMAT_BGR233, "BGR233 (BGR8)", {0x67}, 0xff9255},
	/* 0xffff, 0x8181, 0x2340 of 0xffff -> 255, 129, 35 (35.1) */
	{DRM_FORMAT_XRGB16161616, "XRGB16161616 (XR48)", {0x40, 0x23, 0x81, 0x81, 0xff, 0xff, 0x55, 0x55},
		0xff8123},
	{DRM_FORMAT_ARGB16161616, "ARGB16161616 (AR48)", {0x40, 0x23, 0x81, 0x81, 0xff, 0xff, 0x55, 0x55},
		0xff8123},
	{DRM_FORMAT_XBGR16161616, "XBGR16161616 (XB48)", {0xff, 0xff, 0x81, 0x81, 0x40, 0x23, 0x55, 0x55},
		0xff8123},
	{DRM_FORMAT_ABGR16161616, "ABGR16161616 (AB48)", {0xff, 0xff, 0x81, 0x81, 0x40, 0x23, 0x55, 0x55},
		0xff8123},
	/* 1022, 517 and 140 in the upper 10 of 16 bits */
	{DRM_FORMAT_AXBXGXRX106106106106, "AXBXGXRX106106106106 (AB10)",
		{0xbf, 0xff, 0x7f, 0x81, 0x3f, 0x23, 0xff, 0x7f}, 0xff8123},
	/* 2.0, 0.5, -1.0; alpha 1.0 */
	{DRM_FORMAT_XRGB16161616F, "XRGB16161616F (XR4H)", {0, 0xbc, 0, 0x38, 0, 0x40, 0, 0x3c}, 0xff8000},
	{DRM_FORMAT_ARGB16161616F, "ARGB16161616F (AR4H)", {0, 0xbc, 0, 0x38, 0, 0x40, 0, 0x3c}, 0xff8000},
	{DRM_FORMAT_XBGR16161616F, "XBGR16161616F (XB4H)", {0, 0x40, 0, 0x38, 0, 0xbc, 0, 0x3c}, 0xff8000},
	{DRM_FORMAT_ABGR16161616F, "ABGR16161616F (AB4H)", {0, 0x40, 0, 0x38, 0, 0xbc, 0, 0x3c}, 0xff8000},
};

static void reads_pixels_written_by_hand(void) {
	struct pixel_format_text text;
	for (size_t i = 0; i < ARRAY_LEN(oranges); i++) {
		const struct pixel_format *format = pixel_format_find(oranges[i].fourcc);
		CHECK_SAY(format, "%s", oranges[i].name);
		CHECK_SAY(pixel_format_to_xrgb(format, oranges[i].bytes) == oranges[i].xrgb, "%s: %06x",
			oranges[i].name, pixel_format_to_xrgb(format, oranges[i].bytes));
		CHECK(!strcmp(pixel_format_describe(oranges[i].fourcc, &text), oranges[i].name));
	}
}

static void the_table_is_sane(void) {
	size_t unorm = 0, i = 0;
	for (const struct pixel_format *format; (format = pixel_format_at(i)); i++) {
		CHECK(pixel_format_find(format->fourcc) == format); /* no fourcc twice */
		CHECK(format->planes >= 1 && format->bytes_per_pixel >= 1);
		unorm += format->model == PIXEL_UNORM;
		if (format->model == PIXEL_YUV || format->model == PIXEL_PALETTE)
			continue;
		const struct pixel_channel *channels[] = {
			&format->red, &format->green, &format->blue, &format->alpha};
		uint64_t taken = 0;
		for (int c = 0; c < 4; c++) {
			uint64_t mask = ((UINT64_C(1) << channels[c]->bits) - 1) << channels[c]->shift;
			CHECK(!(taken & mask) &&
				channels[c]->shift + channels[c]->bits <= format->bytes_per_pixel * 8);
			taken |= mask;
		}
	}
	CHECK(unorm == 43 && i == 51);
	CHECK(!pixel_format_find(0) && !pixel_format_find(DRM_FORMAT_R8));
}

static void measures_planes(void) {
	static const struct {
		uint32_t fourcc;
		int plane;
		uint64_t row;  /* bytes, of 5 pixels */
		uint32_t rows; /* of 7 */
	} cases[] = {
		{DRM_FORMAT_XRGB8888, 0, 20, 7},
		{DRM_FORMAT_RGB888, 0, 15, 7},
		{DRM_FORMAT_NV12, 0, 5, 7},
		{DRM_FORMAT_NV12, 1, 6, 4},
		{DRM_FORMAT_P010, 0, 10, 7},
		{DRM_FORMAT_P010, 1, 12, 4},
		{DRM_FORMAT_YUYV, 0, 12, 7},
		{DRM_FORMAT_C8, 0, 5, 7},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct pixel_format *format = pixel_format_find(cases[i].fourcc);
		CHECK(pixel_format_row_bytes(format, cases[i].plane, 5) == cases[i].row);
		CHECK(pixel_format_rows(format, cases[i].plane, 7) == cases[i].rows);
	}
	const struct pixel_format *nv12 = pixel_format_find(DRM_FORMAT_NV12);
	CHECK(pixel_format_row_bytes(nv12, 1, UINT32_MAX) == UINT64_C(1) << 32);
	CHECK(pixel_format_rows(nv12, 1, UINT32_MAX) == UINT32_C(1) << 31);
}

static void names_what_it_does_not_know(void) {
	struct pixel_format_text text;
	CHECK(!strcmp(pixel_format_describe(DRM_FORMAT_R8, &text), "unknown format 'R8  '"));
	CHECK(!strcmp(pixel_format_describe(DRM_FORMAT_XYUV8888, &text), "unknown format 'XYUV'"));
	CHECK(strstr(pixel_format_describe(fourcc_code('C', '4', ' ', ' '), &text),
		"C4, whose colours are in a palette"));
	CHECK(!strcmp(pixel_format_describe(1, &text), "unknown format 0x00000001"));
	CHECK(!strcmp(pixel_format_describe(0x0a414141, &text), "unknown format 0x0a414141"));
	CHECK(!strcmp(pixel_format_describe_modifier(DRM_FORMAT_MOD_LINEAR, &text), "linear"));
	CHECK(!strcmp(
		pixel_format_describe_modifier(DRM_FORMAT_MOD_INVALID, &text), "not reported by the driver"));
	CHECK(strstr(pixel_format_describe_modifier(I915_FORMAT_MOD_X_TILED, &text), "INTEL"));
	CHECK(strstr(text.text, "X_TILED") && strstr(text.text, "(0x100000000000001)"));
	CHECK(strstr(pixel_format_describe_modifier(fourcc_mod_code(AMD, 0x1234567), &text), "AMD"));
	CHECK(strstr(
		pixel_format_describe_modifier(UINT64_C(0x7700000000000005), &text), "0x7700000000000005"));
}

int main(void) {
	rounds_as_a_sampler_does();
	rounds_half_floats();
	reads_pixels_written_by_hand();
	the_table_is_sane();
	measures_planes();
	names_what_it_does_not_know();
	return 0;
}
