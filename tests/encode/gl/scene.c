/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/gl/scene.h"
#include "tests/encode/changes.h"
#include "tests/encode/known_colours.h"
#include "tests/encode/palette.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "encode/gl/gl.h"
#include "tests/test.h"

static uint8_t *pixel_of(const struct scene *scene, uint32_t x, uint32_t y) {
	const struct frame_layer *layer = &scene->frame.layers[0];
	return scene->memory + layer->planes[0].offset + (size_t)y * layer->planes[0].pitch +
	       (size_t)x * scene->format->bytes_per_pixel;
}

/* Plainly: where the pixel of the mode lies in the framebuffer, by turning the mode back step by step. */
static uint32_t expected_at(const struct scene *scene, uint32_t x, uint32_t y) {
	const struct frame_layer *layer = &scene->frame.layers[0];
	int64_t dx = (int64_t)x - layer->destination.x, dy = (int64_t)y - layer->destination.y;
	int64_t width = layer->source.width >> 16, height = layer->source.height >> 16, sx = dx, sy = dy;
	if (dx < 0 || dy < 0 || dx >= layer->destination.width || dy >= layer->destination.height)
		return 0;
	if (layer->rotation & DRM_MODE_ROTATE_90) /* counter-clockwise: the top row was the right column */
		sx = width - 1 - dy, sy = dx;
	if (layer->rotation & DRM_MODE_ROTATE_180)
		sx = width - 1 - dx, sy = height - 1 - dy;
	if (layer->rotation & DRM_MODE_ROTATE_270)
		sx = dy, sy = height - 1 - dx;
	if (layer->rotation & DRM_MODE_REFLECT_X)
		sx = width - 1 - sx;
	if (layer->rotation & DRM_MODE_REFLECT_Y)
		sy = height - 1 - sy;
	return palette_pixel_to_xrgb(scene->format, pixel_of(scene, (uint32_t)sx + (layer->source.x >> 16),
							    (uint32_t)sy + (layer->source.y >> 16)));
}

void scene_expect(struct scene *scene, bool fresh) {
	damage_clear(&scene->expected_damage);
	for (uint32_t y = 0; y < scene->frame.height; y++) {
		for (uint32_t x = 0; x < scene->frame.width; x++) {
			uint32_t *at = &scene->expected[(size_t)y * scene->frame.width + x];
			uint32_t now = expected_at(scene, x, y);
			if (now != *at || fresh)
				changes_add(&scene->expected_damage, x, y);
			*at = now;
		}
	}
}

enum { PAGE = 4096 };

static size_t pages_of(size_t size) {
	return (size + PAGE - 1) / PAGE * PAGE;
}

/* Behind it lies a page that nobody may read. */
static uint8_t *memory_create(size_t size) {
	uint8_t *pages = mmap(NULL, pages_of(size) + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(pages != MAP_FAILED && mprotect(pages, pages_of(size), PROT_READ | PROT_WRITE) == 0);
	return pages + pages_of(size) - size;
}

static void memory_destroy(uint8_t *memory, size_t size) {
	munmap(memory + size - pages_of(size), pages_of(size) + PAGE);
}

static void add_layer(struct scene *scene, uint32_t width, uint32_t height, uint32_t rotation) {
	struct frame_layer *layer = frame_add_layer(&scene->frame);
	bool turned = rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270);
	uint32_t left = random_below(&scene->random, 9), top = random_below(&scene->random, 5);
	uint32_t source_width = turned ? height : width, source_height = turned ? width : height;
	layer->width = source_width + left + random_below(&scene->random, 7);
	layer->height = source_height + top + random_below(&scene->random, 3);
	layer->source = (struct rect_fixed){left << 16, top << 16, source_width << 16, source_height << 16};
	layer->destination = (struct rect){0, 0, width, height};
	if (random_below(&scene->random, 4) ==
		0) { /* not all of the mode is covered, or the layer reaches out */
		layer->destination.x = (int32_t)random_below(&scene->random, 41) - 20;
		layer->destination.y = (int32_t)random_below(&scene->random, 41) - 20;
	}
	layer->fourcc = scene->format->fourcc;
	layer->palette = palette_for(scene->format);
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->rotation = rotation;
	layer->plane_count = 1;
	layer->planes[0].offset = 16 * random_below(&scene->random, 3);
	layer->planes[0].pitch =
		layer->width * scene->format->bytes_per_pixel + random_below(&scene->random, 40);
	if (random_below(&scene->random, 3) == 0) /* as many drivers do */
		layer->planes[0].pitch = (layer->width * scene->format->bytes_per_pixel + 3) / 4 * 4;
	scene->memory_size = layer->planes[0].offset + (size_t)(layer->height - 1) * layer->planes[0].pitch +
			     (size_t)layer->width * scene->format->bytes_per_pixel;
	scene->memory = memory_create(scene->memory_size);
	layer->memory = scene->memory;
	layer->memory_size = scene->memory_size;
	layer->memory_id = 1;
}

void scene_init(struct scene *scene, uint64_t seed, const struct pixel_format *format, uint32_t width,
	uint32_t height, uint32_t rotation) {
	memset(scene, 0, sizeof *scene);
	scene->random.state = seed * 2 + 1;
	scene->format = format;
	frame_init(&scene->frame);
	scene->frame.width = width;
	scene->frame.height = height;
	add_layer(scene, width, height, rotation);
	scene->expected = calloc((size_t)width * height, sizeof *scene->expected);
	scene->picture.width = width;
	scene->picture.height = height;
	scene->picture.stride = (width * 4 + 63) / 64 * 64;
	scene->picture.pixels = aligned_alloc(64, (size_t)scene->picture.stride * height);
	CHECK(scene->expected && scene->picture.pixels);
	memset(scene->picture.pixels, 0xa5, (size_t)scene->picture.stride * height);
	damage_init(&scene->damage);
	damage_init(&scene->expected_damage);
	CHECK(!damage_resize(&scene->damage, width, height));
	scene->picture.wants_colours = true;
	scene->picture.colours =
		calloc((size_t)scene->damage.columns * scene->damage.rows, sizeof *scene->picture.colours);
	CHECK(scene->picture.colours);
	CHECK(!damage_resize(&scene->expected_damage, width, height));
	scene_fill(scene);
}

/* As a store does with what was published. */
static void drop_old_colours(struct scene *scene) {
	const struct damage *damage = &scene->damage;
	for (uint32_t tile = 0; tile < damage->columns * damage->rows; tile++) {
		struct tile_colours **colours = &scene->picture.colours[tile];
		uint32_t column = tile % damage->columns, row = tile / damage->columns;
		if (!damage_has(damage, column, row) || damage_has_colours(damage, column, row))
			continue;
		tile_colours_drop(*colours);
		*colours = NULL;
	}
}

void scene_finish(struct scene *scene) {
	for (uint32_t tile = 0; tile < scene->damage.columns * scene->damage.rows; tile++)
		tile_colours_drop(scene->picture.colours[tile]);
	free(scene->picture.colours);
	damage_finish(&scene->damage);
	damage_finish(&scene->expected_damage);
	free(scene->expected);
	free(scene->picture.pixels);
	memory_destroy(scene->memory, scene->memory_size);
	frame_finish(&scene->frame);
}

static void put_pixel(struct scene *scene, uint32_t x, uint32_t y, uint64_t value) {
	memcpy(pixel_of(scene, x, y), &value, scene->format->bytes_per_pixel);
}

void scene_fill(struct scene *scene) {
	const struct frame_layer *layer = &scene->frame.layers[0];
	for (size_t i = 0; i < scene->memory_size; i++)
		scene->memory[i] = (uint8_t)random_next(&scene->random);
	/* Blocks as large as tiles, whose content has as many colours as each coding is for. */
	static const uint32_t colours[] = {1, 2, 5, 16, 17, 100, 200, 255, 256, 0};
	for (uint32_t top = 0; top < layer->height; top += 32) {
		for (uint32_t left = 0; left < layer->width; left += 96) {
			uint64_t palette[256];
			uint32_t count = colours[random_below(&scene->random, 10)];
			for (uint32_t i = 0; i < count; i++)
				palette[i] = random_next(&scene->random);
			for (uint32_t y = top; count && y < top + 32 && y < layer->height; y++) {
				for (uint32_t x = left; x < left + 96 && x < layer->width; x++)
					put_pixel(scene, x, y, palette[random_below(&scene->random, count)]);
			}
		}
	}
}

static void change_rectangle(struct scene *scene) {
	const struct frame_layer *layer = &scene->frame.layers[0];
	uint32_t x = random_below(&scene->random, layer->width),
		 y = random_below(&scene->random, layer->height);
	uint32_t right = x + 1 + random_below(&scene->random, 90),
		 bottom = y + 1 + random_below(&scene->random, 90);
	bool solid = random_below(&scene->random, 2);
	uint64_t value = random_next(&scene->random);
	for (uint32_t row = y; row < bottom && row < layer->height; row++) {
		for (uint32_t column = x; column < right && column < layer->width; column++)
			put_pixel(scene, column, row, solid ? value : random_next(&scene->random));
	}
}

void scene_mutate(struct scene *scene) {
	const struct frame_layer *layer = &scene->frame.layers[0];
	switch (random_below(&scene->random, 6)) {
	case 0: /* nothing */
		break;
	case 1: /* the smallest change there is: a bit, which may be padding's */
		scene->memory[random_below(&scene->random, (uint32_t)scene->memory_size)] ^=
			(uint8_t)(1 << random_below(&scene->random, 8));
		break;
	case 2: /* a single pixel */
		put_pixel(scene, random_below(&scene->random, layer->width),
			random_below(&scene->random, layer->height), random_next(&scene->random));
		break;
	case 3:
		scene_fill(scene);
		break;
	default:
		for (uint32_t n = random_below(&scene->random, 4); n < 4; n++)
			change_rectangle(scene);
	}
}

static void check(struct scene *scene, const struct converter_result *result, const char *what) {
	drop_old_colours(scene);
	scene->coloured += known_colours_check(&scene->picture);
	for (uint32_t y = 0; y < scene->frame.height; y++) {
		const uint32_t *row =
			(const uint32_t *)(scene->picture.pixels + (size_t)y * scene->picture.stride);
		for (uint32_t x = 0; x < scene->frame.width; x++) {
			uint32_t want = scene->expected[(size_t)y * scene->frame.width + x];
			CHECK_SAY(row[x] == want, "%s: %s %ux%u: pixel %u,%u is %06x, must be %06x", what,
				scene->format->name, scene->frame.width, scene->frame.height, x, y, row[x],
				want);
		}
	}
	for (uint32_t row = 0; row < scene->damage.rows; row++) {
		for (uint32_t column = 0; column < scene->damage.columns; column++)
			CHECK_SAY(changes_are_same(&scene->damage, &scene->expected_damage, column, row),
				"%s: %s: tile %u,%u", what, scene->format->name, column, row);
	}
	CHECK_SAY(result->tiles_changed == damage_count(&scene->damage), "%s: %u tiles", what,
		result->tiles_changed);
}

int scene_try(struct scene *scene, struct converter *converter, bool fresh, struct converter_result *result,
	struct reason *reason) {
	damage_clear(&scene->damage);
	const struct conversion conversion = {
		.frame = &scene->frame,
		.picture = &scene->picture,
		.fresh = fresh,
		.damage = &scene->damage,
		.result = result,
		.reason = reason,
	};
	return converter->impl->convert(converter, &conversion);
}

struct converter_result scene_convert(
	struct scene *scene, struct converter *converter, bool fresh, const char *what) {
	struct converter_result result;
	struct reason reason = {""};
	scene_expect(scene, fresh);
	int error = scene_try(scene, converter, fresh, &result, &reason);
	CHECK_SAY(!error, "%s: %s: %s", what, scene->format->name, reason.text);
	check(scene, &result, what);
	return result;
}

struct converter_result scene_convert_texture(struct scene *scene, struct converter *converter,
	unsigned target, unsigned texture, bool fresh, const char *what) {
	struct converter_result result;
	struct reason reason = {""};
	scene_expect(scene, fresh);
	damage_clear(&scene->damage);
	const struct conversion conversion = {
		.picture = &scene->picture,
		.fresh = fresh,
		.damage = &scene->damage,
		.result = &result,
		.reason = &reason,
	};
	int error = gl_converter_convert_texture(converter, target, texture, &conversion);
	CHECK_SAY(!error, "%s: %s", what, reason.text);
	check(scene, &result, what);
	return result;
}
