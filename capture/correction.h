/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correction: what a CRTC does to colours after its planes (struct frame_colour), exactly, and what it is
 * good for. Pure arithmetic.
 */
#ifndef ZEROVNC_CORRECTION_H
#define ZEROVNC_CORRECTION_H

#include "capture/frame.h"

/* A serial that no correction had before. Any thread. */
uint64_t correction_serial(void);

/*
 * What becomes of a colour of red, green and blue from 0 to 1. It is what drm_color_mgmt.c ("overview") and
 * drm_mode.h (struct drm_color_ctm, struct drm_color_lut) describe, without the limits of hardware: tables
 * are interpolated linearly, and only the result of the matrix is clamped.
 */
void correction_apply(const struct frame_colour *colour, const double from[3], double to[3]);

enum correction_kind {
	CORRECTION_NONE,  /* no colour changes by a whole level of 255 */
	CORRECTION_TUNED, /* for the eyes or the panel of who sits there: night light, dimming, calibration */
	CORRECTION_MEANT, /* it changes what can be seen: inversion, blanking, a filter */
};

/*
 * Tells them apart by what they do. A correction is tuned if all of this is true, and meant otherwise:
 * - Greys that become brighter do not become darker.
 * - What becomes of greys, in each channel, is near to a power of what they were, times the channel's white:
 * no farther from that than 0.02 and a tenth of that white. The power is from 1/4 to 4. So black stays near
 *   black. A channel whose white is below 0.04 counts as off.
 * - The brightest channel's white is at least a tenth; less is a screen that is blank, or about to be.
 * - White is warm (no less red than green, nor green than blue), as of a black body of any temperature, or
 *   each of its channels is at least 40 % of the brightest.
 * - The matrix makes each channel mostly of itself: all that it takes from others amounts to at most 70 % of
 *   that. So it may convert between the colours of usual panels, but a matrix that swaps channels is meant,
 *   and so is one that makes everything grey.
 */
enum correction_kind correction_judge(const struct frame_colour *colour);

#endif
