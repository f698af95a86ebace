/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The curves against published values, the primaries against what their chromaticities say, and what viewers
 * see against numbers worked out by hand.
 */
#include "capture/tone.h"

#include <math.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/correction.h"
#include "tests/test.h"

static void check_near(const char *what, double is, double must, double most) {
	CHECK_SAY(fabs(is - must) <= most, "%s is %.9f and must be %.9f", what, is, must);
}

/* SMPTE ST 2084 as BT.2100 has it, to as many digits as others print: colour-science and Report ITU-R
 * BT.2408, table 1. */
static void check_pq(void) {
	static const struct {
		double light, number, most;
	} values[] = {
		{0, 0, 1e-6},
		{0.1, 0.0623, 5e-5},
		{1, 0.1499, 5e-5},
		{10, 0.2997, 5e-5},
		{100, 0.508078421517399, 1e-12},
		{203, 0.5807, 5e-5},
		{400, 0.652578597563067, 1e-12},
		{1000, 0.7518, 5e-5},
		{4000, 0.9026, 5e-5},
		{10000, 1, 1e-12},
	};
	static const double cards[][2] = {{0.38, 26}, {0.56, 162}, {0.57, 179}, {0.58, 203}};
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		check_near("PQ", tone_pq_of_light(values[i].light), values[i].number, values[i].most);
		double light = tone_light_of_pq(tone_pq_of_light(values[i].light));
		check_near("light", light, values[i].light, 1e-9 * (1 + values[i].light));
	}
	for (size_t i = 0; i < ARRAY_LEN(cards);
		i++) /* whole per cents: at most half of one is 4 % of light */
		check_near("a card", tone_light_of_pq(cards[i][0]), cards[i][1], 0.04 * cards[i][1]);
}

/* BT.2408, table 1, and BT.2100: the light of a display of 1000 cd/m2. */
static void check_hlg(void) {
	const struct frame_signal hlg = {FRAME_TRANSFER_HLG, FRAME_PRIMARIES_BT2020, 0};
	static const double cards[][3] = {
		{0, 0, 0}, {0.38, 26, 0.3}, {0.5, 50.7, 0.05}, {0.75, 203, 0.5}, {1, 1000, 0.01}};
	check_near("the half", tone_light(&hlg, 0.5), 1 / 12.0, 1e-12);
	check_near("above it", tone_light(&hlg, 0.5 + 1e-9), 1 / 12.0, 1e-8);
	for (size_t i = 0; i < ARRAY_LEN(cards); i++) {
		double scene = tone_light(&hlg, cards[i][0]);
		check_near("light of HLG", 1000 * pow(scene, 1.2), cards[i][1], cards[i][2]);
	}
}

/* What of the luminance of a grey is seen, in cd/m2. */
static double seen(const struct frame_signal *signal, double light) {
	double part = light / signal->peak;
	return tone_scale(signal, part) * part * TONE_WHITE;
}

/* BT.2390, 5.4.1. For a peak of 1000: PQ of 203 in parts of PQ of 1000 is 0.772355, and the knee begins at
 * 0.658532. 203 itself is a third of the way from there to the peak, and its spline worked out by hand. */
static void check_knee(void) {
	const struct frame_signal signal = {FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT2020, 1000};
	double whole = tone_pq_of_light(1000), most = tone_pq_of_light(203) / whole, knee = 1.5 * most - 0.5;
	double begin = tone_light_of_pq(knee * whole);
	check_near("white", most, 0.772, 1e-3);
	check_near("the knee", knee, 0.659, 2e-3);
	for (double light = 0.01; light < begin; light *= 1.3)
		check_near("below the knee", seen(&signal, light), light, 1e-9 * light);
	check_near("the peak", seen(&signal, 1000), 203, 1e-9);
	/* t = 1/3: 20/27 of the knee, 4/27 of what lies above it, 7/27 of white. */
	double third = 20 / 27.0 * knee + 4 / 27.0 * (1 - knee) + 7 / 27.0 * most;
	check_near("reference white", seen(&signal, 203), tone_light_of_pq(third * whole), 1e-9);
	CHECK(seen(&signal, 203) > 155 && seen(&signal, 203) < 165);
	for (double light = 1, before = 0; light <= 1000; light += 1) {
		double now = seen(&signal, light);
		CHECK(now > before && now <= light + 1e-9);
		before = now;
	}
	/* Smoothly into it and out of it: the slope of the spline is 1 there, and 0 at the peak. */
	check_near("slope", (seen(&signal, begin * 1.0001) - begin) / (begin * 0.0001), 1, 0.01);
	check_near("slope", (203 - seen(&signal, 999.9)) / 0.1, 0, 0.01);
	/* A display that is no brighter than the viewer's white: nothing to bring down. */
	const struct frame_signal dim = {FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT2020, 150};
	check_near("dim", seen(&dim, 150), 150, 1e-9);
}

/* --- primaries --- */

static void invert(const double from[9], double to[9]) {
	double whole = 0;
	for (int i = 0; i < 9; i++) {
		int r = i / 3, c = i % 3, r1 = (r + 1) % 3, r2 = (r + 2) % 3, k1 = (c + 1) % 3,
		    k2 = (c + 2) % 3;
		to[3 * c + r] = from[3 * r1 + k1] * from[3 * r2 + k2] - from[3 * r1 + k2] * from[3 * r2 + k1];
	}
	for (int i = 0; i < 3; i++)
		whole += from[i] * to[3 * i];
	for (int i = 0; i < 9; i++)
		to[i] /= whole;
}

/* XYZ of red, green and blue in columns, so that equal parts are D65. */
static void light_of_primaries(const double xy[3][2], double to[9]) {
	const double white[3] = {0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290};
	double columns[9], inverse[9];
	for (int i = 0; i < 3; i++) {
		columns[i] = xy[i][0] / xy[i][1];
		columns[3 + i] = 1;
		columns[6 + i] = (1 - xy[i][0] - xy[i][1]) / xy[i][1];
	}
	invert(columns, inverse);
	for (int i = 0; i < 9; i++) {
		const double *row = inverse + (ptrdiff_t)(i % 3) * 3;
		to[i] = columns[i] * (row[0] * white[0] + row[1] * white[1] + row[2] * white[2]);
	}
}

static void check_primaries(void) {
	static const double xy[][3][2] = {
		[FRAME_PRIMARIES_BT709] = {{0.640, 0.330}, {0.300, 0.600}, {0.150, 0.060}},
		[FRAME_PRIMARIES_BT2020] = {{0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}},
		[FRAME_PRIMARIES_P3] = {{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}},
	};
	double target[9], inverse[9];
	light_of_primaries(xy[FRAME_PRIMARIES_BT709], target);
	invert(target, inverse);
	for (int i = 0; i < 3; i++) {
		const struct frame_signal signal = {.primaries = (enum frame_primaries)i};
		const struct tone_primaries *primaries = tone_primaries_of(&signal);
		double from[9];
		light_of_primaries(xy[i], from);
		for (int k = 0; k < 9; k++) {
			const double *row = inverse + (ptrdiff_t)(k / 3) * 3;
			double must =
				row[0] * from[k % 3] + row[1] * from[3 + k % 3] + row[2] * from[6 + k % 3];
			check_near("a matrix", primaries->matrix[k], must, 2e-6);
		}
		for (int k = 0; k < 3; k++)
			check_near("luminance", primaries->luminance[k], from[3 + k], 2e-6);
	}
}

/* --- what is seen --- */

static void check_seen(
	const struct frame_signal *signal, const double light[3], const double want[3], double most) {
	double from[3], to[3];
	for (int i = 0; i < 3; i++)
		from[i] = tone_pq_of_light(light[i]);
	tone_apply(signal, from, to);
	for (int i = 0; i < 3; i++)
		check_near("what is seen", to[i] * 255, want[i], most);
}

static void check_colours(void) {
	const struct frame_signal pq = {FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT2020, 1000};
	const struct frame_signal hlg = {FRAME_TRANSFER_HLG, FRAME_PRIMARIES_BT2020, 0};
	const struct frame_signal wide = {FRAME_TRANSFER_SDR, FRAME_PRIMARIES_BT2020, 0};
	double to[3];
	check_seen(&pq, (double[]){0, 0, 0}, (double[]){0, 0, 0}, 1e-9);
	check_seen(&pq, (double[]){1000, 1000, 1000}, (double[]){255, 255, 255}, 1e-3);
	check_seen(&pq, (double[]){4000, 4000, 4000}, (double[]){255, 255, 255}, 1e-3);
	/* Half of white is 188 of sRGB (187.5), a fifth 124 (123.6). */
	check_seen(&pq, (double[]){40.6, 40.6, 40.6}, (double[]){123.6, 123.6, 123.6}, 0.1);
	/* The red, green and blue of sRGB at the viewer's white, as BT.2087 has them in BT.2020. */
	check_seen(&pq, (double[]){0.627404 * 100, 0.069097 * 100, 0.016391 * 100},
		(double[]){255 * (1.055 * pow(100 / 203.0, 1 / 2.4) - 0.055), 0, 0}, 0.02);
	check_seen(&pq, (double[]){0.043313 * 100, 0.011362 * 100, 0.895595 * 100},
		(double[]){0, 0, 255 * (1.055 * pow(100 / 203.0, 1 / 2.4) - 0.055)}, 0.02);
	/* HLG: three quarters are reference white, as 203 cd/m2 of PQ. */
	double white[3], other[3];
	tone_apply(&hlg, (const double[]){0.75, 0.75, 0.75}, white);
	double number = tone_pq_of_light(203);
	tone_apply(&pq, (const double[]){number, number, number}, other);
	check_near("reference white", white[1], other[1], 1e-3);
	/* SDR: greys stay, and red of BT.709 is red again. */
	tone_apply(&wide, (const double[]){0.4, 0.4, 0.4}, to);
	check_near("a grey", to[0], 0.4, 1e-5);
	double red[3] = {tone_number(0.627404), tone_number(0.069097), tone_number(0.016391)};
	tone_apply(&wide, red, to);
	check_near("red", to[0], 1, 1e-5);
	CHECK(to[1] < 1e-4 && to[2] < 1e-4);
	/* What lies outside of 0 to 1 is clipped, and so is a NaN. */
	tone_apply(&pq, (const double[]){-1, 2, NAN}, to);
	CHECK(to[0] == 0 && to[1] > 0.999999 && to[1] <= 1 && to[2] == 0);
	CHECK(!tone_is_needed(&(struct frame_signal){.peak = 0}) && tone_is_needed(&wide) &&
		tone_is_needed(&hlg));
}

/* Pixels of a cursor: the colour changes, the transparency does not. */
static void check_pixels(void) {
	static const uint16_t inverse[2][4] = {{65535, 65535, 65535, 0}, {0, 0, 0, 0}};
	const struct frame_colour inverted = {.serial = 1, .gamma = {2, inverse}};
	const struct frame_signal plain = {.peak = 0}, pq = {FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT2020, 1000};
	CHECK(tone_pixel(NULL, &plain, 0x80402010) == 0x80402010);
	CHECK(tone_pixel(&inverted, &plain, 0xff0000ff) == 0xffffff00);
	CHECK(tone_pixel(&inverted, &plain, 0x80402010) == 0x80406070);
	CHECK(tone_pixel(&inverted, &plain, 0x00000000) == 0x00000000);
	CHECK(tone_pixel(NULL, &pq, 0xffffffff) == 0xffffffff &&
		tone_pixel(NULL, &pq, 0xff000000) == 0xff000000);
	/* 148 of 255 is PQ of 203 cd/m2 (0.5804): reference white, which is 230 of sRGB. */
	CHECK_SAY(tone_pixel(NULL, &pq, 0xff949494) == 0xffe5e5e5 ||
			  tone_pixel(NULL, &pq, 0xff949494) == 0xffe6e6e6,
		"%08x", tone_pixel(NULL, &pq, 0xff949494));
}

int main(void) {
	check_pq();
	check_hlg();
	check_knee();
	check_primaries();
	check_colours();
	check_pixels();
	return 0;
}
