/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What benchmarks convert on machines whose screen cannot be read is converted truly: from a texture that
 * stands in for the import, and, where a card is named, from a framebuffer that GBM makes on it, which the
 * CPU finds the same pixels in: stand_in [/dev/dri/cardN]
 */
#include "encode/gl/stand_in.h"

#include <stdlib.h>
#include <string.h>

#include "encode/bench/own_frames.h"
#include "encode/cpu/cpu.h"
#include "encode/gl/gl.h"
#include "encode/gl/own_buffer.h"
#include "tests/test.h"

enum { WIDTH = 330, HEIGHT = 215, STRIDE = (WIDTH * 4 + 63) / 64 * 64 };

static void check_pixels(const struct source *source, const struct picture *picture) {
	const struct canvas *canvas = own_frames_canvas(source);
	for (uint32_t y = 0; y < HEIGHT; y++)
		CHECK_SAY(!memcmp(picture->pixels + (size_t)y * picture->stride,
				  canvas->pixels + (size_t)y * canvas->stride, (size_t)WIDTH * 4),
			"row %u differs", y);
}

static uint32_t convert(struct converter *converter, struct source *source, struct picture *picture,
	bool fresh, enum converter_import import) {
	struct converter_result result;
	struct reason reason = {""};
	struct damage damage;
	struct frame frame;
	frame_init(&frame);
	damage_init(&damage);
	CHECK(damage_resize(&damage, WIDTH, HEIGHT) == 0);
	CHECK(source->impl->acquire(source, 0, &frame, &reason) == 0);
	const struct conversion conversion = {
		.frame = &frame,
		.picture = picture,
		.fresh = fresh,
		.damage = &damage,
		.result = &result,
		.reason = &reason,
	};
	int error = converter->impl->convert(converter, &conversion);
	CHECK_SAY(!error, "%s", reason.text);
	CHECK_SAY(result.import == import, "%s", converter_import_name(result.import));
	CHECK(result.tiles_changed == damage_count(&damage));
	check_pixels(source, picture);
	damage_finish(&damage);
	frame_finish(&frame);
	return result.tiles_changed;
}

/* The first frame, the same once more, in a buffer that was not met, and with a tile forgotten. Takes the
 * converter. */
static void check_converter(
	struct converter *converter, struct source *source, enum converter_import import) {
	struct picture picture = {.width = WIDTH,
		.height = HEIGHT,
		.stride = STRIDE,
		.pixels = aligned_alloc(64, STRIDE * HEIGHT)};
	struct damage tile;
	damage_init(&tile);
	CHECK(converter && picture.pixels && damage_resize(&tile, WIDTH, HEIGHT) == 0);
	memset(picture.pixels, 0xa5, STRIDE * HEIGHT);
	CHECK(convert(converter, source, &picture, true, import) == 6 * 4);
	CHECK(convert(converter, source, &picture, false, import) == 0);
	converter->impl->release(converter);
	CHECK(convert(converter, source, &picture, false, import) == 0);
	damage_add(&tile, 5, 3);
	converter->impl->forget(converter, &picture, &tile);
	CHECK(convert(converter, source, &picture, false, import) == 1);
	converter_destroy(converter);
	damage_finish(&tile);
	free(picture.pixels);
}

static struct converter *create(const char *card_node) {
	struct converter *gl;
	struct reason reason;
	if (gl_converter_create(card_node, NULL, &gl, &reason) != 0)
		SKIP("%s", reason.text);
	return gl;
}

static void check_buffer(struct source *source, const char *card_node) {
	struct converter *gl = create(card_node);
	struct frame buffer;
	struct reason reason = {""};
	frame_init(&buffer);
	CHECK_SAY(own_buffer_create(gl, own_frames_canvas(source), &buffer, &reason) == 0, "%s", reason.text);
	own_frames_set_buffer(source, &buffer);
	check_converter(cpu_converter_create(), source, CONVERTER_IMPORT_DMABUF_MMAP);
	check_converter(gl, source, CONVERTER_IMPORT_DMABUF_EGL);
}

int main(int argc, char **argv) {
	struct source *source;
	struct reason reason;
	CHECK(own_frames_open(WIDTH, HEIGHT, &source, &reason) == 0);
	check_converter(cpu_converter_create(), source, CONVERTER_IMPORT_MEMORY);
	check_converter(stand_in_create(create(NULL)), source, CONVERTER_IMPORT_TEXTURE);
	if (argc > 1)
		check_buffer(source, argv[1]);
	source_destroy(source);
	return 0;
}
