/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/gl/check.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <string.h>

#include "encode/gl/gl.h"
#include "encode/gl/gles.h"
#include "tests/encode/gl/scene.h"
#include "tests/encode/gl/texture.h"
#include "tests/test.h"

/* Every rotation with every reflection comes up among as many formats as there are. */
static uint32_t rotation_of(uint64_t number) {
	static const uint32_t reflections[] = {0, DRM_MODE_REFLECT_X, DRM_MODE_REFLECT_Y};
	return 1u << number % 4 | reflections[number / 4 % 3];
}

void check_memory(struct converter *converter, uint64_t seed) {
	struct random random = {.state = seed * 2 + 1};
	for (size_t i = 0; pixel_format_at(i); i++) {
		const struct pixel_format *format = pixel_format_at(i);
		struct scene scene;
		if (format->model == PIXEL_YUV)
			continue;
		scene_init(&scene, random_next(&random), format, 1 + random_below(&random, 300),
			1 + random_below(&random, 200), rotation_of(i + seed));
		struct converter_result result = scene_convert(&scene, converter, true, "first frame");
		CHECK(result.import == CONVERTER_IMPORT_MEMORY && result.bytes_read_back > 0);
		for (int frame = 0; frame < 5; frame++) {
			scene_convert(&scene, converter, false, "changed");
			scene_mutate(&scene);
		}
		scene_convert(&scene, converter, random_below(&random, 2), "last frame");
		scene_finish(&scene);
	}
}

enum { TEXTURE_WIDTH = 200, TEXTURE_HEIGHT = 150 };

static void fill_texture(const struct gles *gl, GLuint texture, const struct scene *scene) {
	const struct frame_layer *layer = &scene->frame.layers[0];
	uint32_t rows[TEXTURE_HEIGHT][TEXTURE_WIDTH];
	for (uint32_t y = 0; y < TEXTURE_HEIGHT; y++)
		memcpy(rows[y],
			layer->memory + layer->planes[0].offset +
				(size_t)(y + (layer->source.y >> 16)) * layer->planes[0].pitch +
				(size_t)(layer->source.x >> 16) * 4,
			sizeof rows[y]);
	gl->ActiveTexture(GL_TEXTURE0);
	gl->BindTexture(GL_TEXTURE_2D, texture);
	gl->TexSubImage2D(
		GL_TEXTURE_2D, 0, 0, 0, TEXTURE_WIDTH, TEXTURE_HEIGHT, GL_RGBA, GL_UNSIGNED_BYTE, rows);
}

/* `shown` is `texture`, or another that shares its memory. */
static void convert_texture(
	struct converter *converter, uint64_t seed, GLenum target, GLuint shown, GLuint texture) {
	struct scene scene;
	scene_init(&scene, seed, pixel_format_find(DRM_FORMAT_ABGR8888), TEXTURE_WIDTH, TEXTURE_HEIGHT,
		DRM_MODE_ROTATE_0);
	scene.frame.layers[0].destination = (struct rect){0, 0, TEXTURE_WIDTH, TEXTURE_HEIGHT};
	for (int frame = 0; frame < 8; frame++) {
		const struct gles *gl = gl_converter_gles(converter);
		CHECK(gl);
		fill_texture(gl, texture, &scene);
		scene_convert_texture(&scene, converter, target, shown, frame == 0, "texture");
		scene_mutate(&scene);
	}
	scene_finish(&scene);
}

void check_texture(struct converter *converter, uint64_t seed) {
	const struct gles *gl = gl_converter_gles(converter);
	GLuint texture = texture_create(gl, TEXTURE_WIDTH, TEXTURE_HEIGHT, NULL);
	convert_texture(converter, seed, GL_TEXTURE_2D, texture, texture);
	gl->DeleteTextures(1, &texture);
}

bool check_external(struct converter *converter, uint64_t seed) {
	const struct gles *gl = gl_converter_gles(converter);
	struct texture_external external;
	GLuint texture = texture_create(gl, TEXTURE_WIDTH, TEXTURE_HEIGHT, NULL);
	bool can = texture_external_init(&external, gl, texture);
	if (can)
		convert_texture(converter, seed, GL_TEXTURE_EXTERNAL_OES, external.name, texture);
	texture_external_finish(&external, gl);
	gl->DeleteTextures(1, &texture);
	return can;
}

uint32_t check_large(struct converter *converter, uint64_t seed) {
	struct scene scene;
	scene_init(&scene, seed, pixel_format_at(0), 1000, 560, DRM_MODE_ROTATE_0);
	scene_convert(&scene, converter, true, "large");
	for (int frame = 0; frame < 4; frame++) {
		scene_fill(&scene);
		scene_convert(&scene, converter, false, "large, all changed");
	}
	scene_mutate(&scene);
	scene_convert(&scene, converter, false, "large, a little changed");
	scene_finish(&scene);
	return scene.coloured;
}

void check_forget(struct converter *converter, uint64_t seed) {
	struct random random = {.state = seed * 2 + 1};
	struct scene scene;
	scene_init(&scene, seed, pixel_format_find(DRM_FORMAT_XRGB8888), 330, 215, DRM_MODE_ROTATE_0);
	scene_convert(&scene, converter, true, "to be forgotten");
	struct damage forgotten;
	damage_init(&forgotten);
	for (int round = 0; round < 6; round++) {
		struct converter_result result;
		struct reason reason = {""};
		CHECK(!damage_resize(&forgotten, 330, 215));
		for (uint32_t tile = 0; tile < forgotten.columns * forgotten.rows; tile++) {
			if (round == 5 || random_below(&random, 6) < (uint32_t)round)
				damage_add(&forgotten, tile % forgotten.columns, tile / forgotten.columns);
		}
		converter->impl->forget(converter, &scene.picture, &forgotten);
		int error = scene_try(&scene, converter, false, &result, &reason);
		CHECK_SAY(!error, "%s", reason.text);
		CHECK_SAY(result.tiles_changed == damage_count(&forgotten), "%u tiles instead of %u",
			result.tiles_changed, damage_count(&forgotten));
		for (uint32_t tile = 0; tile < forgotten.columns * forgotten.rows; tile++)
			CHECK(damage_has(&scene.damage, tile % forgotten.columns, tile / forgotten.columns) ==
				damage_has(&forgotten, tile % forgotten.columns, tile / forgotten.columns));
		scene_convert(&scene, converter, false, "after it was forgotten");
	}
	damage_finish(&forgotten);
	scene_finish(&scene);
}

void check_black(struct converter *converter) {
	struct scene scene;
	struct converter_result result;
	struct reason reason = {""};
	scene_init(&scene, 3, pixel_format_at(0), 130, 70, DRM_MODE_ROTATE_0);
	scene_convert(&scene, converter, true, "before black");
	frame_finish(&scene.frame);
	scene.frame.width = 130;
	scene.frame.height = 70;
	CHECK_SAY(!scene_try(&scene, converter, false, &result, &reason), "%s", reason.text);
	CHECK(result.tiles_changed == 6 && damage_count(&scene.damage) == 6);
	for (uint32_t y = 0; y < 70; y++) {
		for (uint32_t x = 0; x < 130; x++)
			CHECK(((const uint32_t *)(scene.picture.pixels +
						  (size_t)y * scene.picture.stride))[x] == 0);
	}
	scene_finish(&scene);
}
