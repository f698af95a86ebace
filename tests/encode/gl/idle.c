/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames in which nothing changes are told so by the GPU's note alone, for thousands of them, at any pace;
 * and the smallest change between them is never missed.
 */
#include <drm_mode.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "encode/gl/convert.h"
#include "tests/encode/gl/faults.h"
#include "tests/encode/gl/scene.h"
#include "tests/test.h"

static struct converter *create(const char *hidden) {
	struct converter *converter;
	struct reason reason;
	faults.hidden = hidden;
	if (gl_converter_create(NULL, NULL, &converter, &reason))
		SKIP("%s", reason.text);
	return converter;
}

static bool has_slept(const struct converter *converter) {
	return ((const struct gl_converter *)converter)->compute.timing.slept;
}

/* --wrap: a nap that lasts two seconds where one was asked for, by the clock that all but the sleeper sees.
 */
static struct {
	bool wanted;
	uint64_t ahead_ns, longest_ns; /* of the clock; nap since */
} stall;
uint64_t __real_clock_now_ns(void);
uint64_t __wrap_clock_now_ns(void);
uint64_t __wrap_clock_now_ns(void) {
	return __real_clock_now_ns() + stall.ahead_ns;
}
int __real_nanosleep(const struct timespec *time, struct timespec *left);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left) {
	uint64_t ns = (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
	stall.longest_ns = ns > stall.longest_ns ? ns : stall.longest_ns;
	stall.ahead_ns += stall.wanted ? 2000000000 : 0;
	stall.wanted = false;
	return __real_nanosleep(time, left);
}

static void pause_ms(int ms) {
	__real_nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static void change_pixel(struct scene *scene, uint32_t i) {
	const struct frame_layer *layer = &scene->frame.layers[0];
	uint32_t x = (layer->source.x >> 16) + i * 37 % scene->frame.width;
	uint32_t y = (layer->source.y >> 16) + i * 23 % scene->frame.height;
	scene->memory[layer->planes[0].offset + (size_t)y * layer->planes[0].pitch + (size_t)x * 4] ^= 1;
}

/* Runs of still frames, as long as `runs` says, each ended by one pixel's change. */
static void check_runs(struct converter *converter, const int *runs, int count, int ms, bool sleeps) {
	struct scene scene;
	uint64_t slept = 0;
	scene_init(&scene, 5, pixel_format_at(0), 90, 70, DRM_MODE_ROTATE_0);
	scene_convert(&scene, converter, true, "first");
	for (int run = 0; run < count; run++) {
		scene_convert(&scene, converter, false, "still");
		for (int i = 0; i < runs[run]; i++) {
			if (ms)
				pause_ms(ms);
			struct converter_result result = scene_convert(&scene, converter, false, "still");
			CHECK(result.tiles_changed == 0 && result.bytes_read_back == 0);
			slept += has_slept(converter);
		}
		if (ms)
			pause_ms(ms);
		change_pixel(&scene, (uint32_t)run);
		CHECK(scene_convert(&scene, converter, false, "a pixel").tiles_changed == 1);
		CHECK(!has_slept(converter));
	}
	if (ms)
		printf("%llu frames slept through\n", (unsigned long long)slept);
	CHECK(!sleeps || slept > 0);
	scene_finish(&scene);
}

/* Once the machine stood still during a nap; that is not how long the GPU takes. */
static void check_stall(struct converter *converter) {
	struct scene scene;
	scene_init(&scene, 6, pixel_format_at(0), 90, 70, DRM_MODE_ROTATE_0);
	scene_convert(&scene, converter, true, "first");
	stall.wanted = true;
	for (int i = 0; i < 1000 && stall.wanted; i++) {
		pause_ms(4);
		scene_convert(&scene, converter, false, "before the stall");
	}
	CHECK(stall.ahead_ns > 0);
	stall.longest_ns = 0;
	for (int i = 0; i < 10; i++) {
		pause_ms(4);
		scene_convert(&scene, converter, false, "after the stall");
	}
	CHECK_SAY(stall.longest_ns < 20000000, "a nap of %llu ns", (unsigned long long)stall.longest_ns);
	scene_finish(&scene);
}

/* Converters take turns in one context. Whichever of them had more changes, still frames of both soon have
 * the same serial, until one of them has used up its counters; and a change of either is seen. */
static void check_turns(void) {
	enum { ROUNDS = 1200, ROUNDS_WITHIN = 200 };
	struct converter *converters[2] = {create(NULL), create(NULL)};
	const struct compute *computes[2];
	struct scene scenes[2];
	uint32_t changed = 0;
	for (int i = 0; i < 2; i++) {
		computes[i] = &((const struct gl_converter *)converters[i])->compute;
		scene_init(&scenes[i], 7 + (uint64_t)i, pixel_format_at(0), 90, 70, DRM_MODE_ROTATE_0);
		scene_convert(&scenes[i], converters[i], true, "first");
	}
	for (int round = 0; round < ROUNDS; round++) {
		int changing = round % 5 == 0;
		change_pixel(&scenes[changing], (uint32_t)round);
		/* Some of them lie where the layer is not shown. */
		changed += scene_convert(&scenes[changing], converters[changing], false, "one of two")
				   .tiles_changed;
		for (int i = 0; i < 6; i++)
			CHECK(scene_convert(&scenes[i % 2], converters[i % 2], false, "still")
					.tiles_changed == 0);
		bool calm = computes[0]->runs && computes[1]->runs;
		CHECK(!calm || round >= ROUNDS_WITHIN || computes[0]->serial == computes[1]->serial);
	}
	CHECK(changed > ROUNDS / 2);
	for (int i = 0; i < 2; i++) {
		scene_finish(&scenes[i]);
		converter_destroy(converters[i]);
	}
}

int main(void) {
	static const int few[] = {0, 1, 2, 3, 0, 7, 1, 0, 0, 30}, many[] = {1990, 3, 2500, 0};
	struct converter *converter = create("EGL_ANDROID_native_fence_sync");
	bool can = strstr(converter->detail, "compute, persistent read-back, GL fences");
	check_runs(converter, few, 10, 4, can);
	if (can)
		check_stall(converter);
	check_runs(converter, many, 4, 0, false);
	/* Many changes: the counters are used up and cleared. */
	for (int i = 0; i < 120; i++)
		check_runs(converter, few, 5, 0, false);
	converter_destroy(converter);
	converter = create("GL_EXT_buffer_storage");
	check_runs(converter, few, 10, 4, false);
	converter_destroy(converter);
	check_turns();
	return 0;
}
