/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * format_probe: framebuffers of every format of the table, in real dma-bufs, through the GPU path, every
 * pixel compared with the plain statement of what it must be. For machines and guests with a card, as root;
 * exits with 77 where there is none.
 *
 *   format_probe CARD [--version=N] [--fragment] [--hide=EXTENSIONS] [--only=NAME,...] [--must=NAME,...]
 *                [--even]
 *
 * RGB must be exact, but for fewer than 8 bits a channel in OpenGL ES 2.0, which samples, and llvmpipe
 * samples those in 8 bits: within 1. YUV may be 1 off exact arithmetic: rounding. What the driver refuses is
 * named; that of --must it may not refuse. Every framebuffer is converted again with a little of it changed:
 * then the damage must be the tiles that differ, and no others. --even: no odd sizes. Mesa's own sampling of
 * YUV (which is used where its planes cannot be had as textures) is out of step with the chroma there.
 */
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "encode/gl/gl.h"
#include "encode/pixel_format.h"
#include "tests/encode/changes.h"
#include "tests/encode/gl/buffer.h"
#include "tests/encode/gl/faults.h"
#include "tests/encode/palette.h"
#include "tests/encode/random.h"
#include "tests/encode/yuv.h"
#include "tests/test.h"

struct shape {
	const char *name;
	uint32_t width, height, pad; /* pad: bytes of a row past its pixels */
	uint32_t offset;             /* of the first plane */
	bool together;               /* all planes in one dma-buf */
	uint64_t modifier;
	int meanings; /* how many of YUV's encodings and ranges */
};

static const struct shape shapes[] = {
	{"plain", 192, 128, 0, 0, false, DRM_FORMAT_MOD_LINEAR, 6},
	{"padded, together, no modifier", 160, 96, 192, 4096, true, DRM_FORMAT_MOD_INVALID, 2},
	{"odd", 101, 67, 27, 0, false, DRM_FORMAT_MOD_LINEAR, 1},
};

struct canvas {
	struct frame frame;
	struct buffer buffers[2];
	int buffer_count;
	const uint8_t *planes[FRAME_MAX_PLANES]; /* where each begins */
};

struct output {
	struct picture picture;
	struct damage damage;
};

static struct random numbers = {.state = 77};
static unsigned failures; /* told where they are found: the other formats are looked at too */
static bool by_sampling;  /* OpenGL ES 2.0 */

/* --- framebuffers --- */

static uint32_t round_up(uint32_t value, uint32_t unit) {
	return (value + unit - 1) / unit * unit;
}

/* Bytes of one row of the plane, without padding. */
static uint32_t row_bytes(const struct pixel_format *format, int plane, uint32_t width) {
	bool pairs = format->model == PIXEL_YUV && (plane > 0 || format->planes == 1);
	return (pairs ? round_up(width, 2) : width) * format->bytes_per_pixel;
}

static uint32_t plane_rows(int plane, uint32_t height) {
	return plane > 0 ? (height + 1) / 2 : height;
}

static void put_noise(const struct canvas *canvas, const struct buffer *buffer) {
	buffer_begin(buffer);
	for (size_t i = 0; i < buffer->size; i++)
		buffer->bytes[i] = (uint8_t)random_next(&numbers);
	if (canvas->frame.layers[0].fourcc == DRM_FORMAT_P010) { /* the low 6 of 16 bits are zero */
		for (size_t i = 0; i < buffer->size; i += 2)
			buffer->bytes[i] &= 0xc0;
	}
	buffer_end(buffer);
}

/* All of a plane's place in the buffers. */
static void place_plane(
	struct canvas *canvas, int card, const struct shape *shape, int plane, uint32_t *end) {
	struct frame_layer *layer = &canvas->frame.layers[0];
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	uint32_t pitch = row_bytes(format, plane, shape->width) + shape->pad;
	layer->planes[plane].pitch = round_up(pitch, format->bytes_per_pixel == 3 ? 3 * 4 : 16);
	layer->planes[plane].offset = shape->together ? *end : shape->offset;
	*end = layer->planes[plane].offset + layer->planes[plane].pitch * plane_rows(plane, shape->height);
	*end = round_up(*end, 64);
	if (shape->together)
		return;
	buffer_init(&canvas->buffers[canvas->buffer_count++], card, *end);
	layer->planes[plane].fd = dup(canvas->buffers[plane].fd);
	canvas->planes[plane] = canvas->buffers[plane].bytes + shape->offset;
}

static void canvas_init(
	struct canvas *canvas, int card, const struct pixel_format *format, const struct shape *shape) {
	memset(canvas, 0, sizeof *canvas);
	frame_init(&canvas->frame);
	canvas->frame.width = shape->width;
	canvas->frame.height = shape->height;
	struct frame_layer *layer = frame_add_layer(&canvas->frame);
	layer->plane_id = 31;
	layer->width = shape->width;
	layer->height = shape->height;
	layer->fourcc = format->fourcc;
	layer->palette = palette_for(format);
	layer->modifier = shape->modifier;
	layer->source = (struct rect_fixed){0, 0, shape->width << 16, shape->height << 16};
	layer->destination = (struct rect){0, 0, shape->width, shape->height};
	layer->plane_count = format->planes;
	uint32_t end = shape->offset;
	for (int i = 0; i < format->planes; i++)
		place_plane(canvas, card, shape, i, &end);
	if (shape->together)
		buffer_init(&canvas->buffers[canvas->buffer_count++], card, end);
	for (int i = 0; i < format->planes && shape->together; i++) {
		layer->planes[i].fd = dup(canvas->buffers[0].fd);
		canvas->planes[i] = canvas->buffers[0].bytes + layer->planes[i].offset;
	}
	for (int i = 0; i < canvas->buffer_count; i++)
		put_noise(canvas, &canvas->buffers[i]);
}

static void canvas_finish(struct canvas *canvas) {
	for (int i = 0; i < canvas->buffer_count; i++)
		buffer_finish(&canvas->buffers[i]);
	frame_finish(&canvas->frame);
}

/* One sample of each plane somewhere. */
static void canvas_touch(struct canvas *canvas) {
	const struct frame_layer *layer = &canvas->frame.layers[0];
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	uint32_t x = random_below(&numbers, layer->width), y = random_below(&numbers, layer->height);
	for (int i = 0; i < layer->plane_count; i++) {
		const struct buffer *buffer = &canvas->buffers[canvas->buffer_count > 1 ? i : 0];
		uint32_t column = i > 0 ? x / 2 * 2 : x, row = i > 0 ? y / 2 : y;
		size_t at = layer->planes[i].offset + (size_t)row * layer->planes[i].pitch +
			    (size_t)column * format->bytes_per_pixel;
		buffer_begin(buffer);
		buffer->bytes[at + format->bytes_per_pixel - 1] ^= 0x55;
		buffer_end(buffer);
	}
}

static uint32_t expected_at(const struct canvas *canvas, uint32_t x, uint32_t y) {
	const struct frame_layer *layer = &canvas->frame.layers[0];
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	if (format->model == PIXEL_YUV)
		return yuv_pixel(layer, canvas->planes, x, y);
	return palette_pixel_to_xrgb(format,
		canvas->planes[0] + (size_t)y * layer->planes[0].pitch + (size_t)x * format->bytes_per_pixel);
}

/* --- pictures --- */

static void output_init(struct output *output, const struct frame *frame) {
	output->picture = (struct picture){.width = frame->width, .height = frame->height};
	output->picture.stride = round_up(frame->width * 4, 64);
	output->picture.pixels = aligned_alloc(64, (size_t)output->picture.stride * frame->height);
	CHECK(output->picture.pixels);
	memset(output->picture.pixels, 0xa5, (size_t)output->picture.stride * frame->height);
	damage_init(&output->damage);
	CHECK(!damage_resize(&output->damage, frame->width, frame->height));
}

static void output_finish(struct output *output) {
	damage_finish(&output->damage);
	free(output->picture.pixels);
}

static uint32_t pixel_at(const struct picture *picture, const uint8_t *pixels, uint32_t x, uint32_t y) {
	return ((const uint32_t *)(pixels + (size_t)y * picture->stride))[x];
}

static unsigned channel_off(uint32_t a, uint32_t b) {
	unsigned most = 0;
	for (int shift = 0; shift < 24; shift += 8) {
		unsigned off = (unsigned)abs((int)(a >> shift & 255) - (int)(b >> shift & 255));
		most = off > most ? off : most;
	}
	return most;
}

/* By how much the worst channel of all pixels is off; and where. */
static unsigned worst(const struct canvas *canvas, const struct picture *picture, uint32_t at[2]) {
	unsigned most = 0;
	for (uint32_t y = 0; y < picture->height; y++) {
		for (uint32_t x = 0; x < picture->width; x++) {
			uint32_t is = pixel_at(picture, picture->pixels, x, y);
			unsigned off = is >> 24 ? 256 : channel_off(is, expected_at(canvas, x, y));
			if (off <= most)
				continue;
			most = off;
			at[0] = x;
			at[1] = y;
		}
	}
	return most;
}

static void check_pixels(
	const struct canvas *canvas, const struct picture *picture, const char *what, unsigned *most) {
	uint32_t at[2] = {0, 0};
	const struct pixel_format *format = pixel_format_find(canvas->frame.layers[0].fourcc);
	bool near = format->model == PIXEL_YUV || (by_sampling && format->red.bits < 8);
	unsigned off = worst(canvas, picture, at);
	*most = off > *most ? off : *most;
	if (off <= near)
		return;
	printf("%s: pixel %u,%u is %06x, must be %06x\n", what, at[0], at[1],
		pixel_at(picture, picture->pixels, at[0], at[1]), expected_at(canvas, at[0], at[1]));
	failures++;
}

/* The damage is exactly what differs from the picture before. */
static void check_damage(const struct output *output, const uint8_t *before, const char *what) {
	const struct picture *picture = &output->picture;
	struct damage differs;
	damage_init(&differs);
	CHECK(!damage_resize(&differs, picture->width, picture->height));
	for (uint32_t y = 0; y < picture->height; y++) {
		for (uint32_t x = 0; x < picture->width; x++) {
			if (pixel_at(picture, before, x, y) != pixel_at(picture, picture->pixels, x, y))
				changes_add(&differs, x, y);
		}
	}
	bool same = true;
	for (uint32_t row = 0; row < differs.rows; row++)
		for (uint32_t column = 0; column < differs.columns; column++)
			same &= changes_are_same(&output->damage, &differs, column, row);
	if (!same) {
		printf("%s: %u tiles are damaged, %u differ, or other parts of them\n", what,
			damage_count(&output->damage), damage_count(&differs));
		failures++;
	}
	damage_finish(&differs);
}

/* --- one framebuffer --- */

static int convert(struct converter *converter, const struct canvas *canvas, struct output *output,
	bool fresh, struct reason *reason) {
	struct converter_result result;
	damage_clear(&output->damage);
	const struct conversion conversion = {
		.frame = &canvas->frame,
		.picture = &output->picture,
		.fresh = fresh,
		.damage = &output->damage,
		.result = &result,
		.reason = reason,
	};
	int error = converter->impl->convert(converter, &conversion);
	CHECK(error || result.import == CONVERTER_IMPORT_DMABUF_EGL);
	return error;
}

static void change_some(struct converter *converter, struct canvas *canvas, struct output *output,
	const char *what, unsigned *most) {
	size_t size = (size_t)output->picture.stride * output->picture.height;
	uint8_t *before = malloc(size);
	struct reason reason = {""};
	CHECK(before);
	for (int i = 0; i < 3; i++) {
		memcpy(before, output->picture.pixels, size);
		if (i > 0)
			canvas_touch(canvas);
		CHECK_SAY(!convert(converter, canvas, output, false, &reason), "%s: %s", what, reason.text);
		CHECK(i > 0 || damage_is_empty(&output->damage));
		check_pixels(canvas, &output->picture, what, most);
		check_damage(output, before, what);
	}
	free(before);
}

/* False: the driver refuses it, and `reason` says with which words. */
static bool check_framebuffer(struct converter *converter, struct canvas *canvas, const char *what,
	unsigned *most, struct reason *reason) {
	struct output output;
	output_init(&output, &canvas->frame);
	int error = convert(converter, canvas, &output, true, reason);
	if (!error) {
		check_pixels(canvas, &output.picture, what, most);
		change_some(converter, canvas, &output, what, most);
	}
	output_finish(&output);
	return !error;
}

/* --- everything --- */

static bool is_named(const char *list, const char *name) {
	size_t length = strlen(name);
	for (const char *at = list; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
		if (!strncmp(at, name, length) && (at[length] == ',' || !at[length]))
			return true;
	}
	return false;
}

/* What the encodings and ranges of KMS make of one format, in one shape. */
static void check_format(struct converter *converter, int card, const struct pixel_format *format,
	const struct shape *shape, bool must) {
	static const char *const encodings[] = {"BT.601", "BT.709", "BT.2020"};
	struct reason reason = {""};
	unsigned most = 0;
	char what[128];
	for (int i = 0; i < (format->model == PIXEL_YUV ? shape->meanings : 1); i++) {
		struct canvas canvas;
		canvas_init(&canvas, card, format, shape);
		canvas.frame.layers[0].encoding = (enum frame_encoding)(i / 2);
		canvas.frame.layers[0].range = (enum frame_range)(i % 2);
		snprintf(what, sizeof what, "%s, %s, %s %s", format->name, shape->name, encodings[i / 2],
			i % 2 ? "full" : "narrow");
		bool done = check_framebuffer(converter, &canvas, what, &most, &reason);
		canvas_finish(&canvas);
		if (!done) {
			printf("%s, %s: refused: %s\n", format->name, shape->name, reason.text);
			failures += must;
			return;
		}
	}
	printf("%s, %s: at most %u off\n", format->name, shape->name, most);
}

/* A film that comes and goes: RGB and YUV in turns on the same screen, which may be read by different
 * shaders. */
static void check_turns(struct converter *converter, int card) {
	static const uint32_t fourccs[2] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_YUYV};
	struct canvas canvases[2];
	struct output output;
	struct reason reason = {""};
	unsigned most = 0;
	for (int i = 0; i < 2; i++)
		canvas_init(&canvases[i], card, pixel_format_find(fourccs[i]), &shapes[0]);
	output_init(&output, &canvases[0].frame);
	size_t size = (size_t)output.picture.stride * output.picture.height;
	uint8_t *before = malloc(size);
	CHECK(before);
	for (int i = 0; i < 6; i++) {
		memcpy(before, output.picture.pixels, size);
		CHECK_SAY(!convert(converter, &canvases[i % 2], &output, i == 0, &reason), "turn %d: %s", i,
			reason.text);
		check_pixels(&canvases[i % 2], &output.picture, "in turns", &most);
		check_damage(&output, before, "in turns");
	}
	printf("XRGB8888 and YUYV in turns: at most %u off\n", most);
	free(before);
	output_finish(&output);
	for (int i = 0; i < 2; i++)
		canvas_finish(&canvases[i]);
}

int main(int argc, char **argv) {
	struct gl_options options = {0};
	const char *node = NULL, *must = "XRGB8888", *only = NULL;
	size_t shape_count = ARRAY_LEN(shapes);
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "--version=", 10))
			options.version = atoi(argv[i] + 10);
		else if (!strncmp(argv[i], "--hide=", 7))
			faults.hidden = argv[i] + 7;
		else if (!strncmp(argv[i], "--must=", 7))
			must = argv[i] + 7;
		else if (!strncmp(argv[i], "--only=", 7))
			only = argv[i] + 7;
		else if (!strcmp(argv[i], "--fragment"))
			options.fragment = true;
		else if (!strcmp(argv[i], "--even"))
			shape_count--;
		else
			node = argv[i];
	}
	if (!node)
		return 2;
	by_sampling = options.version == 20;
	struct converter *converter;
	struct reason reason = {""};
	int card = buffer_open_card(node);
	CHECK_SAY(!gl_converter_create(node, &options, &converter, &reason), "%s", reason.text);
	printf("%s: %s\n", converter->renderer, converter->detail);
	for (size_t i = 0; pixel_format_at(i); i++) {
		const struct pixel_format *format = pixel_format_at(i);
		if (only && !is_named(only, format->name))
			continue;
		for (size_t k = 0; k < shape_count; k++)
			check_format(converter, card, format, &shapes[k], is_named(must, format->name));
	}
	if (is_named(must, "YUYV"))
		check_turns(converter, card);
	converter_destroy(converter);
	close(card);
	printf("%u failures\n", failures);
	return failures ? 1 : 0;
}
