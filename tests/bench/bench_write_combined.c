/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_write_combined: the cpu converter on memory that the processor does not cache, as the scanouts of
 * discrete GPUs are mapped. Such memory comes from the CUDA driver here (host memory, mapped write-combined),
 * for it can be had on a machine without /dev/dri; where there is none the benchmark says so and ends
 * with 77.
 */
#include <dlfcn.h>
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "encode/cpu/cpu.h"

enum { WIDTH = 1920, HEIGHT = 1080, SIZE = WIDTH * HEIGHT * 4, ROUNDS = 21, WRITE_COMBINED = 4 };

static void give_up(int status, const char *what) {
	fprintf(status == 77 ? stdout : stderr, "%s%s\n", status == 77 ? "skipped: " : "", what);
	exit(status);
}

static void *symbol(void *library, const char *name) {
	void *found = dlsym(library, name);
	if (!found)
		give_up(77, name);
	return found;
}

static uint8_t *allocate_write_combined(void) {
	void *library = dlopen("libcuda.so.1", RTLD_NOW), *context, *memory;
	if (!library)
		give_up(77, "no CUDA driver, and so no write-combined memory to be had");
	int device;
	int (*init)(unsigned) = symbol(library, "cuInit");
	int (*get)(int *, int) = symbol(library, "cuDeviceGet");
	int (*retain)(void **, int) = symbol(library, "cuDevicePrimaryCtxRetain");
	int (*set)(void *) = symbol(library, "cuCtxSetCurrent");
	int (*allocate)(void **, size_t, unsigned) = symbol(library, "cuMemHostAlloc");
	if (init(0) || get(&device, 0) || retain(&context, device) || set(context) ||
		allocate(&memory, SIZE, WRITE_COMBINED))
		give_up(77, "the CUDA driver gives no write-combined memory");
	return memory;
}

static double now_ms(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

static int ascending(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *times) {
	qsort(times, ROUNDS, sizeof *times, ascending);
	return times[ROUNDS / 2];
}

static struct frame frame_of(const uint8_t *memory) {
	struct frame frame;
	frame_init(&frame);
	frame.width = WIDTH;
	frame.height = HEIGHT;
	struct frame_layer *layer = frame_add_layer(&frame);
	layer->width = WIDTH;
	layer->height = HEIGHT;
	layer->fourcc = DRM_FORMAT_XRGB8888;
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->plane_count = 1;
	layer->planes[0].pitch = WIDTH * 4;
	layer->memory = memory;
	layer->memory_size = SIZE;
	layer->memory_id = 1;
	layer->source = (struct frame_rect_fixed){0, 0, WIDTH << 16, HEIGHT << 16};
	layer->destination = (struct frame_rect){0, 0, WIDTH, HEIGHT};
	return frame;
}

/* An idle frame, and one that changed everywhere. */
static void run(const char *kind, uint8_t *memory, enum cpu_bounce bounce, const char *name) {
	struct converter *converter = cpu_converter_create_with(kernel_at(0), bounce);
	struct picture_store *store = picture_store_create();
	struct picture *picture = picture_store_begin(store, WIDTH, HEIGHT);
	struct frame frame = frame_of(memory);
	struct damage damage;
	damage_init(&damage);
	damage_resize(&damage, WIDTH, HEIGHT);
	static double idle[ROUNDS], changed[ROUNDS];
	struct converter_result result;
	struct reason reason;
	for (int i = -1; i < ROUNDS; i++) {
		damage_clear(&damage);
		memset(memory, i & 0xff, SIZE);
		double start = now_ms();
		if (converter->impl->convert(converter, &frame, picture, i < 0, &damage, &result, &reason) !=
			0)
			give_up(1, reason.text);
		double middle = now_ms();
		if (damage_count(&damage) != damage.columns * damage.rows)
			give_up(1, "not every tile was found changed");
		damage_clear(&damage);
		converter->impl->convert(converter, &frame, picture, false, &damage, &result, &reason);
		if (i < 0)
			continue;
		changed[i] = middle - start;
		idle[i] = now_ms() - middle;
		if (!damage_is_empty(&damage))
			give_up(1, "a tile was found changed that was not");
	}
	printf("%-15s %-18s idle %8.3f ms   all changed %8.3f ms   %s\n", kind, name, median(idle),
		median(changed), converter->detail);
	damage_finish(&damage);
	picture_store_cancel(store, NULL);
	picture_store_destroy(store);
	converter_destroy(converter);
}

static void baseline(const char *kind, uint8_t *memory) {
	uint8_t *other = malloc(SIZE);
	static double times[ROUNDS];
	memset(memory, 1, SIZE);
	memset(other, 1, SIZE);
	for (int i = 0; i < ROUNDS; i++) {
		double start = now_ms();
		if (memcmp(memory, other, SIZE) != 0)
			give_up(1, "the baseline's memories differ");
		times[i] = now_ms() - start;
	}
	printf("%-15s %-18s      %8.3f ms\n", kind, "memcmp", median(times));
	free(other);
}

int main(void) {
	uint8_t *combined = allocate_write_combined(),
		*cached = aligned_alloc(4096, (SIZE + 4095) / 4096 * 4096);
	if (!cached)
		give_up(1, "out of memory");
	const struct {
		const char *name;
		uint8_t *memory;
	} kinds[] = {{"cached", cached}, {"write-combined", combined}};
	printf("%dx%d XRGB8888, %s\n", WIDTH, HEIGHT, kernel_at(0)->name);
	for (int i = 0; i < 2; i++) {
		baseline(kinds[i].name, kinds[i].memory);
		run(kinds[i].name, kinds[i].memory, CPU_BOUNCE_NEVER, "in place");
		run(kinds[i].name, kinds[i].memory, CPU_BOUNCE_ALWAYS, "bounce buffer");
		run(kinds[i].name, kinds[i].memory, CPU_BOUNCE_MEASURED, "as measured");
	}
	free(cached);
	return 0;
}
