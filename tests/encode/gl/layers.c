/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GPU path shows of random frames of several layers what the reference says, exactly where nothing is
 * mixed and within 1 of 255 elsewhere; reports the tiles that changed and no others; and agrees with the CPU
 * path: layers VERSION compute|fragment FRAMES LAYERS
 */
#include "tests/encode/layers.h"
#include "tests/encode/changes.h"
#include "tests/encode/colours.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "encode/cpu/cpu.h"
#include "encode/gl/gl.h"
#include "encode/pixel_format.h"
#include "tests/encode/gl/texture.h"
#include "tests/encode/reference.h"
#include "tests/test.h"

static const struct reference_options options = {.filter = REFERENCE_BILINEAR};

/* --- layers as textures --- */

enum { UPLOADED = 4 }; /* of memory with a multiple of this number, RGB is uploaded by the converter itself */

struct textures {
	struct gl_texture shown[LAYERS_MAX];
	GLuint names[2 * LAYERS_MAX];
	int count; /* of names */
	struct texture_external externals[LAYERS_MAX];
};

static const uint8_t *plane_row(const struct frame_layer *layer, int plane, uint32_t y) {
	return layer->memory + layer->planes[plane].offset + (size_t)y * layer->planes[plane].pitch;
}

/* A plane whose texels are of `bytes` bytes, in the first channels of a texture. */
static GLuint plane_texture(struct textures *textures, const struct gles *gl, const struct frame_layer *layer,
	int plane, uint32_t bytes, uint32_t width, uint32_t height) {
	uint8_t *rgba = calloc((size_t)width * height, 4), *to = rgba;
	CHECK(rgba);
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++, to += 4)
			memcpy(to, plane_row(layer, plane, y) + (size_t)x * bytes, bytes);
	GLuint name = texture_create(gl, width, height, rgba);
	free(rgba);
	textures->names[textures->count++] = name;
	return name;
}

static void add_yuv(struct textures *textures, const struct gles *gl, int index, const struct frame *frame) {
	const struct frame_layer *layer = &frame->layers[index];
	uint32_t pairs = (layer->width + 1) / 2;
	bool packed = layer->fourcc == DRM_FORMAT_YUYV;
	textures->shown[index] = (struct gl_texture){
		.target = GL_TEXTURE_2D,
		.texture = plane_texture(textures, gl, layer, 0, packed ? 2 : 1, layer->width, layer->height),
		.chroma = packed ? plane_texture(textures, gl, layer, 0, 4, pairs, layer->height)
				 : plane_texture(textures, gl, layer, 1, 2, pairs, (layer->height + 1) / 2),
	};
}

/* Bytes as a texture has them, whose first is red. */
static GLuint rgba_texture(
	struct textures *textures, const struct gles *gl, const struct frame_layer *layer) {
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	struct frame_layer swapped = *layer;
	uint32_t first = format->red.shift == 0 ? 0 : 2;
	uint8_t *memory = malloc(layer->memory_size);
	CHECK(memory);
	memcpy(memory, layer->memory, layer->memory_size);
	for (uint32_t y = 0; first && y < layer->height; y++) {
		uint8_t *row = memory + (plane_row(layer, 0, y) - layer->memory);
		for (uint32_t x = 0; x < layer->width; x++) {
			uint8_t blue = row[4 * x];
			row[4 * x] = row[4 * x + 2];
			row[4 * x + 2] = blue;
		}
	}
	swapped.memory = memory;
	GLuint name = plane_texture(textures, gl, &swapped, 0, 4, layer->width, layer->height);
	free(memory);
	return name;
}

static bool is_rgba(const struct pixel_format *format) {
	return format->bytes_per_pixel == 4 && format->red.bits == 8 && format->green.shift == 8;
}

static void add_rgb(struct textures *textures, const struct gles *gl, int index, const struct frame *frame) {
	GLuint name = rgba_texture(textures, gl, &frame->layers[index]);
	textures->shown[index] = (struct gl_texture){.target = GL_TEXTURE_2D, .texture = name};
	struct texture_external *external = &textures->externals[index];
	if (index % 2 && texture_external_init(external, gl, name))
		textures->shown[index] =
			(struct gl_texture){.target = GL_TEXTURE_EXTERNAL_OES, .texture = external->name};
}

static void add_numbers(
	struct textures *textures, const struct gles *gl, int index, const struct frame *frame) {
	const struct frame_layer *layer = &frame->layers[index];
	textures->shown[index] = (struct gl_texture){
		.target = GL_TEXTURE_2D,
		.texture = plane_texture(textures, gl, layer, 0, 1, layer->width, layer->height),
	};
}

/* YUV, which is never uploaded, and some of the usual formats; the others are uploaded. */
static void textures_init(struct textures *textures, const struct gles *gl, const struct frame *frame) {
	memset(textures, 0, sizeof *textures);
	for (int i = 0; i < frame->layer_count; i++) {
		const struct pixel_format *format = pixel_format_find(frame->layers[i].fourcc);
		if (format->model == PIXEL_YUV)
			add_yuv(textures, gl, i, frame);
		else if (format->model == PIXEL_PALETTE && frame->layers[i].memory_id % UPLOADED)
			add_numbers(textures, gl, i, frame);
		else if (is_rgba(format) && frame->layers[i].memory_id % UPLOADED)
			add_rgb(textures, gl, i, frame);
	}
}

static void textures_finish(struct textures *textures, const struct gles *gl) {
	for (int i = 0; i < LAYERS_MAX; i++)
		texture_external_finish(&textures->externals[i], gl);
	gl->DeleteTextures(textures->count, textures->names);
}

/* --- what is converted --- */

struct output {
	struct picture picture;
	struct damage damage;
	uint8_t *before; /* the picture's pixels before the last conversion; owned */
};

static size_t picture_size(const struct picture *picture) {
	return (size_t)picture->stride * picture->height;
}

static void output_init(struct output *output, const struct frame *frame) {
	struct picture *picture = &output->picture;
	*picture = (struct picture){.width = frame->width, .height = frame->height};
	picture->stride = (frame->width * 4 + 63) / 64 * 64;
	picture->pixels = aligned_alloc(64, picture_size(picture));
	output->before = malloc(picture_size(picture));
	damage_init(&output->damage);
	CHECK(picture->pixels && output->before &&
		!damage_resize(&output->damage, frame->width, frame->height));
	memset(picture->pixels, 0xa5, picture_size(picture));
}

static void output_finish(struct output *output) {
	free(output->picture.pixels);
	free(output->before);
	damage_finish(&output->damage);
}

static int convert(struct converter *converter, bool gpu, const struct frame *frame, bool fresh,
	struct output *output, struct reason *reason) {
	struct converter_result result;
	struct textures textures;
	const struct conversion conversion = {
		.frame = frame,
		.picture = &output->picture,
		.fresh = fresh,
		.damage = &output->damage,
		.result = &result,
		.reason = reason,
	};
	damage_clear(&output->damage);
	memcpy(output->before, output->picture.pixels, picture_size(&output->picture));
	if (!gpu)
		return converter->impl->convert(converter, &conversion);
	textures_init(&textures, gl_converter_gles(converter), frame);
	int error = gl_converter_convert_textures(converter, textures.shown, &conversion);
	const struct gles *gl = gl_converter_gles(converter);
	textures_finish(&textures, gl);
	CHECK(error || result.tiles_changed == damage_count(&output->damage));
	return error;
}

/* --- what comes of it --- */

static const uint32_t *row_of(const uint8_t *pixels, const struct picture *picture, uint32_t y) {
	return (const uint32_t *)(const void *)(pixels + (size_t)y * picture->stride);
}

static void check_damage(const struct output *output, bool fresh, const char *what) {
	const struct damage *damage = &output->damage;
	for (uint32_t row = 0; row < damage->rows; row++) {
		for (uint32_t column = 0; column < damage->columns; column++) {
			struct rect tile = damage_tile(damage, column, row);
			struct rect changed = changes_in(
				output->before, output->picture.pixels, output->picture.stride, tile);
			CHECK_SAY(changes_are(damage, column, row, fresh ? tile : changed), "%s: tile %u,%u",
				what, column, row);
		}
	}
}

static void check_pixels(const struct frame *frame, const struct output *output, const char *what) {
	for (uint32_t y = 0; y < frame->height; y++) {
		const uint32_t *row = row_of(output->picture.pixels, &output->picture, y);
		for (uint32_t x = 0; x < frame->width; x++) {
			struct reference_pixel want = reference_pixel(frame, x, y, &options);
			bool right = want.rounding ? reference_distance(&want, row[x]) <= 1
						   : row[x] == reference_to_xrgb(&want);
			CHECK_SAY(right, "%s: %ux%u: pixel %u,%u is %06x, must be %s%f %f %f", what,
				frame->width, frame->height, x, y, row[x], want.rounding ? "near " : "",
				want.colour[0], want.colour[1], want.colour[2]);
		}
	}
}

static uint32_t distance(uint32_t one, uint32_t other) {
	uint32_t most = 0;
	for (int shift = 0; shift < 24; shift += 8) {
		int by = abs((int)(one >> shift & 255) - (int)(other >> shift & 255));
		most = (uint32_t)by > most ? (uint32_t)by : most;
	}
	return most;
}

/* Returns how many pixels are not the same. */
static unsigned check_agreement(const struct output *gpu, const struct output *cpu, const char *what) {
	unsigned apart = 0;
	for (uint32_t y = 0; y < gpu->picture.height; y++) {
		const uint32_t *one = row_of(gpu->picture.pixels, &gpu->picture, y);
		const uint32_t *other = row_of(cpu->picture.pixels, &cpu->picture, y);
		for (uint32_t x = 0; x < gpu->picture.width; x++) {
			CHECK_SAY(distance(one[x], other[x]) <= 1, "%s: pixel %u,%u: gpu %06x, cpu %06x",
				what, x, y, one[x], other[x]);
			apart += one[x] != other[x];
		}
	}
	return apart;
}

/* --- random frames --- */

/* Where a plane is not scaled, encode/placement.h takes whole pixels, and the reference those in between. */
static void take_whole_pixels(struct frame_layer *layer) {
	bool turned = layer->rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270);
	struct rect_fixed *source = &layer->source;
	uint32_t width = turned ? source->height : source->width,
		 height = turned ? source->width : source->height;
	if (width >> 16 != layer->destination.width || height >> 16 != layer->destination.height)
		return;
	*source = (struct rect_fixed){source->x & 0xffff0000, source->y & 0xffff0000,
		source->width & 0xffff0000, source->height & 0xffff0000};
}

/* Of `most` layers at the most. False: one of them cannot be had in memory nor in a texture of 8 bits a
 * channel. */
static bool make_frame(struct layers *layers, uint64_t seed, int most) {
	layers_init(layers, seed, LAYERS_ALL);
	bool can = true;
	if (layers->frame.layer_count > most)
		layers->frame.layer_count = most;
	for (int i = 0; i < layers->frame.layer_count; i++) {
		layers->frame.layers[i].plane_id = 0; /* as of a source that is no card */
		take_whole_pixels(&layers->frame.layers[i]);
		can &= layers->frame.layers[i].fourcc != DRM_FORMAT_P010;
	}
	if (!can)
		layers_finish(layers);
	return can;
}

/* `apart` counts the pixels that are not the CPU's, which `cpu` is; NULL: it is not asked. */
static void check_random(
	struct converter *gpu, struct converter *cpu, uint64_t seed, int most, unsigned *apart) {
	enum { CHANGES = 4 };
	struct layers layers;
	struct output by_gpu, by_cpu;
	struct reason reason = {""};
	char what[64];
	if (!make_frame(&layers, seed, most))
		return;
	output_init(&by_gpu, &layers.frame);
	output_init(&by_cpu, &layers.frame);
	for (int i = 0; i <= CHANGES; i++) {
		snprintf(what, sizeof what, "frame %llu, change %d", (unsigned long long)seed, i);
		CHECK_SAY(!convert(gpu, true, &layers.frame, i == 0, &by_gpu, &reason), "%s: %s", what,
			reason.text);
		check_damage(&by_gpu, i == 0, what);
		check_pixels(&layers.frame, &by_gpu, what);
		if (cpu) {
			CHECK_SAY(!convert(cpu, false, &layers.frame, i == 0, &by_cpu, &reason), "%s: %s",
				what, reason.text);
			*apart += check_agreement(&by_gpu, &by_cpu, what);
		}
		layers_mutate(&layers);
		for (int j = 0; j < layers.frame.layer_count; j++)
			take_whole_pixels(&layers.frame.layers[j]);
	}
	output_finish(&by_gpu);
	output_finish(&by_cpu);
	layers_finish(&layers);
}

/* --- colours --- */

/* What the GPU made of a frame before is in `before`: without a correction, if the frame has one now. */
static void check_corrected(
	const struct frame *frame, const struct output *output, const uint8_t *plain, const char *what) {
	for (uint32_t y = 0; y < frame->height; y++) {
		const uint32_t *before = row_of(plain, &output->picture, y);
		const uint32_t *after = row_of(output->picture.pixels, &output->picture, y);
		for (uint32_t x = 0; x < frame->width; x++)
			CHECK_SAY(colours_distance(frame->colour, before[x], after[x]) <= 1.5,
				"%s: pixel %u,%u: %06x became %06x", what, x, y, before[x], after[x]);
	}
}

/* A still frame, whose correction comes, changes, stays and goes. The CPU makes the same bytes of it if it
 * made the same of the frame without one. False: there is no such frame. */
static bool check_colours(struct converter *gpu, struct converter *cpu, uint64_t seed, int most) {
	static struct colours colours;
	struct random random = {.state = seed + 1};
	struct layers layers;
	struct output by_gpu, by_cpu;
	struct reason reason = {""};
	char what[64];
	if (!make_frame(&layers, seed, most))
		return false;
	struct frame *frame = &layers.frame;
	output_init(&by_gpu, frame);
	output_init(&by_cpu, frame);
	uint8_t *plain = malloc(picture_size(&by_gpu.picture));
	CHECK(plain && !convert(gpu, true, frame, true, &by_gpu, &reason));
	memcpy(plain, by_gpu.picture.pixels, picture_size(&by_gpu.picture));
	CHECK(!convert(cpu, false, frame, true, &by_cpu, &reason));
	bool exact = check_agreement(&by_gpu, &by_cpu, "without a correction") == 0;
	for (int i = 0; i < 4; i++) {
		snprintf(what, sizeof what, "colours of frame %llu, change %d", (unsigned long long)seed, i);
		colours_fill(&colours, &random, i / 2);
		frame->colour = &colours.colour;
		for (int again = 0; again < 2; again++) {
			CHECK_SAY(!convert(gpu, true, frame, false, &by_gpu, &reason), "%s: %s", what,
				reason.text);
			check_damage(&by_gpu, false, what);
			CHECK(!again || damage_is_empty(&by_gpu.damage));
		}
		check_corrected(frame, &by_gpu, plain, what);
		CHECK_SAY(!convert(cpu, false, frame, false, &by_cpu, &reason), "%s: %s", what, reason.text);
		CHECK_SAY(!exact || check_agreement(&by_gpu, &by_cpu, what) == 0, "%s: not the same bytes",
			what);
	}
	frame->colour = NULL;
	CHECK(!convert(gpu, true, frame, false, &by_gpu, &reason));
	check_damage(&by_gpu, false, "without a correction again");
	CHECK(memcmp(plain, by_gpu.picture.pixels, picture_size(&by_gpu.picture)) == 0);
	free(plain);
	output_finish(&by_gpu);
	output_finish(&by_cpu);
	layers_finish(&layers);
	return true;
}

/* --- signals --- */

/* What is composed is not rounded before its signal is read. The CPU makes of it what is 1 off at most. */
static void check_seen(struct converter *gpu, struct converter *cpu, struct frame *frame, bool fresh,
	struct output outputs[2], const char *what) {
	struct reason reason = {""};
	struct output *by_gpu = &outputs[0];
	CHECK_SAY(!convert(gpu, true, frame, fresh, by_gpu, &reason), "%s: %s", what, reason.text);
	check_damage(by_gpu, fresh, what);
	for (uint32_t y = 0; y < frame->height; y++) {
		const uint32_t *row = row_of(by_gpu->picture.pixels, &by_gpu->picture, y);
		for (uint32_t x = 0; x < frame->width; x++) {
			struct reference_pixel composed = reference_pixel(frame, x, y, &options);
			double from[3];
			for (int i = 0; i < 3; i++)
				from[i] = composed.colour[i] / 255;
			double off = colours_seen_distance(frame, from, row[x]);
			CHECK_SAY(off <= 1, "%s: pixel %u,%u is %06x, %f off", what, x, y, row[x], off);
		}
	}
	CHECK_SAY(!convert(cpu, false, frame, fresh, &outputs[1], &reason), "%s: %s", what, reason.text);
	unsigned apart = check_agreement(by_gpu, &outputs[1], what);
	printf("%s: %u of %u pixels 1 off the CPU's\n", what, apart, frame->width * frame->height);
}

static const struct {
	const char *name;
	struct frame_signal signal;
	bool corrected, matrix;
} signals[] = {
	{"PQ", {FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT2020, 1000}, false, false},
	{"PQ, corrected", {FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT2020, 1000}, true, false},
	{"PQ, by a matrix", {FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT2020, 1000}, true, true},
	{"HLG", {FRAME_TRANSFER_HLG, FRAME_PRIMARIES_BT2020, 0}, false, false},
	{"sRGB of P3", {FRAME_TRANSFER_SDR, FRAME_PRIMARIES_P3, 0}, false, false},
};

static void check_signals(struct converter *gpu, struct converter *cpu, struct frame *frame) {
	static struct colours colours;
	struct random random = {.state = 21};
	struct output outputs[2];
	output_init(&outputs[0], frame);
	output_init(&outputs[1], frame);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		colours_fill(&colours, &random, signals[i].matrix);
		frame->signal = signals[i].signal;
		frame->colour = signals[i].corrected ? &colours.colour : NULL;
		check_seen(gpu, cpu, frame, i == 0, outputs, signals[i].name);
	}
	struct reason reason = {""};
	frame->signal = (struct frame_signal){.peak = 0};
	CHECK(!convert(gpu, true, frame, false, &outputs[0], &reason));
	check_pixels(frame, &outputs[0], "SDR again");
	output_finish(&outputs[0]);
	output_finish(&outputs[1]);
}

/* Greys and colours of 10 bits, uploaded, and layers of any kind. */
static void check_all_signals(struct converter *gpu, struct converter *cpu, int most) {
	enum { WIDTH = 150, HEIGHT = 100 };
	static uint32_t pixels[WIDTH * HEIGHT];
	struct random random = {.state = 4};
	struct frame frame;
	struct layers layers;
	uint64_t seed = 200;
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
		pixels[i] = i < 1024 ? i << 20 | i << 10 | i : (uint32_t)random_next(&random) >> i % 3;
	frame_set_memory(&frame, WIDTH, HEIGHT, pixels, WIDTH * 4, UPLOADED);
	frame.layers[0].fourcc = DRM_FORMAT_XRGB2101010;
	check_signals(gpu, cpu, &frame);
	while (!make_frame(&layers, seed, most))
		seed++;
	check_signals(gpu, cpu, &layers.frame);
	layers_finish(&layers);
}

/* --- what is not read, and what cannot be --- */

static uint32_t opaque_pixels[64 * 64], dark_pixels[64 * 64];

/* Two layers of 64x64, of which the upper one begins at this column. */
static void make_pair(struct frame *frame, int32_t column) {
	struct frame upper;
	for (int i = 0; i < 64 * 64; i++) {
		opaque_pixels[i] = 0x102030;
		dark_pixels[i] = 0x010203;
	}
	frame_set_memory(frame, 64, 64, dark_pixels, 64 * 4, UPLOADED);
	frame_set_memory(&upper, 64, 64, opaque_pixels, 64 * 4, 2 * UPLOADED);
	struct frame_layer *layer = frame_add_layer(frame);
	*layer = upper.layers[0];
	layer->destination.x = column;
}

static uint32_t pixel_at(const struct output *output, uint32_t x) {
	return row_of(output->picture.pixels, &output->picture, 63)[x];
}

/* A layer below one that hides it needs no import; one that is seen does, and so does one above. */
static void check_hidden(struct converter *gpu) {
	struct frame frame;
	struct output output;
	struct reason reason = {""};
	make_pair(&frame, 0);
	output_init(&output, &frame);
	frame.layers[0].plane_id = 31; /* a card's, without a dma-buf */
	CHECK_SAY(!convert(gpu, true, &frame, true, &output, &reason), "%s", reason.text);
	CHECK(pixel_at(&output, 0) == 0x102030 && pixel_at(&output, 63) == 0x102030);
	frame.layers[1].destination.x = 1;
	CHECK(convert(gpu, true, &frame, false, &output, &reason) == -ENOTSUP);
	CHECK_SAY(strstr(reason.text, "PRIME"), "%s", reason.text);
	frame.layers[0].plane_id = 0;
	CHECK_SAY(!convert(gpu, true, &frame, true, &output, &reason), "%s", reason.text);
	CHECK(pixel_at(&output, 0) == 0x010203 && pixel_at(&output, 1) == 0x102030);
	frame.layers[1].plane_id = 31;
	CHECK(convert(gpu, true, &frame, false, &output, &reason) == -ENOTSUP);
	frame.layers[1].alpha = 0;
	CHECK_SAY(!convert(gpu, true, &frame, true, &output, &reason), "%s", reason.text);
	CHECK(pixel_at(&output, 1) == 0x010203);
	output_finish(&output);
}

/* Numbers of colours, as a texture and uploaded, whose palette changes. */
static void check_palettes(struct converter *gpu) {
	enum { SIDE = 100 };
	static uint8_t numbers[SIDE * SIDE];
	static struct frame_palette palettes[2];
	struct random random = {.state = 8};
	for (int i = 0; i < SIDE * SIDE; i++)
		numbers[i] = (uint8_t)random_next(&random);
	for (uint64_t i = 0; i < 512; i++) {
		palettes[i % 2].serial = 100 + i % 2;
		palettes[i % 2].colours[i / 2] = random_below(&random, 1 << 24);
	}
	for (uint64_t id = UPLOADED; id <= UPLOADED + 1; id++) {
		struct frame frame;
		struct output output;
		struct reason reason = {""};
		frame_set_memory(&frame, SIDE, SIDE, (const uint32_t *)(const void *)numbers, SIDE, id);
		frame.layers[0].fourcc = DRM_FORMAT_C8;
		output_init(&output, &frame);
		for (int i = 0; i < 3; i++) {
			frame.layers[0].palette = &palettes[i % 2];
			CHECK_SAY(!convert(gpu, true, &frame, !i, &output, &reason), "%s", reason.text);
			check_damage(&output, !i, "a palette");
			check_pixels(&frame, &output, "a palette");
		}
		frame.layers[0].palette = NULL;
		CHECK(convert(gpu, false, &frame, false, &output, &reason) == -ENOTSUP);
		CHECK_SAY(strstr(reason.text, "palette"), "%s", reason.text);
		output_finish(&output);
	}
}

static void fill_noise(uint32_t *pixels, size_t count) {
	struct random random = {.state = count};
	for (size_t i = 0; i < count; i++)
		pixels[i] = (uint32_t)random_next(&random);
}

/* Tiles that a layer just touches, just fills, or just does not. */
static void check_edges(struct converter *gpu) {
	enum { MODE = 131, MOST = 66 };
	static uint32_t below[MODE * MODE], above[MOST * MOST];
	struct frame frame, upper;
	struct output output;
	struct reason reason = {""};
	bool fresh = true;
	fill_noise(below, MODE * MODE);
	fill_noise(above, MOST * MOST);
	frame_set_memory(&frame, MODE, MODE, below, MODE * 4, UPLOADED);
	frame_set_memory(&upper, MOST, MOST, above, MOST * 4, 2 * UPLOADED);
	struct frame_layer *layer = frame_add_layer(&frame);
	*layer = upper.layers[0];
	layer->fourcc = DRM_FORMAT_ARGB8888;
	output_init(&output, &frame);
	for (int i = 0; i < 27; i++, fresh = false) {
		uint32_t left = 63 + (uint32_t)i % 3, width = 127 + (uint32_t)i / 3 % 3 - left;
		layer->blend = (enum frame_blend)(i / 9);
		layer->destination = (struct rect){(int32_t)left, (int32_t)left, width, width};
		layer->source = (struct rect_fixed){0, 0, width << 16, width << 16};
		CHECK_SAY(!convert(gpu, true, &frame, fresh, &output, &reason), "%s", reason.text);
		check_damage(&output, fresh, "edges");
		check_pixels(&frame, &output, "edges");
	}
	output_finish(&output);
}

/* By fragments, where one is needed besides: more textures than a shader reads are refused, and the next
 * frame is converted. */
static void check_too_many(struct converter *gpu) {
	struct gl_texture shown[FRAME_MAX_LAYERS];
	const struct gles *gl = gl_converter_gles(gpu);
	GLuint texture = texture_create(gl, 64, 64, NULL);
	struct frame frame;
	struct output output;
	struct reason reason = {""};
	struct converter_result result;
	GLint most;
	make_pair(&frame, 1);
	output_init(&output, &frame);
	gl->GetIntegerv(GL_MAX_TEXTURE_IMAGE_UNITS, &most);
	for (int i = 0; i < FRAME_MAX_LAYERS; i++) {
		struct frame_layer *layer = i < 2 ? &frame.layers[i] : frame_add_layer(&frame);
		*layer = frame.layers[1];
		layer->fourcc = DRM_FORMAT_NV12;
		shown[i] = (struct gl_texture){GL_TEXTURE_2D, texture, texture};
	}
	const struct conversion conversion = {.frame = &frame,
		.picture = &output.picture,
		.fresh = true,
		.damage = &output.damage,
		.result = &result,
		.reason = &reason};
	if (most > 2 * FRAME_MAX_LAYERS) {
		printf("this renderer reads %d textures: too many were not tried\n", most);
	} else {
		CHECK(gl_converter_convert_textures(gpu, shown, &conversion) == -ENOTSUP);
		CHECK_SAY(strstr(reason.text, "16 planes in 32 textures"), "%s", reason.text);
	}
	make_pair(&frame, 1);
	CHECK_SAY(!convert(gpu, true, &frame, true, &output, &reason), "%s", reason.text);
	CHECK(pixel_at(&output, 0) == 0x010203 && pixel_at(&output, 1) == 0x102030);
	gl_converter_gles(gpu)->DeleteTextures(1, &texture);
	output_finish(&output);
}

int main(int argc, char **argv) {
	if (argc < 5)
		return 2;
	const struct gl_options gl_options = {
		.version = atoi(argv[1]), .fragment = !strcmp(argv[2], "fragment"), .hands = -1};
	int frames = atoi(argv[3]), most = atoi(argv[4]);
	struct converter *gpu, *cpu = cpu_converter_create();
	struct reason reason;
	unsigned apart = 0;
	if (gl_converter_create(NULL, &gl_options, &gpu, &reason))
		SKIP("%s", reason.text);
	CHECK(cpu);
	for (int i = 0; i < frames; i++)
		check_random(gpu, i % 2 ? NULL : cpu, 100 + (unsigned)i, most, &apart);
	for (uint64_t seed = 1, done = 0; done < 2; seed++)
		done += check_colours(gpu, cpu, seed, most);
	check_all_signals(gpu, cpu, most);
	check_edges(gpu);
	check_hidden(gpu);
	check_palettes(gpu);
	if (gl_options.fragment)
		check_too_many(gpu);
	CHECK_SAY(strstr(gpu->detail, argv[2]), "%s", gpu->detail);
	printf("%s: %s; %u pixels 1 off the CPU's\n", gpu->renderer, gpu->detail, apart);
	converter_destroy(gpu);
	converter_destroy(cpu);
	return 0;
}
