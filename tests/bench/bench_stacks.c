/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/bench_stacks.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#ifdef HAVE_PIXMAN
#include <pixman.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/clock.h"
#include "encode/cpu/cpu.h"
#include "encode/durations.h"
#include "tests/test.h"

/* The lower window always is opaque. */
static const struct kind {
	const char *name;
	bool windows;
	uint32_t fourcc; /* of the upper window */
	uint16_t alpha;
	uint32_t rotation;
} kinds[] = {
	{"one plane", false, 0, 0, 0},
	{"opaque windows", true, DRM_FORMAT_XRGB8888, 0xffff, DRM_MODE_ROTATE_0},
	{"one translucent", true, DRM_FORMAT_ARGB8888, 0xffff, DRM_MODE_ROTATE_0},
	{"one dimmed", true, DRM_FORMAT_XRGB8888, 0x8000, DRM_MODE_ROTATE_0},
	{"one of video", true, DRM_FORMAT_YUYV, 0xffff, DRM_MODE_ROTATE_0},
	{"one turned", true, DRM_FORMAT_XRGB8888, 0xffff, DRM_MODE_ROTATE_90},
};
enum { KINDS = ARRAY_LEN(kinds), WARM_UP = 5, TENTH = 10 };

struct stack {
	struct picture_store *store;
	struct converter *converter;
	struct durations lasted;
};

/* Pixels of 4 bytes. */
struct image {
	uint8_t *bytes; /* owned */
	uint32_t width, height;
};

struct bench {
	struct image scanout, lower, upper;
	struct stack stacks[KINDS];
	struct damage damage;
	uint32_t seed;
#ifdef HAVE_PIXMAN
	struct image expected, canvas; /* of the upper window's part, composed */
	uint8_t *other;                /* what the scanout is compared with */
	struct durations plain;
#endif
};

static size_t size_of(const struct image *image) {
	return (size_t)image->width * image->height * 4;
}

static void image_init(struct image *image, uint32_t width, uint32_t height, uint32_t seed) {
	*image = (struct image){NULL, width, height};
	image->bytes = aligned_alloc(4096, (size_of(image) + 4095) / 4096 * 4096);
	CHECK(image->bytes);
	for (size_t i = 0; i < size_of(image); i++)
		image->bytes[i] = (uint8_t)((i + seed) * 2654435761u >> 13);
}

/* --- frames --- */

static void add_window(struct frame *frame, const struct image *image, uint32_t x, const struct kind *kind) {
	struct frame_layer *layer = frame_add_layer(frame);
	bool turned = kind->rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270);
	layer->width = turned ? image->height : image->width;
	layer->height = turned ? image->width : image->height;
	layer->fourcc = kind->fourcc;
	layer->alpha = kind->alpha;
	layer->rotation = kind->rotation;
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->plane_count = 1;
	layer->planes[0].pitch = layer->width * 4;
	layer->memory = image->bytes;
	layer->memory_size = size_of(image);
	layer->memory_id = 1 + x;
	layer->source = (struct rect_fixed){0, 0, layer->width << 16, layer->height << 16};
	layer->destination = (struct rect){(int32_t)x, 0, image->width, image->height};
}

static void set_frame(const struct bench *bench, const struct kind *kind, struct frame *frame) {
	const struct kind opaque = kinds[1];
	const struct image *scanout = &bench->scanout;
	frame_set_memory(frame, scanout->width, scanout->height, (const uint32_t *)(void *)scanout->bytes,
		scanout->width * 4, 1);
	if (!kind->windows)
		return;
	add_window(frame, &bench->lower, scanout->width / 9, &opaque);
	add_window(frame, &bench->upper, scanout->width / 2, kind);
}

static uint64_t convert(struct bench *bench, int which, bool none, bool all) {
	struct stack *stack = &bench->stacks[which];
	struct converter_result result;
	struct reason reason;
	struct frame frame;
	set_frame(bench, &kinds[which], &frame);
	struct picture *picture =
		picture_store_begin(stack->store, bench->scanout.width, bench->scanout.height);
	CHECK(picture);
	damage_clear(&bench->damage);
	const struct conversion conversion = {
		.frame = &frame,
		.picture = picture,
		.fresh = picture_is_first(picture),
		.damage = &bench->damage,
		.result = &result,
		.reason = &reason,
	};
	uint64_t start = clock_thread_cpu_ns();
	int error = stack->converter->impl->convert(stack->converter, &conversion);
	uint64_t time = clock_thread_cpu_ns() - start;
	CHECK_SAY(!error, "%s", reason.text);
	CHECK(!none || result.tiles_changed == 0);
	CHECK(!all || result.tiles_changed == bench->damage.columns * bench->damage.rows);
	picture_store_publish(stack->store, &bench->damage);
	frame_finish(&frame);
	return time;
}

/* --- changes --- */

static void change_tile(struct image *image, uint32_t column, uint32_t row) {
	uint32_t x0 = column * DAMAGE_TILE, y0 = row * DAMAGE_TILE;
	uint32_t width = image->width - x0 < DAMAGE_TILE ? image->width - x0 : DAMAGE_TILE;
	for (uint32_t y = y0; y < y0 + DAMAGE_TILE && y < image->height; y++) {
		uint8_t *pixels = image->bytes + ((size_t)y * image->width + x0) * 4;
		for (size_t i = 0; i < (size_t)width * 4; i++)
			pixels[i] ^= 0x55;
	}
}

static void change(struct image *image, uint32_t first, uint32_t one_in) {
	uint32_t columns = (image->width + DAMAGE_TILE - 1) / DAMAGE_TILE,
		 rows = (image->height + DAMAGE_TILE - 1) / DAMAGE_TILE;
	for (uint32_t tile = first; tile < columns * rows; tile += one_in)
		change_tile(image, tile % columns, tile / columns);
}

/* Tiles all over the picture, always others. */
static void change_some(struct bench *bench, uint32_t one_in) {
	struct image *images[] = {&bench->scanout, &bench->lower, &bench->upper};
	uint32_t first = one_in ? bench->seed++ % one_in : 0;
	for (size_t i = 0; one_in && i < ARRAY_LEN(images); i++)
		change(images[i], first, one_in);
}

/* --- the plainest program --- */

#ifdef HAVE_PIXMAN
static pixman_image_t *pixman_of(const struct image *image, pixman_format_code_t format) {
	return pixman_image_create_bits(format, (int)image->width, (int)image->height,
		(uint32_t *)(void *)image->bytes, (int)image->width * 4);
}

static void compose(const struct bench *bench, const struct image *to) {
	pixman_image_t *scanout = pixman_of(&bench->scanout, PIXMAN_x8r8g8b8);
	pixman_image_t *upper = pixman_of(&bench->upper, PIXMAN_a8r8g8b8);
	pixman_image_t *canvas = pixman_of(to, PIXMAN_x8r8g8b8);
	int width = (int)to->width, height = (int)to->height;
	pixman_image_composite32(PIXMAN_OP_SRC, scanout, NULL, canvas, (int)bench->scanout.width / 2, 0, 0, 0,
		0, 0, width, height);
	pixman_image_composite32(PIXMAN_OP_OVER, upper, NULL, canvas, 0, 0, 0, 0, 0, 0, width, height);
	pixman_image_unref(canvas);
	pixman_image_unref(upper);
	pixman_image_unref(scanout);
}

/* Lays the translucent window over what is below it, and compares the picture with the one before. */
static void measure_plain(struct bench *bench) {
	uint64_t start = clock_thread_cpu_ns();
	compose(bench, &bench->canvas);
	bool same = memcmp(bench->canvas.bytes, bench->expected.bytes, size_of(&bench->canvas)) == 0 &&
		    memcmp(bench->scanout.bytes, bench->other, size_of(&bench->scanout)) == 0;
	durations_add(&bench->plain, clock_thread_cpu_ns() - start);
	CHECK(same);
}

static void plain_init(struct bench *bench) {
	image_init(&bench->expected, bench->upper.width, bench->upper.height, 0);
	image_init(&bench->canvas, bench->upper.width, bench->upper.height, 0);
	bench->other = malloc(size_of(&bench->scanout));
	CHECK(bench->other);
	memcpy(bench->other, bench->scanout.bytes, size_of(&bench->scanout));
	compose(bench, &bench->expected);
}

static void plain_finish(struct bench *bench) {
	free(bench->expected.bytes);
	free(bench->canvas.bytes);
	free(bench->other);
}

static void print_plain(const struct bench *bench, double alone) {
	double plain = durations_percentile(&bench->plain, 50);
	printf("  %-16s %8.3f ms  %.2f x\n", "pixman, memcmp", plain, plain / alone);
}
#else
static void measure_plain(struct bench *bench) {
	(void)bench;
}

static void plain_init(struct bench *bench) {
	(void)bench;
}

static void plain_finish(struct bench *bench) {
	(void)bench;
}

static void print_plain(const struct bench *bench, double alone) {
	(void)bench;
	(void)alone;
}
#endif

/* --- rounds --- */

static void run(struct bench *bench, const char *what, uint32_t one_in, int rounds) {
	for (int kind = 0; kind < (int)KINDS; kind++)
		bench->stacks[kind].lasted = (struct durations){.count = 0};
	for (int round = -WARM_UP; round < rounds; round++) {
		change_some(bench, one_in);
		for (int kind = 0; kind < (int)KINDS; kind++) {
			uint64_t time = convert(bench, kind, !one_in && round >= 0, one_in == 1);
			if (round >= 0)
				durations_add(&bench->stacks[kind].lasted, time);
		}
		if (!one_in)
			measure_plain(bench);
	}
	printf("%ux%u, %s, %d rounds\n", bench->scanout.width, bench->scanout.height, what, rounds);
	double alone = durations_percentile(&bench->stacks[0].lasted, 50);
	for (int kind = 0; kind < (int)KINDS; kind++) {
		double median = durations_percentile(&bench->stacks[kind].lasted, 50);
		printf("  %-16s %8.3f ms  %.2f x\n", kinds[kind].name, median, median / alone);
	}
	if (!one_in)
		print_plain(bench, alone);
}

void bench_stacks(const struct kernel *kernel, uint32_t width, uint32_t height, int rounds) {
	struct bench *bench = calloc(1, sizeof *bench);
	CHECK(bench && damage_resize(&bench->damage, width, height) == 0);
	image_init(&bench->scanout, width, height, 1);
	image_init(&bench->lower, width / 3, height, 2);
	image_init(&bench->upper, width / 3, height, 3);
	plain_init(bench);
	for (int kind = 0; kind < (int)KINDS; kind++) {
		struct stack *stack = &bench->stacks[kind];
		stack->store = picture_store_create();
		stack->converter = cpu_converter_create_with(kernel, CPU_BOUNCE_NEVER);
		CHECK(stack->store && stack->converter);
	}
	run(bench, "nothing changed", 0, rounds);
	run(bench, "10 % of tiles", TENTH, rounds);
	run(bench, "all changed", 1, rounds);
	for (int kind = 0; kind < (int)KINDS; kind++) {
		converter_destroy(bench->stacks[kind].converter);
		picture_store_destroy(bench->stacks[kind].store);
	}
	plain_finish(bench);
	free(bench->scanout.bytes);
	free(bench->lower.bytes);
	free(bench->upper.bytes);
	damage_finish(&bench->damage);
	free(bench);
}
