/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pixel_format: the only table of fourccs, and the one rule for how a pixel becomes 8 bits a channel. It has
 * every fourcc of three colours that a pixel of its own has all of (drm_fourcc.h), and the usual ones of YUV.
 * Of any other nobody knows where a framebuffer's rows end, or what its colours must be: it is not read at
 * all.
 *
 * The rule, for every converter: a channel of n bits with value v becomes floor(v * 255 / (2^n - 1) + 0.5).
 * That is what a GL sampler (v / (2^n - 1) as a float) followed by rounding to the nearest of 256 gives; it
 * never meets a tie, for 2^n - 1 is odd, so no rounding mode and no float can disagree. 5 and 6 bits are thus
 * widened exactly, not by shifting; 10 bits are rounded, not cut. Half floats are clamped to 0..1 (NaN is 0)
 * and rounded likewise; their one tie, 0.5, becomes 128 by this rule and by rounding to even alike.
 *
 * Padding is never looked at. The alpha of the lowest layer's framebuffer is ignored: under
 * FRAME_BLEND_PREMULTIPLIED over black the colour stays as it is, and FRAME_BLEND_NONE says so itself.
 */
#ifndef ZEROVNC_PIXEL_FORMAT_H
#define ZEROVNC_PIXEL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pixel_model {
	PIXEL_UNORM, /* channels are bits of one little-endian number */
	PIXEL_HALF,  /* channels are half floats: shift counts from the low bit of the 64-bit number */
	PIXEL_YUV,   /* read by GL only; the channels below are empty, chroma is shared by two pixels of a row
		      */
};

/* Where a channel lies in the pixel. bits 0: there is none. */
struct pixel_channel {
	uint8_t shift, bits;
};

/* A texture that samples of a YUV framebuffer can be read through: luma in its first channel, or both
 * chromas. */
struct pixel_view {
	uint32_t fourcc;
	uint8_t plane;
	uint8_t columns, rows; /* of pixels that share a texel */
};

struct pixel_format {
	uint32_t fourcc;  /* DRM_FORMAT_* */
	const char *name; /* "XRGB8888" */
	enum pixel_model model;
	uint8_t planes;          /* memory planes of a framebuffer without compression */
	uint8_t bytes_per_pixel; /* of the first plane; YUYV: 2 */
	struct pixel_channel red, green, blue, alpha;

	/* PIXEL_YUV: */
	struct pixel_view luma, chroma;
	uint8_t bits; /* of a sample, the highest of its 8 or 16 */
};

/* All formats there are, for tests: index 0 .. until NULL. */
const struct pixel_format *pixel_format_at(size_t index);
/* NULL where the table has none. */
const struct pixel_format *pixel_format_find(uint32_t fourcc);

/* What one row of a plane of a linear framebuffer takes without padding, and how many rows it has. */
uint64_t pixel_format_row_bytes(const struct pixel_format *format, int plane, uint32_t width);
uint32_t pixel_format_rows(const struct pixel_format *format, int plane, uint32_t height);

/* For people: "XRGB8888 (XR24)", "unknown format 'ABCD'", "unknown format 0x00000001"; "C8, whose colours are
 * in a palette" and what helps. Returns `text`. */
struct pixel_format_text {
	char text[128];
};
const char *pixel_format_describe(uint32_t fourcc, struct pixel_format_text *text);
/* For people: "linear", "not reported by the driver", "INTEL_Y_TILED (0x100000000000002)". Returns `text`. */
const char *pixel_format_describe_modifier(uint64_t modifier, struct pixel_format_text *text);

/* The rule above. bits 1..16. */
uint8_t pixel_format_unorm_to_8(uint32_t value, unsigned bits);
uint8_t pixel_format_half_to_8(uint16_t half);
/* One pixel of a PIXEL_UNORM or PIXEL_HALF format as 0x00RRGGBB, by the rule above. The slow, plain statement
 * of what every converter must give. */
uint32_t pixel_format_to_xrgb(const struct pixel_format *format, const uint8_t *pixel);

#endif
