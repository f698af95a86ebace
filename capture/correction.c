/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/correction.h"

#include <math.h>
#include <stdatomic.h>

uint64_t correction_serial(void) {
	static atomic_uint_fast64_t last;
	return atomic_fetch_add(&last, 1) + 1;
}

static double clamped(double value) {
	return value > 0 ? fmin(value, 1) : 0;
}

static double look_up(const struct frame_lut *lut, int channel, double value) {
	if (!lut->count)
		return value;
	double at = value * (lut->count - 1);
	uint32_t below = (uint32_t)at, above = below + 1 < lut->count ? below + 1 : below;
	double share = at - below;
	return (lut->at[below][channel] * (1 - share) + lut->at[above][channel] * share) / 0xffff;
}

void correction_apply(const struct frame_colour *colour, const double from[3], double to[3]) {
	double linear[3];
	for (int i = 0; i < 3; i++)
		linear[i] = look_up(&colour->degamma, i, clamped(from[i]));
	for (int i = 0; i < 3; i++) {
		const double *row = colour->matrix + (size_t)i * 3;
		double mixed = colour->has_matrix
				       ? row[0] * linear[0] + row[1] * linear[1] + row[2] * linear[2]
				       : linear[i];
		to[i] = look_up(&colour->gamma, i, clamped(mixed));
	}
}

/* --- what it is good for --- */

enum { LEVELS = 256 };

/* Whether levels of these channels (bits: red 1, green 2, blue 4) stay what they are. */
static bool keeps(const struct frame_colour *colour, unsigned channels) {
	for (int level = 0; level < LEVELS; level++) {
		double from[3], to[3];
		for (int i = 0; i < 3; i++)
			from[i] = channels >> i & 1 ? level / 255.0 : 0;
		correction_apply(colour, from, to);
		for (int i = 0; i < 3; i++) {
			if (fabs(to[i] - from[i]) * 255 >= 1)
				return false;
		}
	}
	return true;
}

static bool is_near_power(const double curve[LEVELS]) {
	enum { MIDDLE = LEVELS / 2 };
	double white = curve[LEVELS - 1];
	if (white < 0.04)
		return true; /* it is off, and as what becomes of greys never becomes darker, it always is */
	double power = log(fmax(curve[MIDDLE], 1e-9) / white) / log(MIDDLE / 255.0);
	if (power < 0.25 || power > 4)
		return false;
	for (int i = 0; i < LEVELS; i++) {
		if (fabs(curve[i] - white * pow(i / 255.0, power)) > 0.02 + 0.1 * white)
			return false;
	}
	return true;
}

static bool rises(const double curve[LEVELS]) {
	for (int i = 1; i < LEVELS; i++) {
		if ((curve[i - 1] - curve[i]) * 255 >= 1)
			return false;
	}
	return true;
}

static bool is_usual_white(double red, double green, double blue) {
	double most = fmax(red, fmax(green, blue)), least = fmin(red, fmin(green, blue));
	bool warm = green - red <= 0.03 * most && blue - green <= 0.03 * most;
	return most >= 0.1 && (warm || least >= 0.4 * most);
}

static bool keeps_channels_apart(const double matrix[9]) {
	for (int i = 0; i < 3; i++) {
		double own = matrix[4 * i], others = 0;
		for (int j = 0; j < 3; j++)
			others += j == i ? 0 : fabs(matrix[3 * i + j]);
		if (others > 0.7 * own + 1e-3)
			return false;
	}
	return true;
}

enum correction_kind correction_judge(const struct frame_colour *colour) {
	double curves[3][LEVELS];
	if (keeps(colour, 1) && keeps(colour, 2) && keeps(colour, 4) && keeps(colour, 7))
		return CORRECTION_NONE;
	for (int level = 0; level < LEVELS; level++) {
		const double grey = level / 255.0;
		double to[3];
		correction_apply(colour, (const double[3]){grey, grey, grey}, to);
		for (int i = 0; i < 3; i++)
			curves[i][level] = to[i];
	}
	for (int i = 0; i < 3; i++) {
		if (!rises(curves[i]) || !is_near_power(curves[i]))
			return CORRECTION_MEANT;
	}
	bool tuned = is_usual_white(curves[0][LEVELS - 1], curves[1][LEVELS - 1], curves[2][LEVELS - 1]) &&
		     (!colour->has_matrix || keeps_channels_apart(colour->matrix));
	return tuned ? CORRECTION_TUNED : CORRECTION_MEANT;
}
