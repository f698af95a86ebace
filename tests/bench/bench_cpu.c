/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_cpu: what the cpu converter costs beside memcmp and memcpy of the same bytes, in the same run.
 *
 * The rounds of all measurements are interleaved, so that a busy neighbour slows all of them alike. It prints
 * medians and minimums of the rounds. The memory is ordinary cached memory. With --outputs=2 it measures two
 * outputs in one picture instead (bench_outputs.h), and with --stacks frames of several planes
 * (bench_stacks.h).
 */
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/clock.h"
#include "encode/cpu/cpu.h"
#include "encode/durations.h"
#include "tests/bench/bench_outputs.h"
#include "tests/bench/bench_stacks.h"

enum measurement { MEMCMP, MEMCPY, NOTHING, KEY, TENTH, ALL, READ, MEASUREMENTS };
static const char *const names[MEASUREMENTS] = {"memcmp", "memcpy", "nothing changed", "a key's pixels",
	"10 % of tiles", "all changed", "all, being read"};
static const char *const keys[MEASUREMENTS] = {
	"memcmp_ms", "memcpy_ms", "nothing_ms", "key_ms", "tenth_ms", "all_ms", "read_ms"};

struct bench {
	uint32_t width, height, fourcc;
	size_t size;
	uint8_t *scanout, *other; /* the frame, and what memcmp and memcpy compare it with */
	struct picture_store *store;
	struct converter *converter;
	struct damage damage;
	struct durations lasted[MEASUREMENTS];
	int rounds;
	uint32_t seed;
};

static _Noreturn void fail(const char *what) {
	fprintf(stderr, "bench_cpu: %s\n", what);
	exit(1);
}

/* One frame. Returns how long it took. */
static uint64_t convert(struct bench *bench, uint32_t expected_tiles) {
	struct frame frame;
	frame_set_memory(&frame, bench->width, bench->height, (const uint32_t *)bench->scanout,
		(uint32_t)(bench->size / bench->height), 1);
	frame.layers[0].fourcc = bench->fourcc;
	struct picture *picture = picture_store_begin(bench->store, bench->width, bench->height);
	if (!picture)
		fail("out of memory");
	damage_clear(&bench->damage);
	struct converter_result result;
	struct reason reason;
	uint64_t start = clock_now_ns();
	const struct conversion conversion = {
		.frame = &frame,
		.picture = picture,
		.fresh = picture->generation == 0,
		.damage = &bench->damage,
		.result = &result,
		.reason = &reason,
	};
	int error = bench->converter->impl->convert(bench->converter, &conversion);
	uint64_t time = clock_now_ns() - start;
	if (error)
		fail(reason.text);
	if (result.tiles_changed != expected_tiles)
		fail("the converter reported other tiles than were changed");
	picture_store_publish(bench->store, &bench->damage);
	frame_finish(&frame);
	return time;
}

/* Changes one tile's pixels: all of them, as scrolling or video does. */
static void change_tile(struct bench *bench, uint32_t tile) {
	uint32_t x0 = tile % bench->damage.columns * DAMAGE_TILE,
		 y0 = tile / bench->damage.columns * DAMAGE_TILE;
	size_t pitch = bench->size / bench->height, bytes = pitch / bench->width;
	uint32_t width = bench->width - x0 < DAMAGE_TILE ? bench->width - x0 : DAMAGE_TILE;
	for (uint32_t y = y0; y < y0 + DAMAGE_TILE && y < bench->height; y++) {
		uint8_t *row = bench->scanout + y * pitch + x0 * bytes;
		for (size_t i = 0; i < width * bytes; i++)
			row[i] ^= 0x55;
	}
}

/* Changes tiles all over the picture, like the keys of a typist who never tires: no two neighbours in one
 * row. */
static uint32_t change_tenth(struct bench *bench) {
	uint32_t tiles = bench->damage.columns * bench->damage.rows, count = 0;
	for (uint32_t tile = bench->seed++ % 10; tile < tiles; tile += 10, count++)
		change_tile(bench, tile);
	return count;
}

static uint32_t change_all(struct bench *bench) {
	uint32_t tiles = bench->damage.columns * bench->damage.rows;
	for (uint32_t tile = 0; tile < tiles; tile++)
		change_tile(bench, tile);
	return tiles;
}

/* Changes a few pixels of some tiles, like the keys of a slow typist in as many windows. */
static uint32_t change_keys(struct bench *bench) {
	size_t pitch = bench->size / bench->height, bytes = pitch / bench->width;
	uint32_t tiles = bench->damage.columns * bench->damage.rows, count = 0;
	for (uint32_t tile = bench->seed % 10; tile < tiles; tile += 10) {
		uint32_t x = tile % bench->damage.columns * DAMAGE_TILE + 20,
			 y = tile / bench->damage.columns * DAMAGE_TILE + 20;
		if (x + 8 > bench->width || y + 16 > bench->height)
			continue;
		for (uint32_t row = y; row < y + 16; row++)
			for (size_t i = 0; i < 8 * bytes; i++)
				bench->scanout[row * pitch + x * bytes + i] ^= 0x55;
		count++;
	}
	return count;
}

/* While a viewer reads the newest picture, the next one is another buffer. */
static uint64_t convert_while_read(struct bench *bench, uint32_t expected_tiles) {
	const struct picture *newest = picture_store_acquire(bench->store);
	uint64_t time = convert(bench, expected_tiles);
	picture_store_release(bench->store, newest);
	return time;
}

/* Leaves both memories as a frame finds them: written by another program since, or read once before. */
static void round_run(struct bench *bench) {
	uint64_t start = clock_now_ns();
	if (memcmp(bench->scanout, bench->other, bench->size) != 0)
		fail("the baseline's memories differ");
	durations_add(&bench->lasted[MEMCMP], clock_now_ns() - start);
	durations_add(&bench->lasted[NOTHING], convert(bench, 0));

	uint32_t tiles = change_keys(bench);
	durations_add(&bench->lasted[KEY], convert(bench, tiles));
	tiles = change_tenth(bench);
	durations_add(&bench->lasted[TENTH], convert(bench, tiles));
	tiles = change_all(bench);
	durations_add(&bench->lasted[ALL], convert(bench, tiles));
	tiles = change_all(bench);
	durations_add(&bench->lasted[READ], convert_while_read(bench, tiles));

	start = clock_now_ns();
	memcpy(bench->other, bench->scanout, bench->size);
	__asm__ volatile("" : : "r"(bench->other) : "memory");
	durations_add(&bench->lasted[MEMCPY], clock_now_ns() - start);
}

static void bench_run(struct bench *bench, const struct kernel *kernel) {
	unsigned bytes = pixel_format_find(bench->fourcc)->bytes_per_pixel;
	bench->size = (size_t)bench->width * bench->height * bytes;
	bench->scanout = aligned_alloc(4096, (bench->size + 4095) / 4096 * 4096);
	bench->other = aligned_alloc(4096, (bench->size + 4095) / 4096 * 4096);
	bench->store = picture_store_create();
	bench->converter = cpu_converter_create_with(kernel, CPU_BOUNCE_NEVER);
	damage_init(&bench->damage);
	if (!bench->scanout || !bench->other || !bench->store || !bench->converter ||
		damage_resize(&bench->damage, bench->width, bench->height) != 0)
		fail("out of memory");
	for (size_t i = 0; i < bench->size; i++)
		bench->scanout[i] = (uint8_t)(i * 2654435761u >> 13);
	memcpy(bench->other, bench->scanout, bench->size);
	convert(bench, bench->damage.columns * bench->damage.rows);
	for (int round = 0; round < bench->rounds; round++)
		round_run(bench);
	damage_finish(&bench->damage);
	converter_destroy(bench->converter);
	picture_store_destroy(bench->store);
	free(bench->scanout);
	free(bench->other);
}

static double median(const struct bench *bench, enum measurement which) {
	return durations_percentile(&bench->lasted[which], 50);
}

static double shortest(const struct bench *bench, enum measurement which) {
	return durations_percentile(&bench->lasted[which], 0);
}

static double target(const struct bench *bench, enum measurement which, bool minimum) {
	double compare = minimum ? shortest(bench, MEMCMP) : median(bench, MEMCMP);
	double copy = minimum ? shortest(bench, MEMCPY) : median(bench, MEMCPY);
	return which == NOTHING                 ? 1.15 * compare
	       : which == TENTH || which == KEY ? 1.3 * compare
						: compare + 1.5 * copy;
}

static void print_table(const struct bench *bench, const char *kernel) {
	struct pixel_format_text text;
	printf("%ux%u %s, %s, %d rounds\n", bench->width, bench->height,
		pixel_format_describe(bench->fourcc, &text), kernel, bench->rounds);
	printf("  %-16s %10s %10s   of target\n", "", "median ms", "minimum ms");
	for (int i = 0; i < MEASUREMENTS; i++) {
		printf("  %-16s %10.3f %10.3f", names[i], median(bench, (enum measurement)i),
			shortest(bench, (enum measurement)i));
		if (i >= NOTHING)
			printf("   %3.0f %% (minimums %3.0f %%), %.2f x memcmp",
				100 * median(bench, (enum measurement)i) /
					target(bench, (enum measurement)i, false),
				100 * shortest(bench, (enum measurement)i) /
					target(bench, (enum measurement)i, true),
				median(bench, (enum measurement)i) / median(bench, MEMCMP));
		putchar('\n');
	}
}

static void print_json(FILE *file, const struct bench *bench, const char *kernel, bool first) {
	fprintf(file,
		"%s\n\t{ \"width\": %u, \"height\": %u, \"format\": \"%s\", \"kernel\": \"%s\", \"rounds\": %d",
		first ? "" : ",", bench->width, bench->height, pixel_format_find(bench->fourcc)->name, kernel,
		bench->rounds);
	for (int i = 0; i < MEASUREMENTS; i++)
		fprintf(file, ", \"%s\": { \"median\": %.4f, \"minimum\": %.4f }", keys[i],
			median(bench, (enum measurement)i), shortest(bench, (enum measurement)i));
	fprintf(file, " }");
}

struct options {
	int rounds;
	const char *json, *kernel;
	bool all_formats, outputs, stacks;
};

static struct options parse(int argc, char **argv) {
	struct options options = {.rounds = 101};
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "--rounds=", 9))
			options.rounds = atoi(argv[i] + 9);
		else if (!strncmp(argv[i], "--json=", 7))
			options.json = argv[i] + 7;
		else if (!strncmp(argv[i], "--kernel=", 9))
			options.kernel = argv[i] + 9;
		else if (!strcmp(argv[i], "--all-formats"))
			options.all_formats = true;
		else if (!strcmp(argv[i], "--outputs=2"))
			options.outputs = true;
		else if (!strcmp(argv[i], "--stacks"))
			options.stacks = true;
		else
			options.rounds = 0;
	}
	if (options.rounds < 1 || options.rounds > DURATIONS_KEPT) {
		fprintf(stderr,
			"usage: bench_cpu [--rounds=1..%d] [--kernel=AVX2|SSE2|NEON|\"plain C\"] [--all-formats] [--outputs=2 | --stacks] [--json=FILE]\n",
			DURATIONS_KEPT);
		exit(2);
	}
	return options;
}

static const struct kernel *find_kernel(const char *name) {
	const struct kernel *kernel;
	for (size_t i = 0; (kernel = kernel_at(i)); i++) {
		if (!name || !strcmp(kernel->name, name))
			return kernel;
	}
	fail("this machine has no such kernel");
	return NULL;
}

static struct converter *create(const void *kernel) {
	struct converter *converter = cpu_converter_create_with(kernel, CPU_BOUNCE_NEVER);
	if (!converter)
		fail("out of memory");
	return converter;
}

static int convert_memory(struct converter *converter, unsigned lent, const struct conversion *conversion) {
	(void)lent;
	return converter->impl->convert(converter, conversion);
}

static const struct { uint32_t width, height; } sizes[] = {{1920, 1080}, {3840, 2160}};

static void run_outputs(const struct kernel *kernel, int rounds) {
	const struct bench_outputs_path path = {.create = create, .convert = convert_memory, .data = kernel};
	printf("%s\n", kernel->name);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		bench_outputs(&path, sizes[i].width, sizes[i].height, rounds);
}

static void run_stacks(const struct kernel *kernel, int rounds) {
	printf("%s\n", kernel->name);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		bench_stacks(kernel, sizes[i].width, sizes[i].height, rounds);
}

int main(int argc, char **argv) {
	static const uint32_t fourccs[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_XBGR8888, DRM_FORMAT_RGB565,
		DRM_FORMAT_XRGB2101010, DRM_FORMAT_RGB888};
	struct options options = parse(argc, argv);
	const struct kernel *kernel = find_kernel(options.kernel);
	if (options.outputs || options.stacks) {
		(options.outputs ? run_outputs : run_stacks)(kernel, options.rounds);
		return 0;
	}
	FILE *json = options.json ? fopen(options.json, "w") : NULL;
	if (options.json && !json)
		fail("cannot write the JSON file");
	if (json)
		fprintf(json, "[");
	static struct bench bench;
	bool first = true;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		for (size_t j = 0; j < (options.all_formats ? ARRAY_LEN(fourccs) : 1); j++) {
			bench = (struct bench){.width = sizes[i].width,
				.height = sizes[i].height,
				.fourcc = fourccs[j],
				.rounds = options.rounds};
			bench_run(&bench, kernel);
			print_table(&bench, kernel->name);
			if (json)
				print_json(json, &bench, kernel->name, first);
			first = false;
		}
	}
	if (json) {
		fprintf(json, "\n]\n");
		fclose(json);
	}
	return 0;
}
