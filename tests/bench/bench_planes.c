/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/bench_planes.h"

#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/clock.h"
#include "encode/cpu/cpu.h"
#include "encode/durations.h"
#include "encode/gl/convert.h"
#include "encode/gl/gles.h"
#include "tests/bench/bench_floor.h"
#include "tests/encode/gl/texture.h"
#include "tests/encode/random.h"
#include "tests/test.h"

enum { PLANES = 3, CONTENTS = 2, WARM_UP_NS = 200000000, TURNS = 3 };

/* What the converter meets, one frame after the other: contents that differ in some tiles take turns. */
struct bench {
	struct converter *gpu;
	uint32_t width, height;
	uint32_t *pixels[PLANES][CONTENTS];
	struct frame frames[CONTENTS]; /* in memory, of all planes; `textures` stand for its imports */
	struct gl_texture textures[CONTENTS][PLANES];
	struct picture picture;
	struct damage damage, dirty;
	int shown; /* which contents */
};

/* --- contents --- */

static const struct {
	uint32_t fourcc;
	uint32_t x, y, width, height; /* in sixths of the mode's */
	uint32_t off;                 /* by so many pixels to the right and down: windows end within tiles */
} planes[PLANES] = {
	{DRM_FORMAT_XRGB8888, 0, 0, 6, 6, 0},
	{DRM_FORMAT_XRGB8888, 0, 0, 3, 4, 37},
	{DRM_FORMAT_ARGB8888, 2, 1, 3, 4, 21},
};

static struct rect place_of(const struct bench *bench, int plane) {
	return (struct rect){
		(int32_t)(planes[plane].x * bench->width / 6 + planes[plane].off),
		(int32_t)(planes[plane].y * bench->height / 6 + planes[plane].off),
		planes[plane].width * bench->width / 6,
		planes[plane].height * bench->height / 6,
	};
}

/* Half transparent, and premultiplied. */
static uint32_t translucent(uint32_t pixel) {
	return (pixel >> 1 & 0x7f7f7f) | 0x80000000;
}

/* Noise, of which the second contents are others where tiles are to be dirty. */
static void fill(struct bench *bench, int plane) {
	struct rect place = place_of(bench, plane);
	struct random random = {.state = 5 + (uint64_t)plane};
	size_t at = 0;
	for (uint32_t y = 0; y < place.height; y++) {
		for (uint32_t x = 0; x < place.width; x++, at++) {
			uint64_t noise = random_next(&random);
			uint32_t one = (uint32_t)noise & 0xffffff, other = (uint32_t)(noise >> 32) & 0xffffff;
			bool dirty = damage_has(&bench->dirty, ((uint32_t)place.x + x) / DAMAGE_TILE,
				((uint32_t)place.y + y) / DAMAGE_TILE);
			bool alpha = planes[plane].fourcc == DRM_FORMAT_ARGB8888;
			other = dirty ? other : one;
			bench->pixels[plane][0][at] = alpha ? translucent(one) : one;
			bench->pixels[plane][1][at] = alpha ? translucent(other) : other;
		}
	}
}

static uint32_t swapped(uint32_t pixel) {
	return (pixel & 0xff00ff00) | (pixel >> 16 & 0xff) | (pixel & 0xff) << 16;
}

static void make_texture(struct bench *bench, int plane, int content) {
	struct rect place = place_of(bench, plane);
	size_t count = (size_t)place.width * place.height;
	uint32_t *rgba = malloc(count * 4);
	CHECK(rgba);
	for (size_t i = 0; i < count; i++)
		rgba[i] = swapped(bench->pixels[plane][content][i]);
	bench->textures[content][plane] = (struct gl_texture){
		.target = GL_TEXTURE_2D,
		.texture = texture_create(gl_converter_gles(bench->gpu), place.width, place.height, rgba),
	};
	free(rgba);
}

static void add_layer(struct bench *bench, int plane, int content) {
	struct rect place = place_of(bench, plane);
	struct frame *frame = &bench->frames[content], alone;
	frame_set_memory(&alone, place.width, place.height, bench->pixels[plane][content], place.width * 4,
		(uint64_t)(1 + plane * CONTENTS + content));
	struct frame_layer *layer = frame_add_layer(frame);
	*layer = alone.layers[0];
	layer->fourcc = planes[plane].fourcc;
	layer->blend = FRAME_BLEND_PREMULTIPLIED;
	layer->destination = place;
}

/* --- one frame --- */

static uint32_t convert(struct bench *bench, int count, bool fresh) {
	struct converter_result result;
	struct reason reason;
	bench->shown = !bench->shown;
	bench->frames[bench->shown].layer_count = count;
	damage_clear(&bench->damage);
	const struct conversion conversion = {
		.frame = &bench->frames[bench->shown],
		.picture = &bench->picture,
		.fresh = fresh,
		.damage = &bench->damage,
		.result = &result,
		.reason = &reason,
	};
	int error = gl_converter_convert_textures(bench->gpu, bench->textures[bench->shown], &conversion);
	CHECK_SAY(!error, "%s", reason.text);
	return result.tiles_changed;
}

static void check_near(uint32_t gpu, uint32_t cpu) {
	for (int shift = 0; shift < 24; shift += 8)
		CHECK(abs((int)(gpu >> shift & 255) - (int)(cpu >> shift & 255)) <= 1);
}

/* What the picture shows is what the CPU path makes of the same frame. */
static void check_picture(const struct bench *bench) {
	struct picture picture = bench->picture;
	struct converter *cpu = cpu_converter_create();
	struct converter_result result;
	struct damage damage;
	struct reason reason;
	damage_init(&damage);
	picture.pixels = aligned_alloc(64, (size_t)picture.stride * picture.height);
	CHECK(cpu && picture.pixels && !damage_resize(&damage, bench->width, bench->height));
	const struct conversion conversion = {
		.frame = &bench->frames[bench->shown],
		.picture = &picture,
		.fresh = true,
		.damage = &damage,
		.result = &result,
		.reason = &reason,
	};
	CHECK_SAY(!cpu->impl->convert(cpu, &conversion), "%s", reason.text);
	for (size_t i = 0; i < (size_t)picture.stride / 4 * picture.height; i++)
		if (i % (picture.stride / 4) < picture.width)
			check_near(((const uint32_t *)(const void *)bench->picture.pixels)[i],
				((const uint32_t *)(const void *)picture.pixels)[i]);
	free(picture.pixels);
	damage_finish(&damage);
	converter_destroy(cpu);
}

/* --- measurements --- */

/* Whole frames, and what of them the processor takes to tell the GPU. */
struct times {
	struct durations frames, launches;
};

static void measure(struct bench *bench, int count, uint32_t dirty, int rounds, struct times *times) {
	convert(bench, count, true);
	check_picture(bench);
	/* Until the converter has got used to the load, and the device has left its slow clocks. */
	for (uint64_t begin = clock_now_ns(); clock_now_ns() - begin < WARM_UP_NS;)
		convert(bench, count, false);
	for (int i = 0; i < rounds; i++) {
		uint64_t begin = clock_now_ns();
		uint32_t changed = convert(bench, count, false);
		durations_add(&times->frames, clock_now_ns() - begin);
		durations_add(&times->launches,
			((const struct gl_converter *)bench->gpu)->compute.timing.launch_ns);
		CHECK_SAY(changed == dirty, "%u of %u tiles", changed, dirty);
	}
}

/* In turns, so that what else the machine does meets both. */
static void compare(struct bench *bench, int count, uint32_t dirty, int rounds, const char *what) {
	struct times one = {0}, all = {0};
	for (int turn = 0; turn < TURNS; turn++) {
		measure(bench, 1, dirty, rounds / TURNS + 1, &one);
		measure(bench, count, dirty, rounds / TURNS + 1, &all);
	}
	double alone = durations_percentile(&one.frames, 50),
	       together = durations_percentile(&all.frames, 50);
	printf("%ux%u, %-16s one plane %7.3f ms, %d planes %7.3f ms: %.2f x (launch: %.3f, %.3f)\n",
		bench->width, bench->height, what, alone, count, together, together / alone,
		durations_percentile(&one.launches, 50), durations_percentile(&all.launches, 50));
}

/* --- the floor --- */

static void measure_floor(struct bench *bench, struct floor *floor, int rounds, struct durations *times) {
	floor_keep(floor, bench->textures[0]);
	for (uint64_t begin = clock_now_ns(); clock_now_ns() - begin < WARM_UP_NS;)
		CHECK(floor_compare(floor, bench->textures[bench->shown = !bench->shown]) == 0);
	for (int i = 0; i < rounds; i++) {
		bench->shown = !bench->shown;
		uint64_t begin = clock_now_ns();
		CHECK(floor_compare(floor, bench->textures[bench->shown]) == 0);
		durations_add(times, clock_now_ns() - begin);
	}
}

static void open_floors(struct bench *bench, struct floor *floors[2]) {
	struct rect places[PLANES];
	for (int plane = 0; plane < PLANES; plane++)
		places[plane] = place_of(bench, plane);
	for (int i = 0; i < 2; i++)
		floors[i] = floor_create(bench->gpu, bench->width, bench->height, places, i ? PLANES : 1);
}

/* Where nothing changed, which is to be found out by comparing. */
static void compare_floor(struct bench *bench, int rounds) {
	struct durations times[2] = {0};
	struct floor *floors[2];
	open_floors(bench, floors);
	for (int turn = 0; turn < TURNS; turn++)
		for (int i = 0; i < 2; i++)
			measure_floor(bench, floors[i], rounds / TURNS + 1, &times[i]);
	double alone = durations_percentile(&times[0], 50), together = durations_percentile(&times[1], 50);
	printf("%ux%u, %-16s one plane %7.3f ms, %d planes %7.3f ms: %.2f x\n", bench->width, bench->height,
		"the floor of it", alone, PLANES, together, together / alone);
	for (int i = 0; i < 2; i++)
		floor_destroy(floors[i]);
}

/* The floor sees what the converters see. */
static void check_floor(struct bench *bench, uint32_t dirty) {
	struct floor *floors[2];
	open_floors(bench, floors);
	for (int i = 0; i < 2; i++) {
		floor_keep(floors[i], bench->textures[0]);
		CHECK(floor_compare(floors[i], bench->textures[0]) == 0);
		CHECK(floor_compare(floors[i], bench->textures[1]) == dirty);
		floor_destroy(floors[i]);
	}
}

static bool has_floor(const struct bench *bench, int count) {
	return count == PLANES && floor_can(bench->gpu);
}

/* --- contents and cases --- */

static uint32_t set_dirty(struct bench *bench, uint32_t one_in) {
	uint32_t tiles = bench->dirty.columns * bench->dirty.rows;
	damage_clear(&bench->dirty);
	for (uint32_t i = 0; one_in && i < tiles; i += one_in)
		damage_add(&bench->dirty, i % bench->dirty.columns, i / bench->dirty.columns);
	return damage_count(&bench->dirty);
}

static void set_contents(struct bench *bench, int count) {
	for (int content = 0; content < CONTENTS; content++) {
		frame_init(&bench->frames[content]);
		bench->frames[content].width = bench->width;
		bench->frames[content].height = bench->height;
	}
	for (int plane = 0; plane < count; plane++) {
		fill(bench, plane);
		for (int content = 0; content < CONTENTS; content++) {
			add_layer(bench, plane, content);
			make_texture(bench, plane, content);
		}
	}
}

static void drop_textures(struct bench *bench) {
	const struct gles *gl = gl_converter_gles(bench->gpu);
	for (int i = 0; i < CONTENTS * PLANES; i++)
		gl->DeleteTextures(1, &bench->textures[i / PLANES][i % PLANES].texture);
	memset(bench->textures, 0, sizeof bench->textures);
}

static void open_bench(struct bench *bench, int count) {
	uint32_t width = bench->width, height = bench->height, stride = (width * 4 + 63) / 64 * 64;
	bench->picture = (struct picture){.width = width, .height = height, .stride = stride};
	bench->picture.pixels = aligned_alloc(64, (size_t)stride * height);
	damage_init(&bench->damage);
	damage_init(&bench->dirty);
	CHECK(bench->picture.pixels && !damage_resize(&bench->damage, width, height) &&
		!damage_resize(&bench->dirty, width, height));
	for (int plane = 0; plane < count; plane++) {
		for (int content = 0; content < CONTENTS; content++) {
			bench->pixels[plane][content] = malloc(rect_area(place_of(bench, plane)) * 4);
			CHECK(bench->pixels[plane][content]);
		}
	}
}

static void close_bench(struct bench *bench) {
	for (int i = 0; i < CONTENTS * PLANES; i++)
		free(bench->pixels[i / CONTENTS][i % CONTENTS]);
	free(bench->picture.pixels);
	damage_finish(&bench->damage);
	damage_finish(&bench->dirty);
}

void bench_planes(struct converter *gpu, uint32_t width, uint32_t height, int count, int rounds) {
	static const struct {
		const char *name;
		uint32_t one_in;
	} cases[] = {{"nothing changed", 0}, {"10 % changed", 10}, {"all changed", 1}};
	struct bench bench = {.gpu = gpu, .width = width, .height = height};
	open_bench(&bench, count);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t dirty = set_dirty(&bench, cases[i].one_in);
		set_contents(&bench, count);
		compare(&bench, count, dirty, rounds, cases[i].name);
		if (has_floor(&bench, count) && dirty)
			check_floor(&bench, dirty);
		else if (has_floor(&bench, count))
			compare_floor(&bench, rounds);
		drop_textures(&bench);
	}
	close_bench(&bench);
}
