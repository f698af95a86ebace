/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/colours.h"

#include <math.h>
#include <string.h>

#include "capture/correction.h"
#include "capture/tone.h"

static double between(struct random *random, double least, double most) {
	return least + (most - least) * random_below(random, 1 << 20) / (1 << 20);
}

/* Powers, each channel times a white of its own, half of them falling. 0 entries at times. */
static struct frame_lut fill(uint16_t (*at)[4], struct random *random, double power) {
	static const uint32_t counts[] = {0, 2, 256, 1024, 4096, 33};
	uint32_t count = counts[random_below(random, 6)];
	bool falls = random_below(random, 2);
	for (int channel = 0; channel < 3; channel++) {
		double white = between(random, 0.3, 1), own = power * between(random, 0.8, 1.2);
		for (uint32_t i = 0; i < count; i++) {
			double value = (double)i / (count - 1);
			value = pow(falls ? 1 - value : value, own) * white;
			at[i][channel] = (uint16_t)lrint(value * 65535);
		}
	}
	return (struct frame_lut){.count = count, .at = (const uint16_t(*)[4])at};
}

static void fill_matrix(double matrix[9], struct random *random) {
	static const double some[][9] = {{0, 1, 0, 1, 0, 0, 0, 0, 1},
		{0.2126, 0.7152, 0.0722, 0.2126, 0.7152, 0.0722, 0.2126, 0.7152, 0.0722},
		{1.2249, -0.2247, 0, -0.042, 1.0419, 0, -0.0197, -0.0786, 1.0979}, {0}};
	uint32_t which = random_below(random, 6);
	if (which < 4) {
		memcpy(matrix, some[which], sizeof some[which]);
		return;
	}
	for (int i = 0; i < 9; i++)
		matrix[i] = between(random, -1.5, 1.5);
}

void colours_fill(struct colours *colours, struct random *random, bool matrix) {
	struct frame_colour *colour = &colours->colour;
	bool linear = random_below(random, 2);
	*colour = (struct frame_colour){
		.serial = correction_serial(),
		.degamma = fill(colours->degamma, random, linear ? 2.2 : 1),
		.gamma = fill(colours->gamma, random, linear ? 1 / 2.2 : 1.3),
		.has_matrix = matrix,
	};
	if (matrix)
		fill_matrix(colour->matrix, random);
}

static double distance(const double colour[3], uint32_t pixel) {
	double most = 0;
	for (int i = 0; i < 3; i++)
		most = fmax(most, fabs(colour[i] * 255 - (pixel >> (16 - 8 * i) & 255)));
	return most;
}

double colours_distance(const struct frame_colour *colour, uint32_t before, uint32_t after) {
	double from[3], to[3];
	for (int i = 0; i < 3; i++)
		from[i] = (before >> (16 - 8 * i) & 255) / 255.0;
	correction_apply(colour, from, to);
	return distance(to, after);
}

double colours_seen_distance(const struct frame *frame, const double from[3], uint32_t pixel) {
	double corrected[3] = {from[0], from[1], from[2]}, to[3];
	if (frame->colour)
		correction_apply(frame->colour, from, corrected);
	tone_apply(&frame->signal, corrected, to);
	return distance(to, pixel);
}
