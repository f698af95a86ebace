/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_convert: what the gl converter costs beside reading the whole frame back, in the same run.
 *
 * The scanout is a GL texture. Two textures, which differ in the tiles that shall be dirty, take turns, so
 * nothing is uploaded while the clock runs. It measures the time until the pixels are in the picture, and
 * compares every picture with what it must be. With --check it only compares: formats, sizes, changes. With
 * --planes=3 it measures frames of three planes beside those of one (bench_planes.h), with --outputs=2 two
 * outputs in one picture (bench_outputs.h), with --hdr frames of HDR beside SDR (bench_hdr.h), and with
 * --spared frames all of which change and which nobody needs.
 *
 *   bench_convert [--check] [--sizes=1920x1080,...] [--rounds=N] [--json=FILE] [--svg=FILE] [--threads=N]
 *                 [--bands=N] [--hands=N] [--huge] [--coding=packed|plain] [--stream=yes|no] [--version=32]
 *                 [--fragment] [--planes=2|3] [--outputs=2] [--hdr] [--spared]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "capture/base/clock.h"
#include "encode/durations.h"
#include "encode/gl/convert.h"
#include "encode/gl/gles.h"
#include "tests/bench/bench_floor.h"
#include "tests/bench/bench_hdr.h"
#include "tests/bench/bench_outputs.h"
#include "tests/bench/bench_planes.h"
#include "tests/bench/bench_report.h"
#include "tests/encode/gl/check.h"
#include "tests/encode/gl/texture.h"
#include "tests/encode/random.h"
#include "tests/image.h"
#include "tests/test.h"

enum { WARM_UP_NS = 400000000, HUGE_PAGE = 2 << 20 };

struct arguments {
	bool check, hdr, spared;
	bool huge; /* huge pages under the picture */
	int rounds, planes, outputs;
	const char *sizes, *json, *svg;
	struct gl_options options;
};

struct bench {
	struct converter *converter;
	int rounds;
	uint32_t width, height, columns, tiles;
	uint32_t *pixels[2]; /* what the two textures contain, 0x00RRGGBB */
	uint32_t *other;     /* as large as the frame, for memcpy and memcmp */
	uint32_t *order;     /* the tiles in random order */
	GLuint textures[2], framebuffer;
	struct picture picture;
	struct damage damage;
	int shown; /* the texture that the picture shows */
};

/* Writes the median and the minimum. */
static void summarize(const struct durations *durations, double summary[2]) {
	summary[0] = durations_percentile(durations, 50);
	summary[1] = durations_percentile(durations, 0);
}

/* --- contents --- */

static void fill_random(struct bench *bench, uint32_t *pixels, uint64_t seed) {
	struct random random = {.state = seed};
	for (size_t i = 0; i < (size_t)bench->width * bench->height; i++)
		pixels[i] = (uint32_t)random_next(&random) & 0xffffff;
}

/* Draws the built-in test desktop. The inverted one has inverted colours, so that every pixel differs. */
static void fill_desktop(struct bench *bench, uint32_t *pixels, bool inverted) {
	struct image image = image_desktop(bench->width, bench->height);
	for (size_t i = 0; i < (size_t)bench->width * bench->height; i++)
		pixels[i] = image.pixels[i] ^ (inverted ? 0xffffff : 0);
	free(image.pixels);
}

static void copy_tile(struct bench *bench, uint32_t *to, const uint32_t *from, uint32_t tile) {
	uint32_t left = tile % bench->columns * DAMAGE_TILE, top = tile / bench->columns * DAMAGE_TILE;
	for (uint32_t y = top; y < top + DAMAGE_TILE && y < bench->height; y++) {
		for (uint32_t x = left; x < left + DAMAGE_TILE && x < bench->width; x++)
			to[(size_t)y * bench->width + x] = from[(size_t)y * bench->width + x];
	}
}

static void upload(struct bench *bench, int which) {
	const struct gles *gl = gl_converter_gles(bench->converter);
	size_t count = (size_t)bench->width * bench->height;
	uint32_t *bytes = malloc(count * 4);
	CHECK(gl && bytes);
	for (size_t i = 0; i < count; i++)
		bytes[i] = texture_rgba(bench->pixels[which][i]);
	gl->ActiveTexture(GL_TEXTURE0);
	gl->BindTexture(GL_TEXTURE_2D, bench->textures[which]);
	gl->TexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, (GLsizei)bench->width, (GLsizei)bench->height, GL_RGBA,
		GL_UNSIGNED_BYTE, bytes);
	gl->Finish();
	free(bytes);
}

/* Makes texture 1 equal to texture 0 except for `dirty` tiles. */
static void set_contents(struct bench *bench, bool desktop, uint32_t dirty) {
	size_t bytes = (size_t)bench->width * bench->height * 4;
	if (desktop) {
		fill_desktop(bench, bench->pixels[0], false);
		fill_desktop(bench, bench->other, true);
	} else {
		fill_random(bench, bench->pixels[0], 1);
		fill_random(bench, bench->other, 2);
	}
	memcpy(bench->pixels[1], bench->pixels[0], bytes);
	for (uint32_t i = 0; i < dirty; i++)
		copy_tile(bench, bench->pixels[1], bench->other, bench->order[i]);
	upload(bench, 0);
	upload(bench, 1);
}

/* --- measurements --- */

static struct converter_result convert(struct bench *bench, bool fresh) {
	struct converter_result result;
	struct reason reason;
	bench->shown = !bench->shown;
	damage_clear(&bench->damage);
	const struct conversion conversion = {
		.picture = &bench->picture,
		.fresh = fresh,
		.damage = &bench->damage,
		.result = &result,
		.reason = &reason,
	};
	int error = gl_converter_convert_texture(
		bench->converter, GL_TEXTURE_2D, bench->textures[bench->shown], &conversion);
	CHECK_SAY(!error, "%s", reason.text);
	return result;
}

static void check_picture(struct bench *bench) {
	for (uint32_t y = 0; y < bench->height; y++)
		CHECK(!memcmp(bench->picture.pixels + (size_t)y * bench->picture.stride,
			bench->pixels[bench->shown] + (size_t)y * bench->width, (size_t)bench->width * 4));
}

static void measure_convert(struct bench *bench, struct report_row *row, uint32_t dirty) {
	struct durations times = {0}, launch = {0}, wait = {0}, unpack = {0};
	struct converter_result result = {0};
	convert(bench, true);
	check_picture(bench);
	/* Until the converter has adapted to the load, and the device has left its slow clocks. */
	for (uint64_t begin = clock_now_ns(); clock_now_ns() - begin < WARM_UP_NS;)
		convert(bench, false);
	uint64_t cpu = clock_process_cpu_ns();
	for (int i = 0; i < bench->rounds; i++) {
		uint64_t begin = clock_now_ns();
		result = convert(bench, false);
		durations_add(&times, clock_now_ns() - begin);
		const struct compute_timing timing =
			((const struct gl_converter *)bench->converter)->compute.timing;
		durations_add(&launch, timing.launch_ns);
		durations_add(&wait, timing.wait_ns);
		durations_add(&unpack, timing.unpack_ns);
		CHECK_SAY(result.tiles_changed == dirty, "%u of %u tiles", result.tiles_changed, dirty);
	}
	row->cpu_us = (double)(clock_process_cpu_ns() - cpu) / bench->rounds * 1e-3;
	row->tiles_changed = result.tiles_changed;
	row->bytes_read_back = result.bytes_read_back;
	summarize(&times, row->convert_ms);
	row->launch_ms = durations_percentile(&launch, 50);
	row->wait_ms = durations_percentile(&wait, 50);
	row->unpack_ms = durations_percentile(&unpack, 50);
	check_picture(bench);
	convert(bench, false);
	check_picture(bench);
}

static void measure_baselines(struct bench *bench, struct report_row *row) {
	struct durations read = {0}, compare = {0}, copy = {0};
	const struct gles *gl = gl_converter_gles(bench->converter);
	size_t bytes = (size_t)bench->width * bench->height * 4;
	volatile int sink = 0;
	gl->BindFramebuffer(GL_FRAMEBUFFER, bench->framebuffer);
	memcpy(bench->pixels[1], bench->pixels[0], bytes);
	for (int i = -2; i < bench->rounds; i++) {
		gl->FramebufferTexture2D(
			GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, bench->textures[i & 1], 0);
		uint64_t begin = clock_now_ns();
		gl->ReadPixels(0, 0, (GLsizei)bench->width, (GLsizei)bench->height, GL_RGBA, GL_UNSIGNED_BYTE,
			bench->other);
		uint64_t after_read = clock_now_ns();
		sink += memcmp(bench->pixels[0], bench->pixels[1], bytes);
		uint64_t after_compare = clock_now_ns();
		memcpy(bench->other, bench->pixels[0], bytes);
		uint64_t after_copy = clock_now_ns();
		if (i < 0)
			continue;
		durations_add(&read, after_read - begin);
		durations_add(&compare, after_compare - after_read);
		durations_add(&copy, after_copy - after_compare);
	}
	CHECK(!gles_error(gl) && sink == 0);
	gl->BindFramebuffer(GL_FRAMEBUFFER, 0);
	summarize(&read, row->read_ms);
	summarize(&compare, row->compare_ms);
	summarize(&copy, row->copy_ms);
}

static uint32_t dirty_tiles(uint32_t tiles, int share) {
	const uint32_t counts[REPORT_SHARES] = {
		0, 1, (tiles + 99) / 100, (tiles + 9) / 10, (tiles + 1) / 2, tiles};
	return counts[share];
}

static void measure_size(struct bench *bench, struct report *report) {
	for (int content = 0; content < 2; content++) {
		for (int share = 0; share < REPORT_SHARES; share++) {
			struct report_row *row = &report->rows[report->count++];
			uint32_t dirty = dirty_tiles(bench->tiles, share);
			*row = (struct report_row){
				.width = bench->width,
				.height = bench->height,
				.content = content ? "desktop" : "random",
				.share = share,
				.tiles = bench->tiles,
			};
			set_contents(bench, content, dirty);
			measure_convert(bench, row, dirty);
			measure_baselines(bench, row);
		}
	}
}

/* --- one size --- */

static void make_textures(struct bench *bench) {
	const struct gles *gl = gl_converter_gles(bench->converter);
	gl->GenTextures(2, bench->textures);
	gl->GenFramebuffers(1, &bench->framebuffer);
	for (int i = 0; i < 2; i++) {
		gl->BindTexture(GL_TEXTURE_2D, bench->textures[i]);
		gl->TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, (GLsizei)bench->width, (GLsizei)bench->height, 0,
			GL_RGBA, GL_UNSIGNED_BYTE, NULL);
		gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
		gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
		gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
	}
}

static void open_bench(struct bench *bench, uint32_t width, uint32_t height, bool huge) {
	struct random random = {.state = 7};
	size_t bytes = (size_t)width * height * 4;
	bench->width = width;
	bench->height = height;
	damage_init(&bench->damage);
	CHECK(!damage_resize(&bench->damage, width, height));
	bench->columns = bench->damage.columns;
	bench->tiles = bench->damage.columns * bench->damage.rows;
	bench->picture =
		(struct picture){.width = width, .height = height, .stride = (width * 4 + 63) / 64 * 64};
	size_t room = ((size_t)bench->picture.stride * height + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	bench->picture.pixels = aligned_alloc(huge ? HUGE_PAGE : 64, room);
	if (huge && bench->picture.pixels)
		madvise(bench->picture.pixels, room, MADV_HUGEPAGE);
	bench->pixels[0] = malloc(bytes);
	bench->pixels[1] = malloc(bytes);
	bench->other = malloc(bytes);
	bench->order = malloc(bench->tiles * sizeof *bench->order);
	CHECK(bench->picture.pixels && bench->pixels[0] && bench->pixels[1] && bench->other && bench->order);
	for (uint32_t i = 0; i < bench->tiles; i++) {
		uint32_t at = random_below(&random, i + 1);
		bench->order[i] = bench->order[at];
		bench->order[at] = i;
	}
	make_textures(bench);
}

static void close_bench(struct bench *bench) {
	const struct gles *gl = gl_converter_gles(bench->converter);
	gl->DeleteTextures(2, bench->textures);
	gl->DeleteFramebuffers(1, &bench->framebuffer);
	damage_finish(&bench->damage);
	free(bench->picture.pixels);
	free(bench->pixels[0]);
	free(bench->pixels[1]);
	free(bench->other);
	free(bench->order);
}

static void run_benchmark(const struct arguments *arguments, struct converter *converter) {
	static struct report report;
	const char *at = arguments->sizes;
	unsigned width, height;
	int used;
	report.rounds = arguments->rounds;
	while (sscanf(at, "%ux%u%n", &width, &height, &used) == 2 &&
		report.count + 2 * REPORT_SHARES <= REPORT_MAX_ROWS) {
		struct bench bench = {.converter = converter, .rounds = arguments->rounds};
		open_bench(&bench, width, height, arguments->huge);
		measure_size(&bench, &report);
		close_bench(&bench);
		at += used + (at[used] == ',');
	}
	report.renderer = converter->renderer;
	report.detail = converter->detail;
	report_print_table(&report);
	CHECK(!arguments->json || !report_write_json(&report, arguments->json));
	CHECK(!arguments->svg || !report_write_svg(&report, arguments->svg));
}

static void run_planes(const struct arguments *arguments, struct converter *converter) {
	const char *at = arguments->sizes;
	unsigned width, height;
	int used;
	printf("%s\n%s\n", converter->renderer, converter->detail);
	for (; sscanf(at, "%ux%u%n", &width, &height, &used) == 2; at += used + (at[used] == ','))
		bench_planes(converter, width, height, arguments->planes, arguments->rounds);
}

static void run_hdr(const struct arguments *arguments, struct converter *converter) {
	const char *at = arguments->sizes;
	unsigned width, height;
	int used;
	printf("%s\n%s\n", converter->renderer, converter->detail);
	for (; sscanf(at, "%ux%u%n", &width, &height, &used) == 2; at += used + (at[used] == ','))
		bench_hdr(converter, width, height, arguments->rounds);
}

static struct converter *create(const void *data) {
	const struct arguments *arguments = data;
	struct converter *converter;
	struct reason reason;
	if (gl_converter_create(NULL, &arguments->options, &converter, &reason))
		SKIP("%s", reason.text);
	return converter;
}

static unsigned lend(struct converter *converter, uint32_t width, uint32_t height, const uint32_t *pixels) {
	size_t count = (size_t)width * height;
	uint32_t *bytes = malloc(count * 4);
	CHECK(bytes);
	for (size_t i = 0; i < count; i++)
		bytes[i] = texture_rgba(pixels[i]);
	unsigned texture = texture_create(gl_converter_gles(converter), width, height, bytes);
	free(bytes);
	return texture;
}

static void take_back(struct converter *converter, unsigned texture) {
	gl_converter_gles(converter)->DeleteTextures(1, &texture);
}

static void begin_lent(struct converter *converter, unsigned texture, const struct conversion *conversion) {
	const struct gl_texture textures[] = {{.target = GL_TEXTURE_2D, .texture = texture}};
	gl_converter_begin_textures(converter, textures, conversion);
}

static int convert_lent(struct converter *converter, unsigned texture, const struct conversion *conversion) {
	const struct gl_texture textures[] = {{.target = GL_TEXTURE_2D, .texture = texture}};
	return gl_converter_convert_textures(converter, textures, conversion);
}

enum { FLOOR_TURNS = 5, FLOOR_WARM_UP_NS = 200000000 };

/* A still output of twice the width, and two outputs side by side. */
struct floor_outputs {
	struct floor *sum, *pair[2];
	struct gl_texture wide[FLOOR_PLANES], narrow[2][FLOOR_PLANES];
};

static struct gl_texture lend_noise(
	struct converter *converter, uint32_t width, uint32_t height, uint64_t seed) {
	struct random random = {.state = seed};
	uint32_t *pixels = malloc((size_t)width * height * 4);
	CHECK(pixels);
	for (size_t i = 0; i < (size_t)width * height; i++)
		pixels[i] = (uint32_t)random_next(&random) & 0xffffff;
	struct gl_texture texture = {
		.target = GL_TEXTURE_2D, .texture = lend(converter, width, height, pixels)};
	free(pixels);
	return texture;
}

static void compare_outputs(struct floor_outputs *outputs, bool pair) {
	CHECK((pair ? floor_compare_pair(outputs->pair, outputs->narrow)
		    : floor_compare(outputs->sum, outputs->wide)) == 0);
}

static void measure_outputs(struct floor_outputs *outputs, bool pair, int rounds, struct durations *times) {
	for (int i = 0; pair && i < 2; i++)
		floor_keep(outputs->pair[i], outputs->narrow[i]);
	if (!pair)
		floor_keep(outputs->sum, outputs->wide);
	/* The two outputs' comparing program is the same, and the one that was made current last. */
	for (uint64_t begin = clock_now_ns(); clock_now_ns() - begin < FLOOR_WARM_UP_NS;)
		compare_outputs(outputs, pair);
	for (int i = 0; i < rounds; i++) {
		uint64_t begin = clock_now_ns();
		compare_outputs(outputs, pair);
		durations_add(times, clock_now_ns() - begin);
	}
}

/* What two dispatches cost beside one, by the plainest program. */
static void run_floor(struct converter *converter, uint32_t width, uint32_t height, int rounds) {
	const struct rect places[FLOOR_PLANES] = {{0, 0, 2 * width, height}};
	struct durations times[2] = {0};
	struct floor_outputs outputs = {
		.sum = floor_create(converter, 2 * width, height, places, 1),
		.pair = {floor_create(converter, width, height, places, 1)},
		.wide = {lend_noise(converter, 2 * width, height, 1)},
		.narrow = {{lend_noise(converter, width, height, 2)},
			{lend_noise(converter, width, height, 3)}},
	};
	outputs.pair[1] = floor_create_beside(outputs.pair[0]);
	for (int turn = 0; turn < FLOOR_TURNS; turn++)
		for (int pair = 0; pair < 2; pair++)
			measure_outputs(&outputs, pair, rounds / FLOOR_TURNS + 1, &times[pair]);
	double one = durations_percentile(&times[0], 50), two = durations_percentile(&times[1], 50);
	printf("  the floor of both   %7.3f ms: %.2f x one of twice the width (%.3f)\n", two, two / one, one);
	take_back(converter, outputs.wide[0].texture);
	for (int i = 1; i >= 0; i--) {
		take_back(converter, outputs.narrow[i][0].texture);
		floor_destroy(outputs.pair[i]);
	}
	floor_destroy(outputs.sum);
}

static void run_outputs(const struct arguments *arguments, struct converter *converter) {
	const struct bench_outputs_path path = {create, lend, take_back, begin_lent, convert_lent, arguments};
	const char *at = arguments->sizes;
	unsigned width, height;
	int used;
	printf("%s\n%s\n", converter->renderer, converter->detail);
	for (; sscanf(at, "%ux%u%n", &width, &height, &used) == 2; at += used + (at[used] == ',')) {
		bench_outputs(&path, width, height, arguments->rounds);
		if (floor_can(converter))
			run_floor(converter, width, height, arguments->rounds);
	}
}

/* --- what nobody needs --- */

static double measure_median(struct bench *bench, uint32_t dirty) {
	struct durations times = {0};
	for (uint64_t begin = clock_now_ns(); clock_now_ns() - begin < WARM_UP_NS;)
		convert(bench, false);
	for (int i = 0; i < bench->rounds; i++) {
		uint64_t begin = clock_now_ns();
		struct converter_result result = convert(bench, false);
		durations_add(&times, clock_now_ns() - begin);
		CHECK_SAY(result.tiles_changed == dirty, "%u of %u tiles", result.tiles_changed, dirty);
	}
	return durations_percentile(&times, 50);
}

/* Three times, in turns. */
static void measure_spared(struct bench *bench) {
	bool *absent = calloc(bench->tiles, sizeof *absent);
	CHECK(absent);
	bench->picture.absent = absent;
	bench->picture.spared[0] = (struct rect){0, 0, bench->width, bench->height};
	for (int turn = 0; turn < 3; turn++) {
		set_contents(bench, false, 0);
		bench->picture.spared_count = 0;
		convert(bench, true);
		double still = measure_median(bench, 0);
		set_contents(bench, false, bench->tiles);
		convert(bench, true);
		double needed = measure_median(bench, bench->tiles);
		bench->picture.spared_count = 1;
		convert(bench, false);
		double spared = measure_median(bench, bench->tiles);
		printf("%ux%u: still %.3f ms, all changed %.3f ms, all changed and spared %.3f ms (%.2f)\n",
			bench->width, bench->height, still, needed, spared, spared / needed);
	}
	bench->picture.absent = NULL;
	free(absent);
}

static void run_spared(const struct arguments *arguments, struct converter *converter) {
	const char *at = arguments->sizes;
	unsigned width, height;
	int used;
	for (; sscanf(at, "%ux%u%n", &width, &height, &used) == 2; at += used + (at[used] == ',')) {
		struct bench bench = {.converter = converter, .rounds = arguments->rounds};
		open_bench(&bench, width, height, arguments->huge);
		measure_spared(&bench);
		close_bench(&bench);
	}
}

static void run_check(struct converter *converter) {
	for (uint64_t round = 0; round < 5; round++) {
		check_memory(converter, 1000 + round);
		check_texture(converter, 2000 + round);
	}
	if (!check_external(converter, 4))
		printf("no external textures here: that variant was not tried\n");
	check_large(converter, 5);
	check_black(converter);
	printf("%s, %s: same bytes, same tiles\n", converter->renderer, converter->detail);
}

/* --- arguments --- */

static const char *value_of(const char *argument, const char *name) {
	size_t length = strlen(name);
	return strncmp(argument, name, length) == 0 ? argument + length : NULL;
}

static bool parse(struct arguments *to, const char *argument) {
	const char *value;
	if (!strcmp(argument, "--check"))
		to->check = true;
	else if (!strcmp(argument, "--hdr"))
		to->hdr = true;
	else if (!strcmp(argument, "--spared"))
		to->spared = true;
	else if (!strcmp(argument, "--fragment"))
		to->options.fragment = true;
	else if ((value = value_of(argument, "--sizes=")))
		to->sizes = value;
	else if ((value = value_of(argument, "--rounds=")))
		to->rounds = atoi(value);
	else if ((value = value_of(argument, "--planes=")))
		to->planes = atoi(value);
	else if ((value = value_of(argument, "--outputs=")))
		to->outputs = atoi(value);
	else if ((value = value_of(argument, "--json=")))
		to->json = value;
	else if ((value = value_of(argument, "--svg=")))
		to->svg = value;
	else if ((value = value_of(argument, "--threads=")))
		to->options.threads = atoi(value);
	else if ((value = value_of(argument, "--bands=")))
		to->options.bands = atoi(value);
	else if ((value = value_of(argument, "--version=")))
		to->options.version = atoi(value);
	else if ((value = value_of(argument, "--coding=")))
		to->options.coding = !strcmp(value, "packed") ? 1 : -1;
	else if ((value = value_of(argument, "--stream=")))
		to->options.stream = !strcmp(value, "yes") ? 1 : -1;
	else if ((value = value_of(argument, "--hands=")))
		to->options.hands = atoi(value);
	else if (!strcmp(argument, "--huge"))
		to->huge = true;
	else
		return false;
	return true;
}

int main(int argc, char **argv) {
	struct arguments arguments = {.rounds = 61, .sizes = "1920x1080,2560x1440,3840x2160"};
	struct converter *converter;
	struct reason reason;
	for (int i = 1; i < argc; i++) {
		if (!parse(&arguments, argv[i]) || arguments.rounds < 1 ||
			arguments.rounds > DURATIONS_KEPT || arguments.planes < 0 || arguments.planes == 1 ||
			arguments.planes > 3 || (arguments.outputs && arguments.outputs != 2)) {
			fprintf(stderr, "bench_convert: what is %s?\n", argv[i]);
			return 2;
		}
	}
	if (gl_converter_create(NULL, &arguments.options, &converter, &reason))
		SKIP("%s", reason.text);
	if (arguments.check)
		run_check(converter);
	else if (arguments.hdr)
		run_hdr(&arguments, converter);
	else if (arguments.spared)
		run_spared(&arguments, converter);
	else if (arguments.planes)
		run_planes(&arguments, converter);
	else if (arguments.outputs)
		run_outputs(&arguments, converter);
	else
		run_benchmark(&arguments, converter);
	converter_destroy(converter);
	return 0;
}
