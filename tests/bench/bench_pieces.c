/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_pieces [--packed] [PICTURE.ppm...]: from a scanout to pieces of Tight, lossless, by the GPU path and
 * one thread that encodes: if the encoder finds the colours of tiles in the pixels, and if they come from the
 * shader. All of the picture has changed each time. Beside it, what deflate takes of that, which is the same
 * in both and which no knowledge of colours spares. Without a picture: the test desktop at 1080p and 4K.
 * --packed: tiles come packed from a renderer on the CPU, too, which otherwise has no use for that. Medians
 * in ms; the two take turns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/clock.h"
#include "encode/durations.h"
#include "encode/gl/gl.h"
#include "encode/gl/gles.h"
#include "encode/rfb/deflate.h"
#include "encode/rfb/protocol.h"
#include "encode/rfb/worker.h"
#include "tests/encode/gl/texture.h"
#include "tests/image.h"
#include "tests/test.h"

enum { ROUNDS = 41, CELL_WIDTH = 512, CELL_HEIGHT = 256, CONTENTS = 2 };

/* Where the program's time goes in deflate: these take its place (--wrap). */
static uint64_t deflate_ns;
size_t __real_deflate_piece(struct deflate *deflate, const uint8_t *data, size_t size,
	const struct deflate_steps *steps, uint8_t *to);
size_t __wrap_deflate_piece(struct deflate *deflate, const uint8_t *data, size_t size,
	const struct deflate_steps *steps, uint8_t *to);

size_t __wrap_deflate_piece(struct deflate *deflate, const uint8_t *data, size_t size,
	const struct deflate_steps *steps, uint8_t *to) {
	uint64_t begin = clock_now_ns();
	size_t written = __real_deflate_piece(deflate, data, size, steps, to);
	deflate_ns += clock_now_ns() - begin;
	return written;
}

struct bench {
	struct converter *converter;
	uint32_t width, height;
	GLuint textures[CONTENTS]; /* of which every pixel differs */
	int shown;
	struct picture_store *store;
	struct damage damage;
	struct worker worker;
	size_t bytes; /* of the last picture's pieces */
};

/* The times of one way. */
struct times {
	struct durations convert, encode, deflate, all;
};

static GLuint upload(const struct bench *bench, const uint32_t *pixels, uint32_t invert) {
	const struct gles *gl = gl_converter_gles(bench->converter);
	size_t count = (size_t)bench->width * bench->height;
	uint32_t *bytes = malloc(count * 4);
	CHECK(gl && bytes);
	for (size_t i = 0; i < count; i++)
		bytes[i] = texture_rgba(pixels[i] ^ invert);
	GLuint texture = texture_create(gl, bench->width, bench->height, bytes);
	free(bytes);
	return texture;
}

static void convert(struct bench *bench, bool first) {
	struct converter_result result;
	struct reason reason = {""};
	struct picture *picture = picture_store_begin(bench->store, bench->width, bench->height);
	CHECK(picture && damage_resize(&bench->damage, bench->width, bench->height) == 0);
	const struct conversion conversion = {.picture = picture,
		.fresh = first,
		.damage = &bench->damage,
		.result = &result,
		.reason = &reason};
	bench->shown = !bench->shown;
	int error = gl_converter_convert_texture(
		bench->converter, GL_TEXTURE_2D, bench->textures[bench->shown], &conversion);
	CHECK_SAY(!error, "%s", reason.text);
	CHECK(result.tiles_changed == bench->damage.columns * bench->damage.rows);
	picture_store_publish(bench->store, &bench->damage);
}

static void encode(struct bench *bench, bool with_colours) {
	const struct worker_style style = {.encoding = ENCODING_TIGHT, .format = format_native};
	const struct picture *picture = picture_store_acquire(bench->store);
	bench->bytes = 0;
	for (uint32_t y = 0; y < bench->height; y += CELL_HEIGHT)
		for (uint32_t x = 0; x < bench->width; x += CELL_WIDTH) {
			const struct rect cell = {(int32_t)x, (int32_t)y, CELL_WIDTH, CELL_HEIGHT},
					  all = {0, 0, bench->width, bench->height};
			struct worker_part part = {.place = rect_intersect(cell, all),
				.pixels = (const uint32_t *)(const void *)(picture->pixels +
									   (size_t)y * picture->stride) +
					  x,
				.stride = picture->stride / 4};
			if (with_colours)
				part.colours = picture_colours(picture, &part.place);
			struct tally tally;
			size_t size;
			bool poor;
			uint8_t *bytes = worker_encode(&bench->worker, &style, &part, &size, &tally, &poor);
			CHECK(bytes && !poor);
			bench->bytes += size;
			free(bytes);
		}
	picture_store_release(bench->store, picture);
}

/* What the store is asked for lasts for many pictures, so each way has its turn of them. */
static void measure(struct bench *bench, bool with_colours, struct times *times) {
	for (int round = -3; round < ROUNDS; round++) {
		if (with_colours)
			picture_store_want_colours(bench->store);
		deflate_ns = 0;
		uint64_t begin = clock_now_ns();
		convert(bench, false);
		uint64_t converted = clock_now_ns();
		encode(bench, with_colours);
		uint64_t end = clock_now_ns();
		if (round < 0)
			continue;
		durations_add(&times->convert, converted - begin);
		durations_add(&times->encode, end - converted);
		durations_add(&times->deflate, deflate_ns);
		durations_add(&times->all, end - begin);
	}
}

static void open_store(struct bench *bench) {
	picture_store_destroy(bench->store);
	CHECK(bench->store = picture_store_create());
	bench->shown = 0;
	convert(bench, true);
}

static void print(const char *way, const struct times *times, double reference, size_t bytes) {
	double all = durations_percentile(&times->all, 50);
	printf("  %-22s %7.3f ms: converting %6.3f, encoding %7.3f, of which deflate %7.3f; %.2f x, %zu bytes\n",
		way, all, durations_percentile(&times->convert, 50), durations_percentile(&times->encode, 50),
		durations_percentile(&times->deflate, 50), all / reference, bytes);
}

static void run(struct converter *converter, const char *name, const struct image *image) {
	struct bench bench = {.converter = converter, .width = image->width, .height = image->height};
	struct times times[2];
	memset(times, 0, sizeof times);
	damage_init(&bench.damage);
	for (int i = 0; i < CONTENTS; i++)
		bench.textures[i] = upload(&bench, image->pixels, i ? 0xffffff : 0);
	size_t bytes[2];
	for (int turn = 0; turn < 6; turn++) {
		open_store(&bench);
		measure(&bench, turn % 2, &times[turn % 2]);
		bytes[turn % 2] = bench.bytes;
	}
	CHECK_SAY(bytes[0] == bytes[1], "%zu and %zu bytes", bytes[0], bytes[1]);
	double reference = durations_percentile(&times[0].all, 50);
	printf("%s, %ux%u\n", name, image->width, image->height);
	print("colours from pixels", &times[0], reference, bytes[0]);
	print("colours by the shader", &times[1], reference, bytes[1]);
	printf("  %-22s %7.3f ms: converting as without colours, and deflate; %.2f x\n", "the floor of it",
		durations_percentile(&times[0].convert, 50) + durations_percentile(&times[1].deflate, 50),
		(durations_percentile(&times[0].convert, 50) + durations_percentile(&times[1].deflate, 50)) /
			reference);
	fflush(stdout);
	const struct gles *gl = gl_converter_gles(converter);
	gl->DeleteTextures(CONTENTS, bench.textures);
	damage_finish(&bench.damage);
	picture_store_destroy(bench.store);
	worker_finish(&bench.worker);
}

int main(int argc, char **argv) {
	struct gl_options options = {0};
	struct converter *converter;
	struct reason reason;
	int first = 1;
	if (argc > 1 && !strcmp(argv[1], "--packed"))
		options.coding = first++;
	if (gl_converter_create(NULL, &options, &converter, &reason))
		SKIP("%s", reason.text);
	printf("%s\n", converter->renderer);
	static const uint32_t sizes[][2] = {{1920, 1080}, {3840, 2160}};
	for (int i = 0; first == argc && i < 2; i++) {
		struct image image = image_desktop(sizes[i][0], sizes[i][1]);
		run(converter, "test desktop", &image);
		free(image.pixels);
	}
	for (; first < argc; first++) {
		struct image image = image_read(argv[first]);
		run(converter, argv[first], &image);
		free(image.pixels);
	}
	converter_destroy(converter);
	return 0;
}
