/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of a correction come to what capture/correction.c says exactly, the CPU path applies them to
 * what it composed, and a correction that changes is a picture that changes. The same of signals and
 * capture/tone.c.
 */
#include "encode/colour.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/correction.h"
#include "encode/cpu/cpu.h"
#include "tests/encode/colours.h"
#include "tests/encode/layers.h"
#include "tests/encode/reference.h"
#include "tests/test.h"

static int set(struct colour *colour, const struct frame_colour *from) {
	const struct frame frame = {.colour = from};
	return colour_set(colour, &frame);
}

static void check_tables(bool matrix) {
	struct random random = {.state = 7};
	struct colour colour = {.kind = COLOUR_NONE};
	static struct colours colours;
	double most = 0;
	for (int round = 0; round < 40; round++) {
		colours_fill(&colours, &random, matrix);
		CHECK(set(&colour, &colours.colour) == 0);
		CHECK(colour.kind == (matrix ? COLOUR_MATRIX : COLOUR_CURVES));
		for (int i = 0; i < 3000; i++) {
			uint32_t before = random_below(&random, 1 << 24), after = before | 0xa5000000;
			before = i % 16 ? before : i % 32 ? 0xffffff : 0;
			after = before;
			colour_apply(&colour, &after, 1);
			double distance = colours_distance(&colours.colour, before, after);
			most = fmax(most, distance);
			CHECK_SAY(distance <= (matrix ? 1.5 : 0.5001), "round %d: %06x became %06x, %f off",
				round, before, after, distance);
		}
	}
	printf("%s: at most %f from the exact result\n", matrix ? "matrix" : "curves", most);
	colour_finish(&colour);
}

/* The tables are kept, made anew for another serial only, and dropped for another kind. */
static void check_life(void) {
	struct random random = {.state = 9};
	struct colour colour = {.kind = COLOUR_NONE};
	static struct colours colours;
	uint32_t one = 0x123456, other;
	colours_fill(&colours, &random, true);
	CHECK(set(&colour, NULL) == 0 && colour.kind == COLOUR_NONE);
	colour_apply(&colour, &one, 1);
	CHECK(one == 0x123456);
	CHECK(set(&colour, &colours.colour) == 0 && colour_rows(&colour) == COLOUR_MATRIX_ROWS);
	colour_apply(&colour, &one, 1);
	CHECK(set(&colour, NULL) == 0 && colour.kind == COLOUR_NONE);
	CHECK(set(&colour, &colours.colour) == 0 && colour.kind == COLOUR_MATRIX);
	other = 0x123456;
	colour_apply(&colour, &other, 1);
	CHECK(one == other);
	colours_fill(&colours, &random, false);
	CHECK(set(&colour, &colours.colour) == 0 && colour_rows(&colour) == COLOUR_CURVES_ROWS);
	CHECK(colour.kind == COLOUR_CURVES && !colour.parts);
	colour_finish(&colour);
}

/* --- signals --- */

/* Numbers of 10 and of 16 bits, greys and any colours, dark ones as often as bright ones. */
static double some_number(struct random *random) {
	double number = random_below(random, 2) ? random_below(random, 1024) / 1023.0
						: random_below(random, 65536) / 65535.0;
	return random_below(random, 3) ? number : number / 8;
}

static double check_signal(struct colour *colour, const struct frame *frame, struct random *random) {
	double most = 0;
	bool matrix = frame->colour && frame->colour->has_matrix;
	CHECK(colour_set(colour, frame) == 0 && colour_is_toned(colour));
	CHECK(colour->kind == (matrix ? COLOUR_TONE_MATRIX : COLOUR_TONE));
	CHECK(colour_rows(colour) == tone_table_rows(&colour->tone) &&
		colour_texels(colour) == colour->tone.texels);
	for (int i = 0; i < 20000; i++) {
		double from[3];
		float levels[3];
		uint32_t pixel;
		for (int k = 0; k < 3; k++) {
			from[k] = k && i % 4 == 0 ? from[0] : some_number(random);
			levels[k] = (float)(from[k] * 255);
		}
		tone_table_apply(&colour->tone, &levels[0], &levels[1], &levels[2], &pixel, 1);
		double distance = colours_seen_distance(frame, from, pixel);
		most = fmax(most, distance);
		CHECK_SAY(distance <= 1, "%f %f %f became %06x, %f off", from[0], from[1], from[2], pixel,
			distance);
	}
	return most;
}

static void check_signals(void) {
	static const struct frame_signal signals[] = {
		{FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT2020, 1000},
		{FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT2020, 10000},
		{FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT709, 400},
		{FRAME_TRANSFER_PQ, FRAME_PRIMARIES_P3, 120},
		{FRAME_TRANSFER_HLG, FRAME_PRIMARIES_BT2020, 0},
		{FRAME_TRANSFER_SDR, FRAME_PRIMARIES_BT2020, 0},
		{FRAME_TRANSFER_SDR, FRAME_PRIMARIES_P3, 0},
	};
	static const uint16_t inverse[2][4] = {{65535, 65535, 65535, 0}, {0, 0, 0, 0}};
	const struct frame_colour inverted = {.serial = correction_serial(), .gamma = {2, inverse}};
	struct random random = {.state = 11};
	static uint16_t squares[4096][4], roots[4096][4];
	const struct frame_colour mixed = {.serial = correction_serial(),
		.degamma = {4096, (const uint16_t(*)[4])squares},
		.gamma = {4096, (const uint16_t(*)[4])roots},
		.has_matrix = true,
		.matrix = {0.8, 0.1, 0.1, 0.05, 0.9, 0.05, -0.1, 0.2, 0.9}};
	for (int i = 0; i < 4096; i++) {
		for (int k = 0; k < 3; k++) {
			squares[i][k] = (uint16_t)lrint(65535 * pow(i / 4095.0, 2.2));
			roots[i][k] = (uint16_t)lrint(65535 * pow(i / 4095.0, 1 / 2.2));
		}
	}
	struct colour colour = {.kind = COLOUR_NONE};
	uint64_t content = 0;
	double most = 0;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		struct frame frame = {.signal = signals[i]};
		most = fmax(most, check_signal(&colour, &frame, &random));
		CHECK(colour_content(&colour) != content);
		content = colour_content(&colour);
		CHECK(colour_set(&colour, &frame) == 0 && colour_content(&colour) == content);
		frame.colour = &inverted;
		most = fmax(most, check_signal(&colour, &frame, &random));
		frame.colour = &mixed;
		most = fmax(most, check_signal(&colour, &frame, &random));
	}
	CHECK(set(&colour, NULL) == 0 && colour.kind == COLOUR_NONE);
	CHECK(set(&colour, &inverted) == 0 && colour.kind == COLOUR_CURVES);
	printf("signals: at most %f from the exact result\n", most);
	colour_finish(&colour);
}

static struct converter_result convert(struct converter *converter, const struct frame *frame,
	struct picture *picture, struct damage *damage, bool fresh) {
	struct converter_result result;
	struct reason reason = {""};
	const struct conversion conversion = {.frame = frame,
		.picture = picture,
		.fresh = fresh,
		.damage = damage,
		.result = &result,
		.reason = &reason};
	damage_clear(damage);
	CHECK_SAY(converter->impl->convert(converter, &conversion) == 0, "%s", reason.text);
	return result;
}

/* A frame of layers, plain and corrected in turn: the second is the correction of the first, pixel by pixel.
 */
static void check_frames(void) {
	struct random random = {.state = 3};
	static struct colours colours;
	for (uint64_t seed = 1; seed <= 24; seed++) {
		struct layers layers;
		struct damage damage;
		layers_init(&layers, seed, seed % 3 ? LAYERS_ALL : 0);
		struct converter *converter = cpu_converter_create();
		struct picture picture = {.width = layers.frame.width,
			.height = layers.frame.height,
			.stride = (layers.frame.width * 4 + 63) / 64 * 64};
		size_t size = picture.stride * picture.height;
		uint8_t *plain = malloc(size);
		picture.pixels = aligned_alloc(64, size);
		damage_init(&damage);
		CHECK(converter && picture.pixels && plain &&
			damage_resize(&damage, picture.width, picture.height) == 0);
		memset(picture.pixels, 0, size);
		convert(converter, &layers.frame, &picture, &damage, true);
		memcpy(plain, picture.pixels, size);
		colours_fill(&colours, &random, seed % 2);
		layers.frame.colour = &colours.colour;
		convert(converter, &layers.frame, &picture, &damage, false);
		for (uint32_t y = 0; y < picture.height; y++) {
			for (uint32_t x = 0; x < picture.width; x++) {
				uint32_t before, after;
				memcpy(&before, plain + y * picture.stride + x * 4, 4);
				memcpy(&after, picture.pixels + y * picture.stride + x * 4, 4);
				double distance = colours_distance(&colours.colour, before & 0xffffff, after);
				CHECK_SAY(distance <= 1.5 && after >> 24 == 0,
					"seed %llu: pixel %u,%u: %06x became %06x", (unsigned long long)seed,
					x, y, before, after);
			}
		}
		CHECK(convert(converter, &layers.frame, &picture, &damage, false).tiles_changed == 0);
		layers.frame.colour = NULL;
		convert(converter, &layers.frame, &picture, &damage, false);
		for (uint32_t y = 0; y < picture.height; y++)
			CHECK(memcmp(plain + y * picture.stride, picture.pixels + y * picture.stride,
				      picture.width * 4) == 0);
		converter_destroy(converter);
		damage_finish(&damage);
		free(picture.pixels);
		free(plain);
		layers_finish(&layers);
	}
}

/* Frames of layers: what is seen is made of composed colours that were not rounded. */
static void check_toned_frames(void) {
	static const struct reference_options options = {.filter = REFERENCE_BILINEAR};
	double most = 0;
	for (uint64_t seed = 1; seed <= 24; seed++) {
		struct layers layers;
		struct damage damage;
		layers_init(&layers, 50 + seed, seed % 3 ? LAYERS_ALL & ~(unsigned)LAYERS_FRACTIONAL : 0);
		struct frame *frame = &layers.frame;
		struct converter *converter = cpu_converter_create();
		struct picture picture = {.width = frame->width,
			.height = frame->height,
			.stride = (frame->width * 4 + 63) / 64 * 64};
		frame->signal = (struct frame_signal){seed % 2 ? FRAME_TRANSFER_PQ : FRAME_TRANSFER_HLG,
			FRAME_PRIMARIES_BT2020, seed % 2 ? 1000 : 0};
		picture.pixels = aligned_alloc(64, (size_t)picture.stride * picture.height);
		damage_init(&damage);
		CHECK(converter && picture.pixels && !damage_resize(&damage, picture.width, picture.height));
		convert(converter, frame, &picture, &damage, true);
		for (uint32_t y = 0; y < picture.height; y++) {
			for (uint32_t x = 0; x < picture.width; x++) {
				struct reference_pixel composed = reference_pixel(frame, x, y, &options);
				uint32_t pixel;
				memcpy(&pixel, picture.pixels + y * picture.stride + x * 4, 4);
				double from[3];
				for (int i = 0; i < 3; i++)
					from[i] = composed.colour[i] / 255;
				double distance = colours_seen_distance(frame, from, pixel);
				most = fmax(most, distance);
				CHECK_SAY(distance <= 1, "seed %llu: pixel %u,%u is %06x, %f off",
					(unsigned long long)seed, x, y, pixel, distance);
			}
		}
		CHECK(convert(converter, frame, &picture, &damage, false).tiles_changed == 0);
		converter_destroy(converter);
		damage_finish(&damage);
		free(picture.pixels);
		layers_finish(&layers);
	}
	printf("frames: at most %f from the exact result\n", most);
}

int main(void) {
	check_tables(false);
	check_tables(true);
	check_life();
	check_frames();
	check_signals();
	check_toned_frames();
	return 0;
}
