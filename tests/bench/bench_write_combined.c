/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_write_combined: the cpu converter on memory that the processor does not cache, as the scanouts of
 * discrete GPUs are mapped; and the gl converter's unpacking from such memory, in which most ARM boards have
 * what the GPU wrote. This gets such memory from Vulkan (a GPU's own memory, mapped over its PCI window),
 * which works on machines without /dev/dri. If there is none, the benchmark says so and exits with 77.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/clock.h"
#include "encode/cpu/cpu.h"
#ifdef ZEROVNC_GL
#include "encode/gl/tiles.h"
#endif

enum { WIDTH = 1920, HEIGHT = 1080, SIZE = WIDTH * HEIGHT * 4, ROUNDS = 5 };

static _Noreturn void give_up(int status, const char *what) {
	fprintf(status == 77 ? stdout : stderr, "%s%s\n", status == 77 ? "skipped: " : "", what);
	exit(status);
}

/*
 * The small part of Vulkan that this uses, so that building needs no headers of it: the layouts are part of
 * its ABI. The sType numbers stand first in each comment.
 */
typedef void *handle;
typedef void (*function)(void);
struct instance_info { /* 1 */
	int type;
	const void *next;
	uint32_t flags;
	const void *application;
	uint32_t layer_count;
	const void *layers;
	uint32_t extension_count;
	const void *extensions;
};
struct queue_info { /* 2 */
	int type;
	const void *next;
	uint32_t flags, family, count;
	const float *priorities;
};
struct device_info { /* 3 */
	int type;
	const void *next;
	uint32_t flags, queue_count;
	const struct queue_info *queues;
	uint32_t layer_count;
	const void *layers;
	uint32_t extension_count;
	const void *extensions, *features;
};
struct memory_info { /* 5 */
	int type;
	const void *next;
	uint64_t size;
	uint32_t kind;
};
struct memory_kinds {
	uint32_t count;
	struct {
		uint32_t flags, heap;
	} kinds[32];
	uint32_t heap_count;
	struct {
		uint64_t size;
		uint32_t flags;
	} heaps[16];
};
enum { DEVICE_LOCAL = 1, HOST_VISIBLE = 2, HOST_COHERENT = 4, HOST_CACHED = 8 };

static function (*lookup)(handle instance, const char *name);

static void *vulkan(handle instance, const char *name) {
	function found = lookup ? lookup(instance, name) : NULL;
	if (!found)
		give_up(77, "no Vulkan, and so no GPU memory to map");
	return (void *)found;
}

/* Through the loader, or from NVIDIA's driver itself if there is no loader. */
static void load(void) {
	void *library = dlopen("libvulkan.so.1", RTLD_NOW);
	if (library)
		lookup = (function(*)(handle, const char *))dlsym(library, "vkGetInstanceProcAddr");
	if (lookup || !(library = dlopen("libGLX_nvidia.so.0", RTLD_NOW)))
		return;
	uint32_t version = 5;
	int (*negotiate)(uint32_t *) =
		(int (*)(uint32_t *))dlsym(library, "vk_icdNegotiateLoaderICDInterfaceVersion");
	if (negotiate)
		negotiate(&version);
	lookup = (function(*)(handle, const char *))dlsym(library, "vk_icdGetInstanceProcAddr");
}

static uint32_t find_kind(const struct memory_kinds *kinds) {
	uint32_t wanted = DEVICE_LOCAL | HOST_VISIBLE | HOST_COHERENT;
	for (uint32_t i = 0; i < kinds->count; i++) {
		if ((kinds->kinds[i].flags & (wanted | HOST_CACHED)) == wanted)
			return i;
	}
	give_up(77, "this GPU has no memory that can be mapped and is not cached");
	return 0;
}

static uint8_t *allocate_write_combined(void) {
	load();
	handle instance, gpu, device, memory;
	void *bytes;
	uint32_t count = 1;
	struct instance_info instance_info = {.type = 1};
	int (*create_instance)(const void *, const void *, handle *) = vulkan(NULL, "vkCreateInstance");
	if (create_instance(&instance_info, NULL, &instance) != 0)
		give_up(77, "Vulkan does not start");
	int (*enumerate)(handle, uint32_t *, handle *) = vulkan(instance, "vkEnumeratePhysicalDevices");
	if (enumerate(instance, &count, &gpu) < 0 || count == 0)
		give_up(77, "Vulkan has no GPU");
	struct memory_kinds kinds;
	void (*get_kinds)(handle, struct memory_kinds *) =
		vulkan(instance, "vkGetPhysicalDeviceMemoryProperties");
	get_kinds(gpu, &kinds);
	float priority = 1;
	struct queue_info queue = {.type = 2, .count = 1, .priorities = &priority};
	struct device_info device_info = {.type = 3, .queue_count = 1, .queues = &queue};
	struct memory_info memory_info = {.type = 5, .size = SIZE, .kind = find_kind(&kinds)};
	int (*create_device)(handle, const void *, const void *, handle *) =
		vulkan(instance, "vkCreateDevice");
	int (*allocate)(handle, const void *, const void *, handle *) = vulkan(instance, "vkAllocateMemory");
	int (*map)(handle, handle, uint64_t, uint64_t, uint32_t, void **) = vulkan(instance, "vkMapMemory");
	if (create_device(gpu, &device_info, NULL, &device) != 0 ||
		allocate(device, &memory_info, NULL, &memory) != 0 ||
		map(device, memory, 0, SIZE, 0, &bytes) != 0)
		give_up(77, "Vulkan gives no memory that can be mapped");
	return bytes;
}

static double now_ms(void) {
	return (double)clock_now_ns() * 1e-6;
}

static int ascending(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *times) {
	qsort(times, ROUNDS, sizeof *times, ascending);
	return times[ROUNDS / 2];
}

/* Runs an idle frame, and one that changed everywhere. */
static void run(const char *kind, uint8_t *memory, enum cpu_bounce bounce, const char *name) {
	struct converter *converter = cpu_converter_create_with(kernel_at(0), bounce);
	struct picture_store *store = picture_store_create();
	struct picture *picture = picture_store_begin(store, WIDTH, HEIGHT);
	struct frame frame;
	frame_set_memory(&frame, WIDTH, HEIGHT, (const uint32_t *)memory, WIDTH * 4, 1);
	struct damage damage;
	damage_init(&damage);
	damage_resize(&damage, WIDTH, HEIGHT);
	static double idle[ROUNDS], changed[ROUNDS];
	struct converter_result result;
	struct reason reason;
	struct conversion conversion = {
		.frame = &frame,
		.picture = picture,
		.damage = &damage,
		.result = &result,
		.reason = &reason,
	};
	for (int i = -1; i < ROUNDS; i++) {
		damage_clear(&damage);
		memset(memory, i & 0xff, SIZE);
		conversion.fresh = i < 0;
		double start = now_ms();
		if (converter->impl->convert(converter, &conversion) != 0)
			give_up(1, reason.text);
		double middle = now_ms();
		if (damage_count(&damage) != damage.columns * damage.rows)
			give_up(1, "not every tile was found changed");
		damage_clear(&damage);
		conversion.fresh = false;
		converter->impl->convert(converter, &conversion);
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

#ifdef ZEROVNC_GL
enum { TILES = SIZE / UNPACK_PIXELS_BYTES }; /* only whole tiles */

/* Unpacks every tile of a picture in one thread. */
static void unpack(const char *kind, uint8_t *memory, enum unpack_coding coding, const char *name) {
	static struct unpack_header headers[TILES];
	struct picture picture = {.width = TILES * 64, .height = 64, .stride = TILES * 64 * 4};
	picture.pixels = aligned_alloc(64, (size_t)picture.stride * picture.height);
	struct tiles tiles = {.fixed_hands = -1};
	static double times[2][ROUNDS];
	if (!picture.pixels)
		give_up(1, "out of memory");
	for (uint32_t i = 0; i < TILES; i++) {
		headers[i] = (struct unpack_header){.tile = i | (uint32_t)coding << 24, .extra = 16};
		headers[i].at = i * (uint32_t)unpack_size(&headers[i]) / UNPACK_UNIT;
	}
	for (int i = 0; i < ROUNDS; i++) {
		for (int bounce = 0; bounce < 2; bounce++) {
			memset(memory, i, SIZE);
			double start = now_ms();
			tiles_store(&tiles, headers, TILES, TILES, memory, bounce,
				&(struct rect){0, 0, picture.width, picture.height}, &picture);
			times[bounce][i] = now_ms() - start;
		}
	}
	printf("%-15s %-18s in place %8.3f ms  bounce buffer %8.3f ms\n", kind, name, median(times[0]),
		median(times[1]));
	tiles_finish(&tiles);
	free(picture.pixels);
}
#endif

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
	} kinds[] = {{"cached", cached}, {"GPU memory", combined}};
	printf("%dx%d XRGB8888, %s\n", WIDTH, HEIGHT, kernel_at(0)->name);
	for (int i = 0; i < 2; i++) {
		baseline(kinds[i].name, kinds[i].memory);
		run(kinds[i].name, kinds[i].memory, CPU_BOUNCE_NEVER, "in place");
		run(kinds[i].name, kinds[i].memory, CPU_BOUNCE_ALWAYS, "bounce buffer");
		run(kinds[i].name, kinds[i].memory, CPU_BOUNCE_MEASURED, "as measured");
#ifdef ZEROVNC_GL
		unpack(kinds[i].name, kinds[i].memory, UNPACK_PIXELS, "unpacking pixels");
		unpack(kinds[i].name, kinds[i].memory, UNPACK_RGB24, "unpacking 24 bits");
		unpack(kinds[i].name, kinds[i].memory, UNPACK_PALETTE4, "unpacking 16 col.");
#endif
	}
	free(cached);
	return 0;
}
