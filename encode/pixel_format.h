/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pixel_format: the only table of fourccs, and the one rule for how a pixel becomes 8 bits per channel. The
 * table has every fourcc of drm_fourcc.h in which each pixel has three colours of its own, the usual ones of
 * YUV, and the one palette that display engines have. For any other fourcc, it is not known where a
 * framebuffer's rows end or what its colours mean, so such a framebuffer is not read at all.
 *
 * The rule, for every converter: a channel of n bits with value v becomes floor(v * 255 / (2^n - 1) + 0.5). A
 * GL sampler (v / (2^n - 1) as a float) followed by rounding to the nearest of 256 levels gives the same.
 * There is never a tie, because 2^n - 1 is odd, so no rounding mode and no float can disagree. This means
 * that 5 and 6 bits are widened exactly, not by shifting, and that 10 bits are rounded, not truncated. Half
 * floats are clamped to 0..1 (NaN becomes 0) and rounded in the same way. Their one tie, 0.5, becomes 128
 * both by this rule and by rounding to even.
 *
 * Padding is never read. The alpha of the lowest layer's framebuffer is ignored: FRAME_BLEND_PREMULTIPLIED
 * over black leaves the colour as it is, and FRAME_BLEND_NONE means that alpha is ignored.
 */
#ifndef ZEROVNC_PIXEL_FORMAT_H
#define ZEROVNC_PIXEL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pixel_model {
	PIXEL_UNORM, /* channels are bits of one little-endian number */
	PIXEL_HALF,  /* channels are half floats; their shift counts from the low bit of the 64-bit number */
	PIXEL_YUV,   /* the channels below are empty, and two pixels of a row share chroma */
	PIXEL_PALETTE, /* likewise empty: a pixel is the number of a colour (frame_layer.palette) */
};

/* Where a channel lies in the pixel. If bits is 0, there is no such channel. */
struct pixel_channel {
	uint8_t shift, bits;
};

/* A texture through which samples of a YUV framebuffer can be read: luma in its first channel, or both
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
	uint8_t planes;          /* memory planes of an uncompressed framebuffer */
	uint8_t bytes_per_pixel; /* of the first plane; YUYV: 2 */
	struct pixel_channel red, green, blue, alpha;

	/* For PIXEL_YUV only: (`luma` also for the numbers of PIXEL_PALETTE) */
	struct pixel_view luma, chroma;
	uint8_t bits; /* the bits of a sample, which are the highest of its 8 or 16 */
};

/* All formats, for tests: from index 0 until this returns NULL. */
const struct pixel_format *pixel_format_at(size_t index);
/* NULL if the table lacks it. */
const struct pixel_format *pixel_format_find(uint32_t fourcc);

/* How many bytes one row of a plane of a linear framebuffer takes without padding, and how many rows the
 * plane has. */
uint64_t pixel_format_row_bytes(const struct pixel_format *format, int plane, uint32_t width);
uint32_t pixel_format_rows(const struct pixel_format *format, int plane, uint32_t height);

/* For people: "XRGB8888 (XR24)", "unknown format 'ABCD'", "unknown format 0x00000001"; "C4, whose colours are
 * in a palette" and what helps. Returns `text`. */
struct pixel_format_text {
	char text[128];
};
const char *pixel_format_describe(uint32_t fourcc, struct pixel_format_text *text);
/* For people: "linear", "not reported by the driver", "INTEL_Y_TILED (0x100000000000002)". Returns `text`. */
const char *pixel_format_describe_modifier(uint64_t modifier, struct pixel_format_text *text);

/* Apply the rule above. `bits` is 1 to 16. */
uint8_t pixel_format_unorm_to_8(uint32_t value, unsigned bits);
uint8_t pixel_format_half_to_8(uint16_t half);
/* A half float, exactly, but clamped to 0..1; a NaN is 0. */
double pixel_format_half_value(uint16_t half);
/* One pixel of a PIXEL_UNORM or PIXEL_HALF format as 0x00RRGGBB, by the rule above. This is the slow and
 * plain statement of what every converter must produce. */
uint32_t pixel_format_to_xrgb(const struct pixel_format *format, const uint8_t *pixel);

#endif
