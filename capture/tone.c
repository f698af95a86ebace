/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/tone.h"

#include <math.h>
#include <string.h>

#include "capture/correction.h"

static double clipped(double value) {
	return value > 0 ? fmin(value, 1) : 0;
}

bool tone_is_needed(const struct frame_signal *signal) {
	return signal->transfer != FRAME_TRANSFER_SDR || signal->primaries != FRAME_PRIMARIES_BT709;
}

bool tone_is_same(const struct frame_signal *one, const struct frame_signal *other) {
	return one->transfer == other->transfer && one->primaries == other->primaries &&
	       one->peak == other->peak;
}

/* --- curves --- */

static const double m1 = 2610 / 16384.0, m2 = 2523 / 4096.0 * 128, c1 = 3424 / 4096.0,
		    c2 = 2413 / 4096.0 * 32, c3 = 2392 / 4096.0 * 32;

double tone_light_of_pq(double number) {
	double root = pow(clipped(number), 1 / m2);
	return TONE_PQ_PEAK * pow(fmax(root - c1, 0) / (c2 - c3 * root), 1 / m1);
}

double tone_pq_of_light(double light) {
	double part = pow(clipped(light / TONE_PQ_PEAK), m1);
	return pow((c1 + c2 * part) / (1 + c3 * part), m2);
}

/* The inverse of the OETF. */
static double scene_of_hlg(double number) {
	const double a = 0.17883277, b = 1 - 4 * a, c = 0.5 - a * log(4 * a);
	return number <= 0.5 ? number * number / 3 : (exp((number - c) / a) + b) / 12;
}

static double light_of_srgb(double number) {
	return number <= 0.04045 ? number / 12.92 : pow((number + 0.055) / 1.055, 2.4);
}

double tone_number(double light) {
	double part = clipped(light);
	return part <= 0.0031308 ? 12.92 * part : 1.055 * pow(part, 1 / 2.4) - 0.055;
}

double tone_light(const struct frame_signal *signal, double number) {
	switch (signal->transfer) {
	case FRAME_TRANSFER_PQ:
		return fmin(tone_light_of_pq(number) / signal->peak, 1);
	case FRAME_TRANSFER_HLG:
		return clipped(scene_of_hlg(clipped(number)));
	default:
		return light_of_srgb(clipped(number));
	}
}

/* --- the knee --- */

/* BT.2390's EETF, of light below `peak`, without its lift of black: the viewer's black is 0. */
static double brought_down(double light, double peak) {
	double whole = tone_pq_of_light(peak), most = tone_pq_of_light(TONE_WHITE) / whole;
	double part = tone_pq_of_light(light) / whole, knee = 1.5 * most - 0.5;
	if (most >= 1 || part < knee)
		return light;
	double t = (part - knee) / (1 - knee), t2 = t * t, t3 = t2 * t;
	double lowered =
		(2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) + (3 * t2 - 2 * t3) * most;
	return tone_light_of_pq(lowered * whole);
}

double tone_scale(const struct frame_signal *signal, double luminance) {
	const double gamma = 1.2; /* of the OOTF of HLG, for its peak */
	double peak = signal->transfer == FRAME_TRANSFER_PQ ? signal->peak : TONE_HLG_PEAK;
	if (signal->transfer == FRAME_TRANSFER_SDR)
		return 1;
	if (luminance <= 0)
		return signal->transfer == FRAME_TRANSFER_PQ ? peak / TONE_WHITE : 0;
	double light = peak * (signal->transfer == FRAME_TRANSFER_PQ ? luminance : pow(luminance, gamma));
	return brought_down(light, peak) / (TONE_WHITE * luminance);
}

/* --- primaries --- */

const struct tone_primaries *tone_primaries_of(const struct frame_signal *signal) {
	static const struct tone_primaries all[] = {
		[FRAME_PRIMARIES_BT709] = {{0.212639, 0.715169, 0.072192}, {1, 0, 0, 0, 1, 0, 0, 0, 1}},
		[FRAME_PRIMARIES_BT2020] = {{0.262700, 0.677998, 0.059302},
			{1.660491, -0.587641, -0.072850, -0.124550, 1.132900, -0.008350, -0.018151, -0.100579,
				1.118730}},
		[FRAME_PRIMARIES_P3] = {{0.228975, 0.691739, 0.079287},
			{1.224940, -0.224940, 0, -0.042057, 1.042057, 0, -0.019638, -0.078636, 1.098274}},
	};
	return &all[signal->primaries];
}

/* --- all of it --- */

void tone_apply(const struct frame_signal *signal, const double from[3], double to[3]) {
	const struct tone_primaries *primaries = tone_primaries_of(signal);
	double light[3], luminance = 0;
	for (int i = 0; i < 3; i++) {
		light[i] = tone_light(signal, from[i]);
		luminance += primaries->luminance[i] * light[i];
	}
	double scale = tone_scale(signal, luminance);
	for (int i = 0; i < 3; i++) {
		const double *row = primaries->matrix + (size_t)i * 3;
		to[i] = tone_number(scale * (row[0] * light[0] + row[1] * light[1] + row[2] * light[2]));
	}
}

uint32_t tone_pixel(
	const struct frame_colour *correction, const struct frame_signal *signal, uint32_t pixel) {
	uint32_t alpha = pixel >> 24, result = alpha;
	double colour[3];
	if (!alpha)
		return pixel;
	for (int i = 0; i < 3; i++)
		colour[i] = clipped((pixel >> (16 - 8 * i) & 255) / (double)alpha);
	if (correction)
		correction_apply(correction, (double[3]){colour[0], colour[1], colour[2]}, colour);
	if (tone_is_needed(signal))
		tone_apply(signal, (double[3]){colour[0], colour[1], colour[2]}, colour);
	for (int i = 0; i < 3; i++)
		result = result << 8 | (uint32_t)lrint(colour[i] * alpha);
	return result;
}
