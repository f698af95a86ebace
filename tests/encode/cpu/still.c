/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tiles that are left alone because what they are made of is what it was: after any sequence of changes, the
 * picture is what a converter makes that never saw the frame before, and the damage is that of the pixels. It
 * is also what the reference compositor shows. Somebody may draw while tiles are composed.
 */
#include "encode/cpu/still.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>

#include "capture/base/array.h"
#include "capture/correction.h"
#include "encode/cpu/cpu.h"
#include "tests/encode/changes.h"
#include "tests/encode/colours.h"
#include "tests/encode/layers.h"
#include "tests/encode/palette.h"
#include "tests/encode/reference.h"
#include "tests/test.h"

/* Which pixels come out is proven without a sanitizer, which takes ten times as long. */
#ifdef __SANITIZE_ADDRESS__
enum { SHARE = 5 };
#else
enum { SHARE = 1 };
#endif

struct screen {
	struct layers layers;
	struct colours colours;
	struct frame_palette palette;
	int planes;                          /* that there are; some may be off */
	struct converter *converter, *other; /* the other one meets every frame as its first */
	struct picture_store *store;
	const struct picture *held;
	struct picture expected;
	uint32_t *before; /* what was published last */
	bool shown;       /* anything was converted */
	bool replaced;    /* another converter stored the picture since */
	struct damage damage;
	uint64_t seed;
};

/* For a screen that has its layers, and is zero otherwise. */
static void screen_open(struct screen *screen, const struct kernel *kernel, uint64_t seed) {
	const struct frame *frame = &screen->layers.frame;
	enum cpu_bounce bounce = seed % 3 ? CPU_BOUNCE_NEVER : CPU_BOUNCE_ALWAYS;
	screen->seed = seed;
	screen->planes = frame->layer_count;
	screen->converter = cpu_converter_create_with(kernel, bounce);
	screen->other = cpu_converter_create_with(kernel_at(0), CPU_BOUNCE_NEVER);
	screen->store = picture_store_create();
	screen->expected = (struct picture){
		.width = frame->width, .height = frame->height, .stride = (frame->width * 4 + 63) / 64 * 64};
	screen->expected.pixels = calloc(frame->height, screen->expected.stride);
	screen->before = calloc(frame->height, screen->expected.stride);
	CHECK(screen->converter && screen->other && screen->store && screen->expected.pixels &&
		screen->before);
	CHECK(damage_resize(&screen->damage, frame->width, frame->height) == 0);
}

static void screen_finish(struct screen *screen) {
	if (screen->held)
		picture_store_release(screen->store, screen->held);
	converter_destroy(screen->converter);
	converter_destroy(screen->other);
	picture_store_destroy(screen->store);
	damage_finish(&screen->damage);
	free(screen->expected.pixels);
	free(screen->before);
	layers_finish(&screen->layers);
}

static void convert(struct screen *screen, struct converter *converter, struct picture *picture, bool fresh) {
	struct converter_result result;
	struct reason reason = {""};
	damage_clear(&screen->damage);
	const struct conversion conversion = {
		.frame = &screen->layers.frame,
		.picture = picture,
		.fresh = fresh,
		.taken_over = screen->replaced,
		.damage = &screen->damage,
		.result = &result,
		.reason = &reason,
	};
	CHECK_SAY(converter->impl->convert(converter, &conversion) == 0, "%s", reason.text);
}

static uint32_t pixel_at(const struct screen *screen, const void *pixels, uint32_t x, uint32_t y) {
	uint32_t pixel;
	memcpy(&pixel, (const uint8_t *)pixels + (size_t)y * screen->expected.stride + (size_t)x * 4,
		sizeof pixel);
	return pixel;
}

static struct rect changed_in(const struct screen *screen, struct rect tile) {
	return changes_in(screen->before, screen->expected.pixels, screen->expected.stride, tile);
}

/* Of the last conversion, which led to the pixels that are expected. */
static void check_damage(const struct screen *screen, bool fresh) {
	for (uint32_t row = 0; row < screen->damage.rows; row++) {
		for (uint32_t column = 0; column < screen->damage.columns; column++) {
			struct rect tile = damage_tile(&screen->damage, column, row);
			CHECK_SAY(changes_are(&screen->damage, column, row,
					  fresh ? tile : changed_in(screen, tile)),
				"seed %llu: tile %u,%u", (unsigned long long)screen->seed, column, row);
		}
	}
}

/* The newest picture. It may be held, so that the next one is another buffer, which is compared with it. */
static const struct picture *acquire(struct screen *screen) {
	if (screen->held && random_below(&screen->layers.random, 2)) {
		picture_store_release(screen->store, screen->held);
		screen->held = NULL;
	}
	const struct picture *newest = picture_store_acquire(screen->store);
	CHECK(newest);
	if (screen->held)
		picture_store_release(screen->store, newest);
	else
		screen->held = newest;
	return newest;
}

static void check_picture(const struct screen *screen, const struct picture *picture) {
	for (uint32_t y = 0; y < picture->height; y++)
		for (uint32_t x = 0; x < picture->width; x++)
			CHECK_SAY(pixel_at(screen, picture->pixels, x, y) ==
					  pixel_at(screen, screen->expected.pixels, x, y),
				"seed %llu: %u,%u is %06x, not %06x", (unsigned long long)screen->seed, x, y,
				pixel_at(screen, picture->pixels, x, y),
				pixel_at(screen, screen->expected.pixels, x, y));
}

static void store(struct screen *screen, bool fresh) {
	const struct frame *frame = &screen->layers.frame;
	struct picture *picture = picture_store_begin(screen->store, frame->width, frame->height);
	CHECK(picture);
	convert(screen, screen->converter, picture, fresh || !screen->shown);
	picture_store_publish(screen->store, &screen->damage);
}

/* One look at the frame. Nobody draws. */
static void look(struct screen *screen, bool fresh) {
	fresh |= !screen->shown;
	convert(screen, screen->other, &screen->expected, true);
	store(screen, fresh);
	check_damage(screen, fresh);
	const struct picture *picture = acquire(screen);
	check_picture(screen, picture);
	memcpy(screen->before, screen->expected.pixels, (size_t)picture->stride * picture->height);
	screen->shown = true;
	screen->replaced = false;
}

/* --- changes --- */

static struct frame_layer *some_layer(struct screen *screen, int *index) {
	*index = (int)random_below(&screen->layers.random, (uint32_t)screen->planes);
	return &screen->layers.frame.layers[*index];
}

static void change_byte(struct screen *screen) {
	int index;
	const struct frame_layer *layer = some_layer(screen, &index);
	struct random *random = &screen->layers.random;
	screen->layers.memory[index][random_below(random, (uint32_t)layer->memory_size)] ^=
		(uint8_t)(1u << random_below(random, 8));
}

static void change_stack(struct screen *screen) {
	static const uint16_t alphas[] = {0xffff, 0x8000, 0x7fff, 0};
	struct random *random = &screen->layers.random;
	int index;
	struct frame_layer *layer = some_layer(screen, &index);
	switch (random_below(random, 5)) {
	case 0:
		layer->alpha = alphas[random_below(random, ARRAY_LEN(alphas))];
		break;
	case 1:
		layer->blend = (enum frame_blend)random_below(random, 3);
		break;
	case 2:
		layer->encoding = (enum frame_encoding)random_below(random, 3);
		break;
	case 3:
		layer->range = (enum frame_range)random_below(random, 2);
		break;
	default: /* the uppermost ones go, or come back */
		screen->layers.frame.layer_count = 1 + (int)random_below(random, (uint32_t)screen->planes);
	}
}

static void change_colours(struct screen *screen) {
	struct frame *frame = &screen->layers.frame;
	struct random *random = &screen->layers.random;
	switch (random_below(random, 4)) {
	case 0:
		colours_fill(&screen->colours, random, random_below(random, 2));
		frame->colour = &screen->colours.colour;
		break;
	case 1:
		frame->colour = NULL;
		break;
	case 2:
		frame->signal = (struct frame_signal){FRAME_TRANSFER_PQ,
			(enum frame_primaries)random_below(random, 3), 300 + random_below(random, 2)};
		break;
	default:
		frame->signal = (struct frame_signal){0};
	}
}

static void change_palette(struct screen *screen) {
	struct frame *frame = &screen->layers.frame;
	screen->palette.serial = correction_serial();
	for (size_t i = 0; i < ARRAY_LEN(screen->palette.colours); i++)
		screen->palette.colours[i] = random_below(&screen->layers.random, 1 << 24);
	for (int i = 0; i < screen->planes; i++)
		if (frame->layers[i].palette)
			frame->layers[i].palette = &screen->palette;
}

/* To another buffer that looks the same. */
static void flip(struct screen *screen) {
	static uint64_t last_id = 1 << 30;
	int index;
	struct frame_layer *layer = some_layer(screen, &index);
	uint8_t *memory = malloc(layer->memory_size);
	CHECK(memory);
	memcpy(memory, layer->memory, layer->memory_size);
	free(screen->layers.memory[index]);
	layer->memory = screen->layers.memory[index] = memory;
	layer->memory_id = ++last_id;
}

/* By what another converter made of something else. */
static void replace_picture(struct screen *screen) {
	struct picture *picture =
		picture_store_begin(screen->store, screen->expected.width, screen->expected.height);
	CHECK(picture);
	picture_store_catch_up(screen->store, NULL);
	struct rect tile =
		damage_tile(&screen->damage, random_below(&screen->layers.random, screen->damage.columns),
			random_below(&screen->layers.random, screen->damage.rows));
	damage_clear(&screen->damage);
	damage_add(&screen->damage, (uint32_t)tile.x / DAMAGE_TILE, (uint32_t)tile.y / DAMAGE_TILE);
	((uint32_t *)(void *)(picture->pixels + (size_t)tile.y * picture->stride))[tile.x] ^= 0x010000;
	memcpy(screen->before, picture->pixels, (size_t)picture->stride * picture->height);
	picture_store_publish(screen->store, &screen->damage);
	screen->replaced = true;
}

static void change(struct screen *screen) {
	switch (random_below(&screen->layers.random, 16)) {
	case 0:
		layers_mutate(&screen->layers);
		break;
	case 1:
		change_stack(screen);
		break;
	case 2:
		change_colours(screen);
		break;
	case 3:
		change_palette(screen);
		break;
	case 4:
		flip(screen);
		break;
	case 5:
		replace_picture(screen);
		break;
	case 6:
		screen->converter->impl->release(screen->converter);
		break;
	default:
		change_byte(screen);
	}
}

/* Where the reference says what is to be seen: it knows neither corrections nor signals. */
static void check_reference(const struct screen *screen) {
	static const struct reference_options options = {REFERENCE_NEAREST, true};
	const struct frame *frame = &screen->layers.frame;
	for (uint32_t y = 0; y < frame->height; y++) {
		for (uint32_t x = 0; x < frame->width; x++) {
			struct reference_pixel exact = reference_pixel(frame, x, y, &options);
			CHECK_SAY(reference_distance(&exact, pixel_at(screen, screen->before, x, y)) <=
					  (exact.rounding ? 1 : 0.5),
				"seed %llu: %u,%u", (unsigned long long)screen->seed, x, y);
		}
	}
}

static void follow(const struct kernel *kernel, unsigned allow, uint64_t seed) {
	enum { CHANGES = 25, LOOKS = 5 };
	struct screen screen = {.seed = seed};
	layers_init(&screen.layers, seed, allow);
	screen_open(&screen, kernel, seed);
	for (int i = 0; i < CHANGES; i++) {
		for (uint32_t n = random_below(&screen.layers.random, LOOKS); n < LOOKS; n++)
			look(&screen, false);
		change(&screen);
		look(&screen, random_below(&screen.layers.random, 16) == 0);
	}
	screen.layers.frame.colour = NULL;
	screen.layers.frame.signal = (struct frame_signal){0};
	change_byte(&screen);
	look(&screen, false);
	if (!(allow & LAYERS_SCALED) && screen.palette.serial == 0)
		check_reference(&screen);
	screen_finish(&screen);
}

/* --- what is composed, and who draws meanwhile --- */

/* A kernel that counts how many rows it is asked to convert, which are those of an opaque layer that is
 * composed with others, and may draw instead of another program. */
static struct {
	const struct kernel *real;
	uint32_t rows;
	struct layers *layers; /* to draw into; NULL: nobody does */
	uint8_t *drawn;        /* what is to be as before soon; NULL: nothing */
} watched;

/* Draws a pixel, and sooner or later what was there before. */
static void draw(struct layers *layers) {
	const struct frame *frame = &layers->frame;
	int index = (int)random_below(&layers->random, (uint32_t)frame->layer_count);
	uint32_t y = 60 + 60 * random_below(&layers->random, 2);
	uint8_t *pixel = layers->memory[index] + (size_t)y * frame->layers[index].planes[0].pitch;
	if (random_below(&layers->random, watched.drawn ? 50 : 400))
		return;
	*(watched.drawn ? watched.drawn : pixel) ^= 0x40;
	watched.drawn = watched.drawn ? NULL : pixel;
}

static void watch_convert(const uint8_t *source, uint32_t *row, uint32_t width) {
	watched.rows++;
	watched.real->shapes[KERNEL_XRGB8888].convert(source, row, width);
	if (watched.layers)
		draw(watched.layers);
}

static const struct kernel *watch(void) {
	static struct kernel kernel;
	watched.real = kernel_at(0);
	kernel = *watched.real;
	kernel.shapes[KERNEL_XRGB8888].convert = watch_convert;
	return &kernel;
}

enum { WIDTH = 150, HEIGHT = 130 };

/* Black planes, all of which cover the mode; the uppermost one is of this kind. */
static void set_planes(struct layers *layers, int count, uint32_t fourcc, uint16_t alpha) {
	*layers = (struct layers){.random = {.state = 7}};
	frame_init(&layers->frame);
	layers->frame.width = WIDTH;
	layers->frame.height = HEIGHT;
	for (int i = 0; i < count; i++) {
		uint32_t *pixels = calloc(HEIGHT, WIDTH * sizeof *pixels);
		struct frame one;
		CHECK(pixels);
		frame_set_memory(&one, WIDTH, HEIGHT, pixels, WIDTH * sizeof *pixels, 1 + (uint64_t)i);
		*frame_add_layer(&layers->frame) = one.layers[0];
		layers->memory[i] = (uint8_t *)pixels;
	}
	layers->frame.layers[count - 1].fourcc = fourcc;
	layers->frame.layers[count - 1].alpha = alpha;
}

/* No kernel blends this format. */
static void set_dimmed(struct layers *layers) {
	set_planes(layers, 2, DRM_FORMAT_RGBX8888, 0x8000);
}

static void open_watched(struct screen *screen) {
	memset(screen, 0, sizeof *screen);
	set_dimmed(&screen->layers);
	screen_open(screen, watch(), 1);
}

/* Lets a look be composed until it is known to be still. Returns how many rows that takes in the end. */
static uint32_t settle(struct screen *screen) {
	enum { LOOKS = 4 };
	for (int i = 0; i < LOOKS; i++)
		look(screen, false);
	watched.rows = 0;
	look(screen, false);
	return watched.rows;
}

static void leaves_alone_what_is_still(void) {
	struct screen screen;
	open_watched(&screen);
	look(&screen, false);
	CHECK(watched.rows == screen.layers.frame.height); /* three tiles at once */
	CHECK(settle(&screen) == 0);
	watched.rows = 0;
	screen.layers.memory[1][4 * 70] ^= 1; /* in the second tile; the byte is of no colour */
	look(&screen, false);
	CHECK(damage_is_empty(&screen.damage) && watched.rows == DAMAGE_TILE);
	CHECK(settle(&screen) == 0);
	screen.converter->impl->release(screen.converter);
	watched.rows = 0;
	look(&screen, false);
	CHECK(watched.rows == screen.layers.frame.height && settle(&screen) == 0);
	screen.layers.frame.layers[1].alpha = 0x7fff;
	watched.rows = 0;
	look(&screen, false);
	CHECK(watched.rows == screen.layers.frame.height && settle(&screen) == 0);
	screen_finish(&screen);
}

/* How a tile that was found changed or not is dealt with the next time. */
static enum still_way next_way(
	struct still *still, struct compose *compose, const struct conversion *conversion, bool changed) {
	const struct rect part = {0, 0, WIDTH, HEIGHT};
	still_seen(still, 0, 1, changed);
	still_begin(still, compose, conversion);
	still_look(still, compose, &part, 0, 0, 3);
	return still_way(still, 0, 1);
}

/* What changes all the time costs no copies. */
static void copies_only_what_is_still(void) {
	struct compose compose = {.count = 0};
	struct still still = {.columns = 0};
	struct layers layers;
	struct reason reason;
	struct damage damage;
	struct picture picture = {.width = WIDTH, .height = HEIGHT};
	set_dimmed(&layers);
	damage_init(&damage);
	CHECK(damage_resize(&damage, WIDTH, HEIGHT) == 0);
	const struct conversion conversion = {.frame = &layers.frame, .picture = &picture, .damage = &damage};
	CHECK(compose_set(&compose, &layers.frame, &reason) == 0);
	for (int i = 0; i < 2; i++) {
		const uint8_t *buffers[LAYER_PLANES] = {layers.memory[i]};
		CHECK(layer_begin(&compose.layers[i], buffers, false) == 0);
	}
	CHECK(still_way(&still, 0, 1) == STILL_COMPOSE);
	for (int i = 0; i < 5; i++)
		CHECK(next_way(&still, &compose, &conversion, true) == STILL_COMPOSE);
	CHECK(next_way(&still, &compose, &conversion, false) == STILL_FROM_KEPT);
	CHECK(next_way(&still, &compose, &conversion, true) == STILL_LEAVE);
	CHECK(next_way(&still, &compose, &conversion, false) == STILL_LEAVE);
	layers.memory[0][4 * DAMAGE_TILE]++;
	CHECK(next_way(&still, &compose, &conversion, false) == STILL_COMPOSE);
	CHECK(still_way(&still, 0, 0) == STILL_COMPOSE && compose.layers[0].planes[0].kept);
	CHECK(next_way(&still, &compose, &conversion, false) == STILL_COMPOSE);
	CHECK(next_way(&still, &compose, &conversion, false) == STILL_FROM_KEPT);
	CHECK(next_way(&still, &compose, &conversion, false) == STILL_LEAVE);
	damage_add(&damage, 1, 0);
	still_forget(&still, &damage);
	CHECK(next_way(&still, &compose, &conversion, true) == STILL_COMPOSE);
	still_release(&still, &compose);
	CHECK(!compose.layers[0].planes[0].kept && !compose.layers[1].planes[0].kept);
	still_finish(&still);
	compose_finish(&compose);
	damage_finish(&damage);
	layers_finish(&layers);
}

/* While tiles are composed, somebody draws, and soon draws what was there before. As soon as nobody does, the
 * picture is right after one look. */
static void misses_nothing_that_is_drawn_meanwhile(void) {
	enum { LOOKS = 3000 };
	struct screen screen;
	uint32_t left_alone = 0;
	open_watched(&screen);
	look(&screen, false);
	for (int i = 0; i < LOOKS; i++) {
		watched.layers = &screen.layers;
		for (int n = 0; n < 100; n++)
			draw(&screen.layers);
		watched.rows = 0;
		store(&screen, false);
		left_alone += watched.rows == 0;
		watched.layers = NULL;
		if (random_below(&screen.layers.random, 3))
			continue;
		convert(&screen, screen.other, &screen.expected, true);
		store(&screen, false);
		const struct picture *picture = acquire(&screen);
		check_picture(&screen, picture);
	}
	CHECK_SAY(left_alone > LOOKS / 20 && LOOKS - left_alone > LOOKS / 5, "%u", left_alone);
	screen_finish(&screen);
}

/* Looks until tiles that can be left alone are, changes one thing, and looks. */
static void change_one(struct screen *screen, int what) {
	struct frame *frame = &screen->layers.frame;
	for (int i = 0; i < 4; i++)
		look(screen, false);
	for (int i = 0; i < frame->layer_count; i++) {
		struct frame_layer *layer = &frame->layers[i];
		layer->alpha ^= what == 0 ? 0x4000 : 0;
		layer->blend = (enum frame_blend)((layer->blend + (what == 1)) % 3);
		layer->encoding = (enum frame_encoding)((layer->encoding + (what == 2)) % 3);
		layer->range = (enum frame_range)((layer->range + (what == 3)) % 2);
		layer->destination.x += what == 4;
		layer->destination.y += what == 5;
		layer->rotation ^= what == 6 ? DRM_MODE_REFLECT_X : 0;
		if (layer->source.width >= 2 << 16 && what == 7)
			layer->source.width -= 1 << 16;
	}
	frame->layer_count -= what == 8 && frame->layer_count > 1;
	frame->signal.transfer = what >= 9 ? FRAME_TRANSFER_PQ : FRAME_TRANSFER_SDR;
	frame->signal.primaries = what >= 10 ? FRAME_PRIMARIES_P3 : FRAME_PRIMARIES_BT709;
	frame->signal.peak = what >= 9 ? 300 : 0;
	frame->signal.peak += what == 11 ? 400 : 0;
	look(screen, false);
}

static void sees_all_that_a_stack_consists_of(void) {
	enum { SEEDS = 24 / SHARE, THINGS = 12 };
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct screen screen = {.seed = seed};
		layers_init(&screen.layers, seed,
			seed % 2 ? LAYERS_SEVERAL | LAYERS_YUV | LAYERS_PLANE_ALPHA | LAYERS_PIXEL_ALPHA
				 : LAYERS_YUV);
		screen_open(&screen, kernel_at(0), seed);
		for (int what = 0; what < THINGS; what++)
			change_one(&screen, what);
		for (int i = 0; i < 2; i++) { /* another correction, another palette */
			for (int n = 0; n < 4; n++)
				look(&screen, false);
			colours_fill(&screen.colours, &screen.layers.random, false);
			screen.layers.frame.colour = &screen.colours.colour;
			look(&screen, false);
		}
		screen_finish(&screen);
	}
}

/* A screen of a layer of this format, all bytes of which are 0. Its source begins at an odd pixel. Returns
 * its size.
 */
static size_t open_one_layer(struct screen *screen, const struct pixel_format *format, uint32_t rotation) {
	enum { SIDE = 12 };
	struct layers layers = {.random = {.state = 3}};
	frame_init(&layers.frame);
	layers.frame.width = layers.frame.height = SIDE - 3;
	struct frame_layer *layer = frame_add_layer(&layers.frame);
	size_t size = 0;
	for (int i = 0; i < format->planes; i++) {
		layer->planes[i].offset = (uint32_t)size;
		layer->planes[i].pitch = (uint32_t)pixel_format_row_bytes(format, i, SIDE);
		size += (size_t)layer->planes[i].pitch * pixel_format_rows(format, i, SIDE);
	}
	layers.memory[0] = calloc(1, size);
	CHECK(layers.memory[0]);
	layer->width = layer->height = SIDE;
	layer->fourcc = format->fourcc;
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->plane_count = format->planes;
	layer->memory = layers.memory[0];
	layer->memory_size = size;
	layer->memory_id = 1;
	layer->palette = palette_for(format);
	layer->source = (struct rect_fixed){1 << 16, 1 << 16, (SIDE - 3) << 16, (SIDE - 3) << 16};
	layer->destination = (struct rect){0, 0, SIDE - 3, SIDE - 3};
	layer->rotation = rotation;
	layer->alpha = 0xc000;
	*screen = (struct screen){.layers = layers};
	screen_open(screen, kernel_at(0), 1);
	return size;
}

/* One after the other, of a layer that is turned or not. */
static void sees_every_byte(const struct pixel_format *format, uint32_t rotation) {
	struct screen screen;
	size_t size = open_one_layer(&screen, format, rotation);
	for (size_t i = 0; i < size; i++) {
		for (int n = 0; n < 4; n++)
			look(&screen, false);
		screen.layers.memory[0][i] ^= 0xff;
		look(&screen, false);
	}
	screen_finish(&screen);
}

static int mappings_left = INT_MAX;

void *__real_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
	if (mappings_left > 0) {
		mappings_left--;
		return __real_mmap64(at, size, protection, flags, fd, offset);
	}
	errno = ENOMEM;
	return MAP_FAILED;
}

/* There is room for copies of the first of two memory planes only. Nothing is copied then. */
static void needs_no_room(uint32_t rotation) {
	struct screen screen;
	size_t size = open_one_layer(&screen, pixel_format_find(DRM_FORMAT_NV12), rotation);
	mappings_left = 1;
	for (int n = 0; n < 8; n++)
		look(&screen, false);
	CHECK(mappings_left == 0);
	mappings_left = INT_MAX;
	screen.layers.memory[0][size - 1] ^= 0xff;
	for (int n = 0; n < 8; n++)
		look(&screen, false);
	screen_finish(&screen);
}

/* Two tiles share the chroma of a pair of pixels, which changes while either of them is about to be copied.
 */
static void shares_no_copies(void) {
	enum { PAIR = 2 * (DAMAGE_TILE - 33) }; /* the bytes up to the pair that is cut */
	for (int looks = 0; looks < 6; looks++) {
		for (int tile = 0; tile < 2; tile++) {
			struct screen screen = {.seed = (uint64_t)looks};
			set_planes(&screen.layers, 2, DRM_FORMAT_YUYV, 0xffff);
			struct frame_layer *layer = &screen.layers.frame.layers[1];
			layer->width = layer->destination.width = 80;
			layer->source.width = 80 << 16;
			layer->destination.x = 33;
			screen_open(&screen, kernel_at(0), 1);
			for (int n = 0; n < 5; n++)
				look(&screen, false);
			screen.layers.memory[1][tile ? 2 * 60 : 0] ^= 0x70;
			for (int n = 0; n < looks; n++)
				look(&screen, false);
			screen.layers.memory[1][PAIR - 1] ^= 0x70;
			for (int n = 0; n < 5; n++)
				look(&screen, false);
			screen_finish(&screen);
		}
	}
}

/* A window whose pixels are laid over another plane's while they are compared. */
static void sees_through_windows(const struct kernel *kernel, uint32_t fourcc, enum frame_blend blend) {
	struct screen screen = {.seed = fourcc};
	set_planes(&screen.layers, 2, fourcc, 0xffff);
	struct frame_layer *window = &screen.layers.frame.layers[1];
	window->blend = blend;
	window->destination.x = 10;
	for (int i = 0; i < 2; i++)
		for (size_t at = 0; at < screen.layers.frame.layers[i].memory_size; at++)
			screen.layers.memory[i][at] = (uint8_t)random_next(&screen.layers.random);
	screen_open(&screen, kernel, 1);
	for (int i = 0; i < 150; i++) {
		look(&screen, false);
		change_byte(&screen);
	}
	look(&screen, false);
	check_reference(&screen);
	screen_finish(&screen);
}

static void sees_everything(void) {
	static const uint32_t fourccs[] = {DRM_FORMAT_ARGB8888, DRM_FORMAT_ABGR8888};
	const struct kernel *kernel;
	sees_all_that_a_stack_consists_of();
	for (size_t i = 0; pixel_format_at(i); i++) {
		sees_every_byte(pixel_format_at(i), DRM_MODE_ROTATE_0);
		sees_every_byte(pixel_format_at(i), DRM_MODE_ROTATE_90 | DRM_MODE_REFLECT_X);
	}
	needs_no_room(DRM_MODE_ROTATE_0);
	needs_no_room(DRM_MODE_ROTATE_90);
	for (size_t which = 0; (kernel = kernel_at(which)); which++)
		for (size_t i = 0; i < 4; i++)
			sees_through_windows(kernel, fourccs[i / 2],
				i % 2 ? FRAME_BLEND_COVERAGE : FRAME_BLEND_PREMULTIPLIED);
}

int main(void) {
	static const unsigned allowed[] = {LAYERS_ALL & ~(unsigned)LAYERS_SCALED, LAYERS_ALL,
		LAYERS_SEVERAL | LAYERS_PIXEL_ALPHA | LAYERS_PLANE_ALPHA | LAYERS_BLEND, LAYERS_ROTATED,
		LAYERS_SEVERAL | LAYERS_YUV};
	const struct kernel *kernel;
	leaves_alone_what_is_still();
	copies_only_what_is_still();
	misses_nothing_that_is_drawn_meanwhile();
	shares_no_copies();
	sees_everything();
	for (size_t which = 0; (kernel = kernel_at(which)); which++) {
		enum { SEEDS = 30 / SHARE };
		for (uint64_t seed = 0; seed < SEEDS; seed++)
			follow(kernel, allowed[seed % ARRAY_LEN(allowed)], 1000 * which + seed);
		printf("%s: %d screens\n", kernel->name, SEEDS);
	}
	return 0;
}
