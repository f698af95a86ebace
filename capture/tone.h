/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tone: what a monitor makes of the signal that it is sent (struct frame_signal), as a viewer's sRGB. Pure
 * arithmetic, exactly.
 *
 * Light is in cd/m2. PQ (SMPTE ST 2084, Rec. ITU-R BT.2100 table 4) says how much there is. HLG (BT.2100
 * table 5) says what a camera saw, from which its OOTF makes the light of a display of 1000 cd/m2. The
 * viewer's white is HDR reference white, 203 cd/m2 (Report ITU-R BT.2408). What is brighter is brought down
 * by the EETF of Report ITU-R BT.2390, 5.4.1: a knee, by a Hermite spline in PQ, from the signal's peak to
 * that white. It is applied to luminance, which the colour follows ("YRGB"), so hues stay. Then come the
 * viewer's primaries (BT.2087, and the same for P3), clipping, and the curve of sRGB (IEC 61966-2-1).
 *
 * An SDR signal of other primaries only has its primaries changed.
 *
 * Everything is made of four steps, so that it can be made of tables: a curve for each channel, a scale by
 * luminance, a matrix, and one more curve.
 */
#ifndef ZEROVNC_TONE_H
#define ZEROVNC_TONE_H

#include "capture/frame.h"

enum { TONE_WHITE = 203, TONE_HLG_PEAK = 1000, TONE_PQ_PEAK = 10000 };

/* Whether a viewer's picture is something else than the signal. */
bool tone_is_needed(const struct frame_signal *signal);

bool tone_is_same(const struct frame_signal *one, const struct frame_signal *other);

/* A channel's number, 0 to 1, as linear light: HLG of the scene, others in parts of the signal's peak, above
 * which PQ is cut off. 0 to 1. */
double tone_light(const struct frame_signal *signal, double number);

/* What such light of this luminance is multiplied by, so that the viewer's white is 1. At most TONE_PQ_PEAK /
 * TONE_WHITE. */
double tone_scale(const struct frame_signal *signal, double luminance);

/* What makes luminance of red, green and blue, and, row by row, what makes the viewer's primaries of them. */
struct tone_primaries {
	double luminance[3], matrix[9];
};
const struct tone_primaries *tone_primaries_of(const struct frame_signal *signal);

/* Linear light of the viewer as a number of sRGB. Both are 0 to 1, and what is not is clipped. */
double tone_number(double light);

/* All four: what a viewer sees of a colour. Both are 0 to 1, and what is not is clipped. */
void tone_apply(const struct frame_signal *signal, const double from[3], double to[3]);

/*
 * What a viewer sees of a pixel that the CRTC composes, 0xAARRGGBB, premultiplied: its correction (NULL:
 * none) and its signal are applied to the colour, and the transparency stays.
 */
uint32_t tone_pixel(const struct frame_colour *correction, const struct frame_signal *signal, uint32_t pixel);

/* ST 2084: light of a number from 0 to 1, and back. */
double tone_light_of_pq(double number);
double tone_pq_of_light(double light);

#endif
