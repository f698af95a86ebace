/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a CRTC's tables and matrix do to colours, against numbers worked out by hand; and which of them are
 * for the person in front of the monitor. The latter are computed as redshift, gammastep, GNOME and KWin
 * compute theirs, over all that these can be set to.
 */
#include "capture/correction.h"

#include <math.h>
#include <string.h>

#include "tests/test.h"

enum { LARGEST = 4096 };

static uint16_t first[LARGEST][4], second[LARGEST][4];

static struct frame_lut lut(uint16_t (*at)[4], uint32_t count) {
	return (struct frame_lut){.count = count, .at = (const uint16_t(*)[4])at};
}

static void set(uint16_t (*at)[4], uint32_t i, double red, double green, double blue) {
	const double values[3] = {red, green, blue};
	for (int channel = 0; channel < 3; channel++)
		at[i][channel] = (uint16_t)lrint(fmax(0, fmin(1, values[channel])) * 65535);
}

/* --- what it does --- */

static void check_colour(const struct frame_colour *colour, const double from[3], const double want[3]) {
	double to[3];
	correction_apply(colour, from, to);
	for (int i = 0; i < 3; i++)
		CHECK_SAY(fabs(to[i] - want[i]) < 1e-9, "channel %d is %.12f and must be %.12f", i, to[i],
			want[i]);
}

static void check_arithmetic(void) {
	struct frame_colour colour = {.serial = 1};
	check_colour(&colour, (double[]){0.1, 0.5, 1}, (double[]){0.1, 0.5, 1});
	/* Three entries: 0.25 lies halfway between the first two. */
	memset(first, 0, sizeof first);
	memcpy(first[0], (uint16_t[]){65535, 0, 6553, 7}, 8);
	memcpy(first[1], (uint16_t[]){0, 13107, 6553, 7}, 8);
	memcpy(first[2], (uint16_t[]){32767, 65535, 6553, 7}, 8);
	colour.gamma = lut(first, 3);
	check_colour(&colour, (double[]){0.25, 0.25, 0.25}, (double[]){0.5, 0.1, 6553 / 65535.0});
	check_colour(&colour, (double[]){1, 1, 0}, (double[]){32767 / 65535.0, 1, 6553 / 65535.0});
	check_colour(&colour, (double[]){0.75, 0.75, 2}, (double[]){16383.5 / 65535, 0.6, 6553 / 65535.0});
	/* The first table comes before the matrix, whose result is clamped, and then the second. */
	colour.degamma = lut(first, 3);
	colour.gamma = lut(second, 2);
	set(second, 0, 1, 0, 0);
	set(second, 1, 0, 1, 0.2);
	colour.has_matrix = true;
	memcpy(colour.matrix, (double[]){0.5, 0.25, 0, 0, 3, 0, -1, 0, 1}, sizeof colour.matrix);
	check_colour(&colour, (double[]){0, 0.5, 1}, (double[]){1 - 0.55, 0.6, 0});
	check_colour(&colour, (double[]){0.5, 1, 1}, (double[]){1 - 0.25, 1, 0.2 * 6553 / 65535.0});
	/* A single entry is what everything becomes. */
	colour = (struct frame_colour){.serial = 1, .gamma = lut(second, 1)};
	check_colour(&colour, (double[]){0.3, 0.4, 1}, (double[]){1, 0, 0});
	uint64_t serial = correction_serial();
	CHECK(serial && correction_serial() != serial);
}

/* --- what it is good for --- */

static void expect(const struct frame_colour *colour, enum correction_kind want, const char *what) {
	CHECK_SAY(correction_judge(colour) == want, "%s: %d, must be %d", what, (int)correction_judge(colour),
		(int)want);
}

/* The colour of a black body (Tanner Helland's fit), the largest channel 1. */
static void black_body(double kelvin, double white[3]) {
	double t = kelvin / 100;
	white[0] = t <= 66 ? 255 : 329.698727446 * pow(t - 60, -0.1332047592);
	white[1] = t <= 66 ? 99.4708025861 * log(t) - 161.1195681661
			   : 288.1221695283 * pow(t - 60, -0.0755148492);
	white[2] = t >= 66 ? 255 : t <= 19 ? 0 : 138.5177312231 * log(t - 10) - 305.0447927307;
	for (int i = 0; i < 3; i++)
		white[i] = fmax(0, fmin(1, white[i] / 255));
}

/* As redshift and gammastep fill it: (value * brightness * white) ^ (1 / gamma). */
static void fill_redshift(uint32_t count, const double white[3], double brightness, double gamma) {
	for (uint32_t i = 0; i < count; i++) {
		double value = (double)i / (count - 1) * brightness, to[3];
		for (int channel = 0; channel < 3; channel++)
			to[channel] = pow(value * white[channel], 1 / gamma);
		set(first, i, to[0], to[1], to[2]);
	}
}

/* As KWin and other compositors that convert in linear light: a table, the white in the matrix, a table. */
static void make_linear(struct frame_colour *colour, const double white[3]) {
	for (uint32_t i = 0; i < LARGEST; i++) {
		double value = (double)i / (LARGEST - 1), linear = pow(value, 2.2),
		       coded = pow(value, 1 / 2.2);
		set(first, i, linear, linear, linear);
		set(second, i, coded, coded, coded);
	}
	*colour = (struct frame_colour){.serial = 1,
		.degamma = lut(first, LARGEST),
		.gamma = lut(second, LARGEST),
		.has_matrix = true};
	for (int i = 0; i < 3; i++)
		colour->matrix[4 * i] = pow(white[i], 2.2);
}

static void check_night_lights(void) {
	static const uint32_t counts[] = {256, 1024, 4096};
	char what[96];
	for (int kelvin = 1000; kelvin <= 10000; kelvin += 250) {
		double white[3];
		struct frame_colour colour;
		black_body(kelvin, white);
		for (int brightness = 30; brightness <= 100; brightness += 7) {
			for (int gamma = 6; gamma <= 16; gamma += 2) {
				uint32_t count = counts[(kelvin / 250 + gamma) % 3];
				snprintf(what, sizeof what, "%d K, brightness %d %%, gamma %d", kelvin,
					brightness, gamma);
				fill_redshift(count, white, brightness / 100.0, gamma / 10.0);
				colour = (struct frame_colour){.serial = 1, .gamma = lut(first, count)};
				expect(&colour, CORRECTION_TUNED, what);
			}
		}
		snprintf(what, sizeof what, "%d K in linear light", kelvin);
		make_linear(&colour, white);
		expect(&colour, CORRECTION_TUNED, what);
	}
}

static void fill(double (*curve)(double), uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		double to = curve((double)i / (count - 1));
		set(first, i, to, to, to);
	}
}

static double same(double value) {
	return value;
}
static double inverted(double value) {
	return 1 - value;
}
static double inverted_dim(double value) {
	return 0.6 - 0.5 * value;
}
static double zero(double value) {
	return 0 * value;
}
static double white(double value) {
	return 1 + 0 * value;
}
static double almost_out(double value) {
	return 0.05 * value;
}
static double posterised(double value) {
	return floor(value * 3.999) / 3;
}
static double threshold(double value) {
	return value > 0.5;
}
static double solarised(double value) {
	return value < 0.5 ? 2 * value : 2 - 2 * value;
}
static double flat(double value) {
	return 0.4 + 0.2 * value;
}
static double steep(double value) {
	return (value - 0.4) * 5;
}
static double calibrated(double value) {
	return 0.02 + 0.95 * pow(value, 1.1) + 0.02 * sin(6 * value);
}
static double dimmed(double value) {
	return 0.3 * value;
}
/* Within less than a level of what it was. */
static double hardly(double value) {
	return value + 0.003 * sin(3 * value);
}

static void check_curves(void) {
	static const struct {
		double (*curve)(double);
		enum correction_kind kind;
		const char *what;
	} rows[] = {
		{same, CORRECTION_NONE, "linear"},
		{hardly, CORRECTION_NONE, "almost linear"},
		{inverted, CORRECTION_MEANT, "inverted"},
		{inverted_dim, CORRECTION_MEANT, "inverted and dimmed"},
		{zero, CORRECTION_MEANT, "all zero"},
		{white, CORRECTION_MEANT, "all white"},
		{almost_out, CORRECTION_MEANT, "almost faded out"},
		{posterised, CORRECTION_MEANT, "posterised"},
		{threshold, CORRECTION_MEANT, "two levels"},
		{solarised, CORRECTION_MEANT, "solarised"},
		{flat, CORRECTION_MEANT, "without contrast"},
		{steep, CORRECTION_MEANT, "with five times the contrast"},
		{calibrated, CORRECTION_TUNED, "calibrated"},
		{dimmed, CORRECTION_TUNED, "dimmed"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (uint32_t count = 256; count <= LARGEST; count *= 4) {
			struct frame_colour colour = {.serial = 1, .gamma = lut(first, count)};
			fill(rows[i].curve, count);
			expect(&colour, rows[i].kind, rows[i].what);
			colour.degamma = colour.gamma;
			colour.gamma.count = 0;
			expect(&colour, rows[i].kind, rows[i].what);
		}
	}
	/* Only one channel is inverted, or only blue and green are left. */
	struct frame_colour colour = {.serial = 1, .gamma = lut(first, 256)};
	for (uint32_t i = 0; i < 256; i++)
		set(first, i, i / 255.0, 1 - i / 255.0, i / 255.0);
	expect(&colour, CORRECTION_MEANT, "green inverted");
	for (uint32_t i = 0; i < 256; i++)
		set(first, i, 0, i / 255.0, i / 255.0);
	expect(&colour, CORRECTION_MEANT, "without red");
}

static void check_matrices(void) {
	static const struct {
		double matrix[9];
		enum correction_kind kind;
		const char *what;
	} rows[] = {
		{{1, 0, 0, 0, 1, 0, 0, 0, 1}, CORRECTION_NONE, "identity"},
		{{1, 0.002, 0, 0, 0.999, 0, 0, 0, 1}, CORRECTION_NONE, "almost the identity"},
		{{1, 0, 0, 0, 0.8, 0, 0, 0, 0.5}, CORRECTION_TUNED, "warm"},
		{{0.8225, 0.1774, 0, 0.0332, 0.9669, 0, 0.0171, 0.0724, 0.9108}, CORRECTION_TUNED,
			"sRGB to P3"},
		{{1.2249, -0.2247, 0, -0.042, 1.0419, 0, -0.0197, -0.0786, 1.0979}, CORRECTION_TUNED,
			"P3 to sRGB"},
		{{0.6274, 0.3293, 0.0433, 0.0691, 0.9195, 0.0114, 0.0164, 0.088, 0.8956}, CORRECTION_TUNED,
			"BT.709 to BT.2020"},
		{{0, 1, 0, 1, 0, 0, 0, 0, 1}, CORRECTION_MEANT, "red and green swapped"},
		{{0, 0, 1, 0, 1, 0, 1, 0, 0}, CORRECTION_MEANT, "red and blue swapped"},
		{{0, 0, 1, 1, 0, 0, 0, 1, 0}, CORRECTION_MEANT, "rotated"},
		{{0.2126, 0.7152, 0.0722, 0.2126, 0.7152, 0.0722, 0.2126, 0.7152, 0.0722}, CORRECTION_MEANT,
			"grey"},
		{{0.3333, 0.3333, 0.3333, 0.3333, 0.3333, 0.3333, 0.3333, 0.3333, 0.3333}, CORRECTION_MEANT,
			"mean grey"},
		{{-1, 0, 0, 0, -1, 0, 0, 0, -1}, CORRECTION_MEANT, "negative"},
		{{0}, CORRECTION_MEANT, "zero"},
		{{0.567, 0.433, 0, 0.558, 0.442, 0, 0, 0.242, 0.758}, CORRECTION_MEANT, "protanopia"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct frame_colour colour = {.serial = 1, .has_matrix = true};
		memcpy(colour.matrix, rows[i].matrix, sizeof colour.matrix);
		expect(&colour, rows[i].kind, rows[i].what);
	}
}

int main(void) {
	check_arithmetic();
	check_night_lights();
	check_curves();
	check_matrices();
	return 0;
}
