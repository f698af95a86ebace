/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/pixel_format.h"

#include <ctype.h>
#include <drm_fourcc.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <xf86drm.h>

#include "capture/base/array.h"

#define UNORM(format, bytes, ...)                                                                            \
	{                                                                                                    \
		.fourcc = DRM_FORMAT_##format, .name = #format, .model = PIXEL_UNORM, .planes = 1,           \
		.bytes_per_pixel = bytes, __VA_ARGS__                                                        \
	}
#define HALF(format, ...)                                                                                    \
	{                                                                                                    \
		.fourcc = DRM_FORMAT_##format, .name = #format, .model = PIXEL_HALF, .planes = 1,            \
		.bytes_per_pixel = 8, __VA_ARGS__                                                            \
	}
#define YUV(format, plane_count, bytes, bits_, ...)                                                          \
	{                                                                                                    \
		.fourcc = DRM_FORMAT_##format, .name = #format, .model = PIXEL_YUV, .planes = plane_count,   \
		.bytes_per_pixel = bytes, .bits = bits_, __VA_ARGS__                                         \
	}
#define PALETTE(format, ...)                                                                                 \
	{                                                                                                    \
		.fourcc = DRM_FORMAT_##format, .name = #format, .model = PIXEL_PALETTE, .planes = 1,         \
		.bytes_per_pixel = 1, __VA_ARGS__                                                            \
	}
#define VIEW(format, ...)                                                                                    \
	{ DRM_FORMAT_##format, __VA_ARGS__ }
#define RED(s, n)   .red = {s, n}
#define GREEN(s, n) .green = {s, n}
#define BLUE(s, n)  .blue = {s, n}
#define ALPHA(s, n) .alpha = {s, n}

static const struct pixel_format formats[] = {
	UNORM(XRGB8888, 4, RED(16, 8), GREEN(8, 8), BLUE(0, 8)),
	UNORM(ARGB8888, 4, RED(16, 8), GREEN(8, 8), BLUE(0, 8), ALPHA(24, 8)),
	UNORM(XBGR8888, 4, RED(0, 8), GREEN(8, 8), BLUE(16, 8)),
	UNORM(ABGR8888, 4, RED(0, 8), GREEN(8, 8), BLUE(16, 8), ALPHA(24, 8)),
	UNORM(RGBX8888, 4, RED(24, 8), GREEN(16, 8), BLUE(8, 8)),
	UNORM(RGBA8888, 4, RED(24, 8), GREEN(16, 8), BLUE(8, 8), ALPHA(0, 8)),
	UNORM(BGRX8888, 4, RED(8, 8), GREEN(16, 8), BLUE(24, 8)),
	UNORM(BGRA8888, 4, RED(8, 8), GREEN(16, 8), BLUE(24, 8), ALPHA(0, 8)),
	UNORM(RGB565, 2, RED(11, 5), GREEN(5, 6), BLUE(0, 5)),
	UNORM(XRGB2101010, 4, RED(20, 10), GREEN(10, 10), BLUE(0, 10)),
	UNORM(ARGB2101010, 4, RED(20, 10), GREEN(10, 10), BLUE(0, 10), ALPHA(30, 2)),
	UNORM(XBGR2101010, 4, RED(0, 10), GREEN(10, 10), BLUE(20, 10)),
	UNORM(ABGR2101010, 4, RED(0, 10), GREEN(10, 10), BLUE(20, 10), ALPHA(30, 2)),
	UNORM(RGB888, 3, RED(16, 8), GREEN(8, 8), BLUE(0, 8)),
	UNORM(BGR888, 3, RED(0, 8), GREEN(8, 8), BLUE(16, 8)),
	UNORM(XRGB4444, 2, RED(8, 4), GREEN(4, 4), BLUE(0, 4)),
	UNORM(ARGB4444, 2, RED(8, 4), GREEN(4, 4), BLUE(0, 4), ALPHA(12, 4)),
	UNORM(XBGR4444, 2, RED(0, 4), GREEN(4, 4), BLUE(8, 4)),
	UNORM(ABGR4444, 2, RED(0, 4), GREEN(4, 4), BLUE(8, 4), ALPHA(12, 4)),
	UNORM(RGBX4444, 2, RED(12, 4), GREEN(8, 4), BLUE(4, 4)),
	UNORM(RGBA4444, 2, RED(12, 4), GREEN(8, 4), BLUE(4, 4), ALPHA(0, 4)),
	UNORM(BGRX4444, 2, RED(4, 4), GREEN(8, 4), BLUE(12, 4)),
	UNORM(BGRA4444, 2, RED(4, 4), GREEN(8, 4), BLUE(12, 4), ALPHA(0, 4)),
	UNORM(XRGB1555, 2, RED(10, 5), GREEN(5, 5), BLUE(0, 5)),
	UNORM(ARGB1555, 2, RED(10, 5), GREEN(5, 5), BLUE(0, 5), ALPHA(15, 1)),
	UNORM(XBGR1555, 2, RED(0, 5), GREEN(5, 5), BLUE(10, 5)),
	UNORM(ABGR1555, 2, RED(0, 5), GREEN(5, 5), BLUE(10, 5), ALPHA(15, 1)),
	UNORM(RGBX5551, 2, RED(11, 5), GREEN(6, 5), BLUE(1, 5)),
	UNORM(RGBA5551, 2, RED(11, 5), GREEN(6, 5), BLUE(1, 5), ALPHA(0, 1)),
	UNORM(BGRX5551, 2, RED(1, 5), GREEN(6, 5), BLUE(11, 5)),
	UNORM(BGRA5551, 2, RED(1, 5), GREEN(6, 5), BLUE(11, 5), ALPHA(0, 1)),
	UNORM(BGR565, 2, RED(0, 5), GREEN(5, 6), BLUE(11, 5)),
	UNORM(RGB332, 1, RED(5, 3), GREEN(2, 3), BLUE(0, 2)),
	UNORM(BGR233, 1, RED(0, 3), GREEN(3, 3), BLUE(6, 2)),
	UNORM(RGBX1010102, 4, RED(22, 10), GREEN(12, 10), BLUE(2, 10)),
	UNORM(RGBA1010102, 4, RED(22, 10), GREEN(12, 10), BLUE(2, 10), ALPHA(0, 2)),
	UNORM(BGRX1010102, 4, RED(2, 10), GREEN(12, 10), BLUE(22, 10)),
	UNORM(BGRA1010102, 4, RED(2, 10), GREEN(12, 10), BLUE(22, 10), ALPHA(0, 2)),
	UNORM(XRGB16161616, 8, RED(32, 16), GREEN(16, 16), BLUE(0, 16)),
	UNORM(ARGB16161616, 8, RED(32, 16), GREEN(16, 16), BLUE(0, 16), ALPHA(48, 16)),
	UNORM(XBGR16161616, 8, RED(0, 16), GREEN(16, 16), BLUE(32, 16)),
	UNORM(ABGR16161616, 8, RED(0, 16), GREEN(16, 16), BLUE(32, 16), ALPHA(48, 16)),
	UNORM(AXBXGXRX106106106106, 8, RED(6, 10), GREEN(22, 10), BLUE(38, 10), ALPHA(54, 10)),
	HALF(XRGB16161616F, RED(32, 16), GREEN(16, 16), BLUE(0, 16)),
	HALF(ARGB16161616F, RED(32, 16), GREEN(16, 16), BLUE(0, 16), ALPHA(48, 16)),
	HALF(XBGR16161616F, RED(0, 16), GREEN(16, 16), BLUE(32, 16)),
	HALF(ABGR16161616F, RED(0, 16), GREEN(16, 16), BLUE(32, 16), ALPHA(48, 16)),
	YUV(NV12, 2, 1, 8, .luma = VIEW(R8, 0, 1, 1), .chroma = VIEW(GR88, 1, 2, 2)),
	YUV(P010, 2, 2, 10, .luma = VIEW(R16, 0, 1, 1), .chroma = VIEW(GR1616, 1, 2, 2)),
	YUV(YUYV, 1, 2, 8, .luma = VIEW(GR88, 0, 1, 1), .chroma = VIEW(ABGR8888, 0, 2, 1)),
	PALETTE(C8, .luma = VIEW(R8, 0, 1, 1)),
};

const struct pixel_format *pixel_format_at(size_t index) {
	return index < ARRAY_LEN(formats) ? &formats[index] : NULL;
}

const struct pixel_format *pixel_format_find(uint32_t fourcc) {
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		if (formats[i].fourcc == fourcc)
			return &formats[i];
	}
	return NULL;
}

uint64_t pixel_format_row_bytes(const struct pixel_format *format, int plane, uint32_t width) {
	/* A pair of pixels has a pair of chroma samples, even at the end of an odd row. */
	bool pairs = format->model == PIXEL_YUV && plane == format->chroma.plane;
	return ((uint64_t)width + (pairs ? width % 2 : 0)) * format->bytes_per_pixel;
}

uint32_t pixel_format_rows(const struct pixel_format *format, int plane, uint32_t height) {
	bool halved = format->model == PIXEL_YUV && plane == format->chroma.plane && format->chroma.rows == 2;
	return halved ? height / 2 + height % 2 : height;
}

/* DRM_FORMAT_C1 to C4, and C8, which the table has. */
static bool has_palette(const char code[5]) {
	return code[0] == 'C' && isdigit((unsigned char)code[1]) && code[2] == ' ' && code[3] == ' ';
}

const char *pixel_format_describe(uint32_t fourcc, struct pixel_format_text *text) {
	const struct pixel_format *format = pixel_format_find(fourcc);
	char code[5] = {(char)fourcc, (char)(fourcc >> 8), (char)(fourcc >> 16), (char)(fourcc >> 24), 0};
	bool printable = true;
	for (int i = 0; i < 4; i++)
		printable = printable && isgraph((unsigned char)code[i]);
	/* Fourccs are padded with blanks, so isgraph() alone would call "R8  " unprintable. */
	if (!printable && isgraph((unsigned char)code[0]) && code[2] == ' ' && code[3] == ' ')
		printable = isprint((unsigned char)code[1]);
	if (format)
		snprintf(text->text, sizeof text->text, "%s (%s)", format->name, code);
	else if (has_palette(code))
		snprintf(text->text, sizeof text->text,
			"%.2s, whose colours are in a palette: a screen of 16, 24 or 32 bits a pixel can be read",
			code);
	else if (printable)
		snprintf(text->text, sizeof text->text, "unknown format '%s'", code);
	else
		snprintf(text->text, sizeof text->text, "unknown format 0x%08" PRIx32, fourcc);
	return text->text;
}

const char *pixel_format_describe_modifier(uint64_t modifier, struct pixel_format_text *text) {
	if (modifier == DRM_FORMAT_MOD_LINEAR || modifier == DRM_FORMAT_MOD_INVALID) {
		snprintf(text->text, sizeof text->text, "%s",
			modifier == DRM_FORMAT_MOD_LINEAR ? "linear" : "not reported by the driver");
		return text->text;
	}
	char *vendor = drmGetFormatModifierVendor(modifier), *name = drmGetFormatModifierName(modifier);
	if (vendor && name)
		snprintf(text->text, sizeof text->text, "%s_%s (0x%" PRIx64 ")", vendor, name, modifier);
	else
		snprintf(text->text, sizeof text->text, "%s modifier 0x%" PRIx64, vendor ? vendor : "unknown",
			modifier);
	free(vendor);
	free(name);
	return text->text;
}

uint8_t pixel_format_unorm_to_8(uint32_t value, unsigned bits) {
	uint32_t largest = (UINT32_C(1) << bits) - 1;
	return (uint8_t)((value * 510 + largest) / (2 * largest));
}

double pixel_format_half_value(uint16_t half) {
	unsigned exponent = half >> 10 & 31, fraction = half & 1023;
	if (half & 0x8000 || (exponent == 31 && fraction))
		return 0;
	if (exponent >= 15)
		return 1;
	/* The half float is significand / 2^scale. */
	unsigned significand = exponent ? 1024 + fraction : fraction;
	unsigned scale = exponent ? 25 - exponent : 24;
	return (double)significand / (UINT32_C(1) << scale);
}

uint8_t pixel_format_half_to_8(uint16_t half) {
	/* Nothing is rounded before the end: a double holds these products exactly. */
	return (uint8_t)(pixel_format_half_value(half) * 255 + 0.5);
}

static uint8_t channel(const struct pixel_format *format, struct pixel_channel at, uint64_t pixel) {
	uint32_t value = (uint32_t)(pixel >> at.shift) & ((UINT32_C(1) << at.bits) - 1);
	if (format->model == PIXEL_HALF)
		return pixel_format_half_to_8((uint16_t)value);
	return pixel_format_unorm_to_8(value, at.bits);
}

uint32_t pixel_format_to_xrgb(const struct pixel_format *format, const uint8_t *pixel) {
	uint64_t value = 0;
	for (unsigned i = 0; i < format->bytes_per_pixel; i++)
		value |= (uint64_t)pixel[i] << 8 * i;
	return (uint32_t)channel(format, format->red, value) << 16 |
	       (uint32_t)channel(format, format->green, value) << 8 | channel(format, format->blue, value);
}
