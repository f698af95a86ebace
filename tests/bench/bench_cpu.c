/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_cpu: what the cpu converter costs beside memcmp and memcpy of the same bytes, in the same run.
 *
 * The rounds of all measurements are interleaved, so that a busy neighbour slows all of them alike. It prints
 * medians and minimums of the rounds. The memory is ordinary cached memory.
 */
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/clock.h"
#include "encode/cpu/cpu.h"
#include "encode/durations.h"

enum measurement { MEMCMP, MEMCPY, NOTHING, TENTH, ALL, ALONE, COVERED, BLENDED, MEASUREMENTS };
static const char *const names[MEASUREMENTS] = {"memcmp", "memcpy", "nothing changed", "10 % of tiles",
	"all changed", "one plane", "3 planes", "3, one blended"};
static const char *const keys[MEASUREMENTS] = {
	"memcmp_ms", "memcpy_ms", "nothing_ms", "tenth_ms", "all_ms", "alone_ms", "covered_ms", "blended_ms"};

/* Three planes, of which nothing changes: two that cover a third of the picture each lie over the scanout. */
struct planes {
	uint32_t *windows; /* of a third of the picture, with alpha */
	bool blended;      /* the uppermost one is translucent */
	struct picture_store *store;
	struct converter *converter;
};

struct bench {
	uint32_t width, height, fourcc;
	size_t size;
	uint8_t *scanout, *other; /* the frame, and what memcmp and memcpy compare it with */
	struct picture_store *store;
	struct converter *converter;
	struct planes covered, blended;
	struct damage damage;
	struct durations lasted[MEASUREMENTS];
	int rounds;
	uint32_t seed;
};

static _Noreturn void fail(const char *what) {
	fprintf(stderr, "bench_cpu: %s\n", what);
	exit(1);
}

enum { ANY_TILES = UINT32_MAX };

/* One frame. Returns how long it took. */
static uint64_t measure(struct bench *bench, struct picture_store *store, struct converter *converter,
	struct frame *frame, uint32_t expected_tiles) {
	struct picture *picture = picture_store_begin(store, bench->width, bench->height);
	if (!picture)
		fail("out of memory");
	damage_clear(&bench->damage);
	struct converter_result result;
	struct reason reason;
	uint64_t start = clock_now_ns();
	const struct conversion conversion = {
		.frame = frame,
		.picture = picture,
		.fresh = picture->generation == 0,
		.damage = &bench->damage,
		.result = &result,
		.reason = &reason,
	};
	int error = converter->impl->convert(converter, &conversion);
	uint64_t time = clock_now_ns() - start;
	if (error)
		fail(reason.text);
	if (expected_tiles != ANY_TILES && result.tiles_changed != expected_tiles)
		fail("the converter reported other tiles than were changed");
	picture_store_publish(store, &bench->damage);
	frame_finish(frame);
	return time;
}

static void set_frame(const struct bench *bench, struct frame *frame) {
	frame_set_memory(frame, bench->width, bench->height, (const uint32_t *)bench->scanout,
		(uint32_t)(bench->size / bench->height), 1);
	frame->layers[0].fourcc = bench->fourcc;
}

static uint64_t convert(struct bench *bench, uint32_t expected_tiles) {
	struct frame frame;
	set_frame(bench, &frame);
	return measure(bench, bench->store, bench->converter, &frame, expected_tiles);
}

static void add_window(const struct bench *bench, const struct planes *planes, struct frame *frame,
	uint32_t x, bool blended) {
	uint32_t width = bench->width / 3, height = bench->height;
	struct frame_layer *layer = frame_add_layer(frame);
	layer->width = width;
	layer->height = height;
	layer->fourcc = blended ? DRM_FORMAT_ARGB8888 : DRM_FORMAT_XRGB8888;
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->plane_count = 1;
	layer->planes[0].pitch = width * 4;
	layer->memory = (const uint8_t *)planes->windows;
	layer->memory_size = (size_t)width * height * 4;
	layer->memory_id = 2;
	layer->source = (struct rect_fixed){0, 0, width << 16, height << 16};
	layer->destination = (struct rect){(int32_t)x, 0, width, height};
}

static uint64_t convert_planes(struct bench *bench, struct planes *planes, uint32_t expected_tiles) {
	struct frame frame;
	set_frame(bench, &frame);
	add_window(bench, planes, &frame, bench->width / 9, false);
	add_window(bench, planes, &frame, bench->width / 2, planes->blended);
	return measure(bench, planes->store, planes->converter, &frame, expected_tiles);
}

static void planes_init(
	struct planes *planes, const struct bench *bench, const struct kernel *kernel, bool blended) {
	size_t pixels = (size_t)(bench->width / 3) * bench->height;
	planes->windows = aligned_alloc(4096, (pixels * 4 + 4095) / 4096 * 4096);
	planes->blended = blended;
	planes->store = picture_store_create();
	planes->converter = cpu_converter_create_with(kernel, CPU_BOUNCE_NEVER);
	if (!planes->windows || !planes->store || !planes->converter)
		fail("out of memory");
	for (size_t i = 0; i < pixels; i++)
		planes->windows[i] = (uint32_t)(i * 2654435761u);
}

static void planes_finish(struct planes *planes) {
	converter_destroy(planes->converter);
	picture_store_destroy(planes->store);
	free(planes->windows);
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

/* Leaves both memories as a frame finds them: written by another program since, or read once before. */
static void round_run(struct bench *bench) {
	uint64_t start = clock_now_ns();
	if (memcmp(bench->scanout, bench->other, bench->size) != 0)
		fail("the baseline's memories differ");
	durations_add(&bench->lasted[MEMCMP], clock_now_ns() - start);
	durations_add(&bench->lasted[NOTHING], convert(bench, 0));

	uint32_t tiles = change_tenth(bench);
	durations_add(&bench->lasted[TENTH], convert(bench, tiles));
	tiles = change_all(bench);
	durations_add(&bench->lasted[ALL], convert(bench, tiles));

	start = clock_now_ns();
	memcpy(bench->other, bench->scanout, bench->size);
	__asm__ volatile("" : : "r"(bench->other) : "memory");
	durations_add(&bench->lasted[MEMCPY], clock_now_ns() - start);
}

/* Beside one plane, in rounds of their own: their pictures would push those of the others out of the caches.
 */
static void round_of_planes(struct bench *bench) {
	durations_add(&bench->lasted[ALONE], convert(bench, 0));
	durations_add(&bench->lasted[COVERED], convert_planes(bench, &bench->covered, 0));
	durations_add(&bench->lasted[BLENDED], convert_planes(bench, &bench->blended, 0));
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
	planes_init(&bench->covered, bench, kernel, false);
	planes_init(&bench->blended, bench, kernel, true);
	convert(bench, bench->damage.columns * bench->damage.rows);
	for (int round = 0; round < bench->rounds; round++)
		round_run(bench);
	convert_planes(bench, &bench->covered, ANY_TILES);
	convert_planes(bench, &bench->blended, ANY_TILES);
	for (int round = 0; round < bench->rounds; round++)
		round_of_planes(bench);
	damage_finish(&bench->damage);
	planes_finish(&bench->covered);
	planes_finish(&bench->blended);
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
	return which == NOTHING ? 1.15 * compare : which == TENTH ? 1.3 * compare : compare + 1.5 * copy;
}

static void print_table(const struct bench *bench, const char *kernel) {
	struct pixel_format_text text;
	printf("%ux%u %s, %s, %d rounds\n", bench->width, bench->height,
		pixel_format_describe(bench->fourcc, &text), kernel, bench->rounds);
	printf("  %-16s %10s %10s   of target\n", "", "median ms", "minimum ms");
	for (int i = 0; i < MEASUREMENTS; i++) {
		printf("  %-16s %10.3f %10.3f", names[i], median(bench, (enum measurement)i),
			shortest(bench, (enum measurement)i));
		if (i >= COVERED)
			printf("   %.2f x one plane (minimums %.2f)",
				median(bench, (enum measurement)i) / median(bench, ALONE),
				shortest(bench, (enum measurement)i) / shortest(bench, ALONE));
		else if (i >= NOTHING && i < ALONE)
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
	bool all_formats;
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
		else
			options.rounds = 0;
	}
	if (options.rounds < 1 || options.rounds > DURATIONS_KEPT) {
		fprintf(stderr,
			"usage: bench_cpu [--rounds=1..%d] [--kernel=AVX2|SSE2|NEON|\"plain C\"] [--all-formats] [--json=FILE]\n",
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

int main(int argc, char **argv) {
	static const struct { uint32_t width, height; } sizes[] = {{1920, 1080}, {3840, 2160}};
	static const uint32_t fourccs[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_XBGR8888, DRM_FORMAT_RGB565,
		DRM_FORMAT_XRGB2101010, DRM_FORMAT_RGB888};
	struct options options = parse(argc, argv);
	const struct kernel *kernel = find_kernel(options.kernel);
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
