/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random frames of several planes, by every kernel that this machine runs, against the reference compositor:
 * the exact bytes where nothing is blended or filtered, within one level elsewhere. The tiles that are
 * reported are those whose pixels changed.
 */
#include "capture/base/array.h"
#include "encode/cpu/cpu.h"

#include <string.h>

#include "tests/encode/changes.h"
#include "tests/encode/layers.h"
#include "tests/encode/reference.h"
#include "tests/test.h"

/* Which pixels come out is proven without a sanitizer, which takes ten times as long. */
#ifdef __SANITIZE_ADDRESS__
enum { CHANGES = 4, SHARE = 3 };
#else
enum { CHANGES = 4, SHARE = 1 };
#endif

/* What may come together, and how the reference takes it. */
static const struct kind {
	unsigned allow;
	struct reference_options options;
	uint64_t seeds;
} kinds[] = {
	{LAYERS_ALL & ~(unsigned)LAYERS_SCALED, {REFERENCE_NEAREST, true}, 60},
	{LAYERS_ALL & ~(unsigned)LAYERS_FRACTIONAL, {REFERENCE_BILINEAR, false}, 60},
	{LAYERS_SEVERAL | LAYERS_PIXEL_ALPHA | LAYERS_BLEND, {REFERENCE_NEAREST, true}, 40},
	{LAYERS_SEVERAL, {REFERENCE_NEAREST, true}, 30},
	{LAYERS_ROTATED, {REFERENCE_NEAREST, true}, 30},
};

/* A converter, and the picture that it stored last. */
struct screen {
	struct layers layers;
	struct converter *converter;
	struct picture picture;
	uint32_t *before; /* the picture's pixels before the last conversion */
	struct damage damage;
};

static void screen_init(struct screen *screen, const struct kernel *kernel, enum cpu_bounce bounce,
	unsigned allow, uint64_t seed) {
	memset(screen, 0, sizeof *screen);
	layers_init(&screen->layers, seed, allow);
	const struct frame *frame = &screen->layers.frame;
	screen->converter = cpu_converter_create_with(kernel, bounce);
	screen->picture = (struct picture){
		.width = frame->width, .height = frame->height, .stride = (frame->width * 4 + 63) / 64 * 64};
	screen->picture.pixels = aligned_alloc(64, screen->picture.stride * frame->height);
	screen->before = calloc(frame->height, screen->picture.stride);
	CHECK(screen->converter && screen->picture.pixels && screen->before);
	memset(screen->picture.pixels, 0x77, screen->picture.stride * frame->height);
	CHECK(damage_resize(&screen->damage, frame->width, frame->height) == 0);
}

static void screen_finish(struct screen *screen) {
	converter_destroy(screen->converter);
	damage_finish(&screen->damage);
	free(screen->picture.pixels);
	free(screen->before);
	layers_finish(&screen->layers);
}

static uint32_t pixel_at(const struct picture *picture, const void *pixels, uint32_t x, uint32_t y) {
	uint32_t pixel;
	memcpy(&pixel, (const uint8_t *)pixels + y * picture->stride + x * sizeof pixel, sizeof pixel);
	return pixel;
}

static void convert(struct screen *screen, bool fresh) {
	struct converter_result result;
	struct reason reason = {""};
	memcpy(screen->before, screen->picture.pixels, screen->picture.stride * screen->picture.height);
	damage_clear(&screen->damage);
	const struct conversion conversion = {
		.frame = &screen->layers.frame,
		.picture = &screen->picture,
		.fresh = fresh,
		.damage = &screen->damage,
		.result = &result,
		.reason = &reason,
	};
	int error = screen->converter->impl->convert(screen->converter, &conversion);
	CHECK_SAY(error == 0, "%s", reason.text);
	CHECK(result.tiles_changed == damage_count(&screen->damage));
}

/* What lies below is rounded before it is blended with, and the sum again. */
static void check_pixels(
	const struct screen *screen, const struct reference_options *options, uint64_t seed) {
	const struct frame *frame = &screen->layers.frame;
	for (uint32_t y = 0; y < frame->height; y++) {
		for (uint32_t x = 0; x < frame->width; x++) {
			struct reference_pixel expected = reference_pixel(frame, x, y, options);
			uint32_t got = pixel_at(&screen->picture, screen->picture.pixels, x, y);
			double most = expected.rounding ? 1 : 0.5;
			if (expected.rounding & REFERENCE_BETWEEN)
				continue;
			CHECK_SAY(reference_distance(&expected, got) <= most &&
					  (expected.rounding || got == reference_to_xrgb(&expected)),
				"seed %llu: %u,%u is %06x, not %.2f %.2f %.2f (%u)", (unsigned long long)seed,
				x, y, got, expected.colour[0], expected.colour[1], expected.colour[2],
				expected.rounding);
		}
	}
}

static void check_damage(const struct screen *screen, uint64_t seed) {
	for (uint32_t row = 0; row < screen->damage.rows; row++)
		for (uint32_t column = 0; column < screen->damage.columns; column++)
			CHECK_SAY(changes_are(&screen->damage, column, row,
					  changes_in(screen->before, screen->picture.pixels,
						  screen->picture.stride,
						  damage_tile(&screen->damage, column, row))),
				"seed %llu: tile %u,%u", (unsigned long long)seed, column, row);
}

static void follow(const struct kind *kind, const struct kernel *kernel, uint64_t seed) {
	struct screen screen;
	screen_init(&screen, kernel, seed % 3 ? CPU_BOUNCE_NEVER : CPU_BOUNCE_ALWAYS, kind->allow, seed);
	convert(&screen, true);
	CHECK(damage_count(&screen.damage) == screen.damage.columns * screen.damage.rows);
	check_pixels(&screen, &kind->options, seed);
	for (int i = 0; i < CHANGES; i++) {
		layers_mutate(&screen.layers);
		convert(&screen, false);
		check_pixels(&screen, &kind->options, seed);
		check_damage(&screen, seed);
	}
	screen_finish(&screen);
}

int main(void) {
	const struct kernel *kernel;
	for (size_t which = 0; (kernel = kernel_at(which)); which++) {
		for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
			for (uint64_t seed = 0; seed < kinds[i].seeds / SHARE; seed++)
				follow(&kinds[i], kernel, 1000 * which + 100 * i + seed);
		printf("%s: the reference's pixels\n", kernel->name);
	}
	return 0;
}
