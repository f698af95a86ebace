/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reference: what the monitor shows of a frame, pixel by pixel, slowly, from the state of the planes alone.
 *
 * It is written from the kernel's documentation, and from nothing that it is there to check:
 * - drm_blend.c, "overview": the model of SRC_* and CRTC_* rectangles, "alpha", "rotation" with its
 *   pictures of reflect-x and reflect-y, "zpos", and the three formulas of "pixel blend mode".
 * - drm_blend.c, drm_plane_create_rotation_property(): a rotation is counter-clockwise, the axes of a
 *   reflection are those of the source rectangle; first comes the reflection, then the rotation, then the
 *   scaling.
 * - drm_color_mgmt.c, COLOR_ENCODING and COLOR_RANGE, which name ITU-R's standards: yuv.h.
 * - encode/pixel_format.h, for what the kernel leaves to us: the value of a channel, also of a half float.
 *
 * Where the kernel's documentation leaves a choice, this is assumed:
 * - The lowest plane is blended like any other, with what is below all planes. That is black: "the
 *   background color defaults to black", and it "may also be blended with plane contents".
 * - A premultiplied colour may be larger than its alpha. The sum is then clamped to white, layer by layer.
 * - Nothing is rounded before the end. Hardware rounds in between, so where colours are mixed, a converter
 *   can only be asked to come near.
 * - "The filtering mode when scaling is unspecified": it is an option here. A filter mixes the channels as
 *   they are stored, alpha among them, YUV after its conversion. Blending comes after that.
 * - "No pixel outside of the source rectangle may ever be sampled": a pixel that is partly inside may be.
 * - "Drivers are also allowed to round the subpixel sampling positions appropriately, but only to the next
 *   full pixel": an option, too. i915 drops the fraction of SRC_*.
 */
#ifndef ZEROVNC_TESTS_REFERENCE_H
#define ZEROVNC_TESTS_REFERENCE_H

#include "capture/frame.h"

enum reference_filter {
	REFERENCE_NEAREST,  /* the pixel that the middle of the destination's pixel falls into */
	REFERENCE_BILINEAR, /* between the middles of four pixels; the outermost are repeated */
};

struct reference_options {
	enum reference_filter filter;
	bool whole_source; /* SRC_* without their fractions, as rect_from_fixed() has them */
};

/* Why a converter may give another byte than the nearest. */
enum reference_rounding {
	REFERENCE_BLENDED = 1,   /* two colours are mixed, or one is dimmed */
	REFERENCE_FILTERED = 2,  /* a layer is scaled or lies between pixels, and the filter is bilinear */
	REFERENCE_CONVERTED = 4, /* from YUV */
	/*
	 * A layer is read to the nearest within 1/256 of a pixel of where two pixels meet. Either may be
	 * shown, and nothing can be said of the colour.
	 */
	REFERENCE_BETWEEN = 8,
};

struct reference_pixel {
	double colour[3];  /* red, green, blue: 0..255, not rounded */
	unsigned rounding; /* of enum reference_rounding; 0: exact, a converter must give the very byte */
};

/*
 * The pixel at x, y of the frame's mode. Every layer must have `memory`, be linear and of a known format,
 * with its source rectangle inside its framebuffer. The layers are taken in the order that they have; `zpos`
 * was the source's to sort them by.
 */
struct reference_pixel reference_pixel(
	const struct frame *frame, uint32_t x, uint32_t y, const struct reference_options *options);

/* As 0x00RRGGBB, each channel rounded to the nearest. */
uint32_t reference_to_xrgb(const struct reference_pixel *pixel);

/* How far 0x00RRGGBB is from it, in the channel where it is farthest. */
double reference_distance(const struct reference_pixel *pixel, uint32_t xrgb);

#endif
