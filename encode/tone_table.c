/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/tone_table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "capture/correction.h"
#include "capture/tone.h"

_Static_assert(TONE_PQ_PEAK / TONE_WHITE < TONE_TABLE_LARGEST, "every scale fits");

static const double one = 0xffffff;

/* Of the table that begins in this row. Returns what the entry is now. */
static float store(struct tone_table *table, uint32_t row, uint32_t index, double value) {
	uint32_t bits = (uint32_t)lrint(fmax(0, fmin(value, 1)) * one);
	uint8_t *texel = table->texels + (row * 256 + index) * 4;
	texel[0] = (uint8_t)(bits >> 16);
	texel[1] = (uint8_t)(bits >> 8);
	texel[2] = (uint8_t)bits;
	return (float)(bits / one);
}

static void fill_numbers(struct tone_table *table) {
	for (uint32_t i = 0; i < TONE_TABLE_NUMBERS; i++) {
		double light = pow(i / (TONE_TABLE_NUMBERS - 1.0), 2);
		memset(table->texels + i * 4, (uint8_t)lrint(tone_number(light) * 255), 3);
	}
}

enum { FRONT = 3 }; /* the curves in front of the matrix, from this one on */

/* A channel's curve. */
static int curve_of(const struct tone_table *table, int channel) {
	return table->curve_count > 1 ? channel : 0;
}

static uint32_t row_of_curve(int curve) {
	return TONE_TABLE_CURVES_ROW + (uint32_t)curve * (TONE_TABLE_CURVE / 256);
}

static const float *entries_of(const struct tone_table *table, int curve) {
	return table->curves + (size_t)curve * TONE_TABLE_CURVE;
}

static void fill_curve(struct tone_table *table, int curve, uint32_t index, double value) {
	table->curves[(size_t)curve * TONE_TABLE_CURVE + index] =
		store(table, row_of_curve(curve), index, value);
}

static void fill_curves(struct tone_table *table, const struct frame_colour *correction) {
	bool matrix = table->curve_count > FRONT;
	struct frame_colour front = {.serial = 0}, last = {.serial = 0};
	if (correction) {
		front.degamma = correction->degamma;
		last.gamma = correction->gamma;
	}
	if (!matrix)
		last.degamma = front.degamma;
	for (uint32_t i = 0; i <= TONE_TABLE_CURVE_LAST; i++) {
		double value = i / (double)TONE_TABLE_CURVE_LAST, to[3];
		correction_apply(&last, (const double[3]){value, value, value}, to);
		for (int k = 0; k < 3 && k < table->curve_count; k++)
			fill_curve(table, k, i, tone_light(&table->signal, to[k]));
		correction_apply(&front, (const double[3]){value, value, value}, to);
		for (int k = 0; k < 3 && matrix; k++)
			fill_curve(table, FRONT + k, i, to[k]);
	}
}

static void fill_scales(struct tone_table *table) {
	for (uint32_t i = 0; i < TONE_TABLE_SCALES; i++) {
		double luminance = pow(i / (TONE_TABLE_SCALES - 1.0), 4);
		table->scales[i] = TONE_TABLE_LARGEST *
				   store(table, TONE_TABLE_SCALES_ROW, i,
					   tone_scale(&table->signal, luminance) / TONE_TABLE_LARGEST);
	}
}

static void fill_rows(struct tone_table *table, const struct frame_colour *correction) {
	const struct tone_primaries *primaries = tone_primaries_of(&table->signal);
	for (int i = 0; i < 9; i++) {
		table->rows[i / 3][i % 3] = (float)primaries->matrix[i];
		table->rows[5 + i / 3][i % 3] = correction ? (float)correction->matrix[i] : 0;
	}
	for (int i = 0; i < 3; i++) {
		table->rows[3][i] = (float)primaries->luminance[i];
		table->rows[4][i] = (float)row_of_curve(curve_of(table, i));
		table->rows[8][i] = (float)row_of_curve(FRONT + i);
	}
}

static bool is_made(const struct tone_table *table, uint64_t correction, const struct frame_signal *signal) {
	return table->content && table->correction == correction && tone_is_same(&table->signal, signal);
}

uint32_t tone_table_rows(const struct tone_table *table) {
	return TONE_TABLE_CURVES_ROW + (uint32_t)table->curve_count * (TONE_TABLE_CURVE / 256);
}

int tone_table_set(
	struct tone_table *table, const struct frame_colour *correction, const struct frame_signal *signal) {
	uint64_t serial = correction ? correction->serial : 0;
	if (is_made(table, serial, signal))
		return 0;
	tone_table_finish(table);
	table->curve_count = !correction ? 1 : correction->has_matrix ? 2 * FRONT : FRONT;
	table->texels = calloc((size_t)tone_table_rows(table) * 256, 4);
	table->curves = calloc((size_t)table->curve_count * TONE_TABLE_CURVE, sizeof *table->curves);
	if (!table->texels || !table->curves) {
		tone_table_finish(table);
		return -ENOMEM;
	}
	table->signal = *signal;
	table->correction = serial;
	fill_numbers(table);
	fill_curves(table, correction);
	fill_scales(table);
	fill_rows(table, correction);
	table->content = correction_serial();
	return 0;
}

/* So many pixels go through each step together, for which compilers have vectors, or at least need not wait.
 */
enum { BLOCK = 32 };

static inline float cut(float value) {
	float above = value > 0 ? value : 0;
	return above < 1 ? above : 1;
}

/* Of a value from 0 to 1. */
static inline int32_t place_of(float value, int32_t last) {
	return (int32_t)(value * (float)last + 0.5f);
}

/* In the channels' curves from this one on. */
static void look_up(const struct tone_table *table, int first, float values[3][BLOCK]) {
	for (int k = 0; k < 3; k++) {
		const float *entries = entries_of(table, first + curve_of(table, k));
		for (int i = 0; i < BLOCK; i++)
			values[k][i] = entries[place_of(cut(values[k][i]), TONE_TABLE_CURVE_LAST)];
	}
}

static void mix(const struct tone_table *table, float values[3][BLOCK]) {
	float from[3][BLOCK];
	memcpy(from, values, sizeof from);
	for (int k = 0; k < 3; k++) {
		const float *row = table->rows[5 + k];
		for (int i = 0; i < BLOCK; i++)
			values[k][i] = row[0] * from[0][i] + row[1] * from[1][i] + row[2] * from[2][i];
	}
}

static void find_light(const struct tone_table *table, const float *const levels[3], float light[3][BLOCK]) {
	for (int k = 0; k < 3; k++)
		for (int i = 0; i < BLOCK; i++)
			light[k][i] = levels[k][i] * (1 / 255.0f);
	if (table->curve_count > FRONT) {
		look_up(table, FRONT, light);
		mix(table, light);
	}
	look_up(table, 0, light);
}

static void find_scale(const struct tone_table *table, float light[3][BLOCK], float scale[BLOCK]) {
	const float *row = table->rows[3];
	for (int i = 0; i < BLOCK; i++) {
		float luminance = cut(row[0] * light[0][i] + row[1] * light[1][i] + row[2] * light[2][i]);
		scale[i] = table->scales[place_of(sqrtf(sqrtf(luminance)), TONE_TABLE_SCALES - 1)];
	}
}

static void convert_block(const struct tone_table *table, const float *const levels[3], uint32_t *pixels) {
	float light[3][BLOCK], scale[BLOCK];
	int32_t places[3][BLOCK];
	find_light(table, levels, light);
	find_scale(table, light, scale);
	for (int k = 0; k < 3; k++) {
		const float *row = table->rows[k];
		for (int i = 0; i < BLOCK; i++) {
			float seen = row[0] * light[0][i] + row[1] * light[1][i] + row[2] * light[2][i];
			places[k][i] = place_of(sqrtf(cut(scale[i] * seen)), TONE_TABLE_NUMBERS - 1);
		}
	}
	for (int i = 0; i < BLOCK; i++)
		pixels[i] = (uint32_t)table->texels[4 * places[0][i]] << 16 |
			    (uint32_t)table->texels[4 * places[1][i]] << 8 | table->texels[4 * places[2][i]];
}

static bool is_of_one_colour(const float *const levels[3]) {
	bool other = false;
	for (int k = 0; k < 3; k++)
		for (int i = 0; i < BLOCK; i++)
			other |= levels[k][i] != levels[k][0];
	return !other;
}

/* `before`: the colour of the last block that had only one, if it had, and the pixel that it became. */
struct before {
	bool known;
	float levels[3];
	uint32_t pixel;
};

static bool is_as_before(const struct before *before, const float *const levels[3]) {
	return before->known && levels[0][0] == before->levels[0] && levels[1][0] == before->levels[1] &&
	       levels[2][0] == before->levels[2];
}

static void convert_next(const struct tone_table *table, const float *const levels[3], uint32_t *pixels,
	struct before *before) {
	bool one_colour = is_of_one_colour(levels);
	if (!one_colour || !is_as_before(before, levels)) {
		convert_block(table, levels, pixels);
		if (one_colour)
			*before =
				(struct before){true, {levels[0][0], levels[1][0], levels[2][0]}, pixels[0]};
		return;
	}
	for (int i = 0; i < BLOCK; i++)
		pixels[i] = before->pixel;
}

void tone_table_apply(const struct tone_table *table, const float *red, const float *green, const float *blue,
	uint32_t *pixels, size_t count) {
	struct before before = {.known = false};
	size_t at = 0;
	for (; at + BLOCK <= count; at += BLOCK)
		convert_next(table, (const float *const[3]){red + at, green + at, blue + at}, pixels + at,
			&before);
	if (at == count)
		return;
	float rest[3][BLOCK] = {{0}};
	uint32_t made[BLOCK];
	memcpy(rest[0], red + at, (count - at) * sizeof *red);
	memcpy(rest[1], green + at, (count - at) * sizeof *green);
	memcpy(rest[2], blue + at, (count - at) * sizeof *blue);
	convert_block(table, (const float *const[3]){rest[0], rest[1], rest[2]}, made);
	memcpy(pixels + at, made, (count - at) * sizeof *pixels);
}

void tone_table_finish(struct tone_table *table) {
	free(table->texels);
	free(table->curves);
	memset(table, 0, sizeof *table);
}
