/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/layers.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <string.h>

#include "encode/pixel_format.h"
#include "tests/encode/palette.h"
#include "tests/test.h"

static bool chance(struct random *random, uint32_t of, uint32_t in) {
	return random_below(random, in) < of;
}

static bool allows(const struct layers *layers, unsigned what) {
	return layers->allow & what;
}

/* --- pixels --- */

static uint32_t largest_of(const struct pixel_format *format, struct pixel_channel at) {
	/* Half floats grow with their bits; 0x3c00 is 1.0. */
	return format->model == PIXEL_HALF ? 0x3c00 : (UINT32_C(1) << at.bits) - 1;
}

static uint32_t some_alpha(struct random *random, uint32_t largest) {
	switch (random_below(random, 3)) {
	case 0:
		return 0;
	case 1:
		return largest;
	default:
		return random_below(random, largest + 1);
	}
}

/* No colour is larger than its alpha, to which `alpha` is in proportion. */
static uint64_t some_colour(
	struct random *random, uint32_t largest, struct pixel_channel at, uint32_t alpha, uint32_t opaque) {
	uint32_t limit = (uint32_t)((uint64_t)largest * alpha / opaque);
	return (uint64_t)random_below(random, limit + 1) << at.shift;
}

/* A pixel of any bits, or one whose colours are premultiplied properly. */
static uint64_t some_pixel(struct layers *layers, const struct pixel_format *format, enum frame_blend blend) {
	struct random *random = &layers->random;
	uint64_t pixel = random_next(random);
	if (!format->alpha.bits)
		return pixel;
	uint32_t opaque = largest_of(format, format->alpha), alpha = some_alpha(random, opaque);
	uint64_t mask = (UINT64_C(1) << format->alpha.bits) - 1;
	pixel = (pixel & ~(mask << format->alpha.shift)) | (uint64_t)alpha << format->alpha.shift;
	if (blend != FRAME_BLEND_PREMULTIPLIED || (allows(layers, LAYERS_OVERBRIGHT) && chance(random, 1, 4)))
		return pixel;
	return (uint64_t)alpha << format->alpha.shift |
	       some_colour(random, largest_of(format, format->red), format->red, alpha, opaque) |
	       some_colour(random, largest_of(format, format->green), format->green, alpha, opaque) |
	       some_colour(random, largest_of(format, format->blue), format->blue, alpha, opaque);
}

static void put_pixel(struct frame_layer *layer, uint8_t *memory, uint32_t x, uint32_t y, uint64_t pixel) {
	uint32_t size = pixel_format_find(layer->fourcc)->bytes_per_pixel;
	uint8_t *at =
		memory + layer->planes[0].offset + (size_t)y * layer->planes[0].pitch + (size_t)x * size;
	for (uint32_t i = 0; i < size; i++)
		at[i] = (uint8_t)(pixel >> 8 * i);
}

/* Of one colour, of a few or of many. */
static void fill_rectangle(struct layers *layers, int index, struct rect rect) {
	struct frame_layer *layer = &layers->frame.layers[index];
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	uint64_t few[3];
	uint32_t colours = 1 + random_below(&layers->random, 4);
	for (int i = 0; i < 3; i++)
		few[i] = some_pixel(layers, format, layer->blend);
	for (uint32_t y = (uint32_t)rect.y; y < (uint32_t)rect.y + rect.height && y < layer->height; y++) {
		for (uint32_t x = (uint32_t)rect.x; x < (uint32_t)rect.x + rect.width && x < layer->width;
			x++)
			put_pixel(layer, layers->memory[index], x, y,
				colours == 4 ? some_pixel(layers, format, layer->blend)
					     : few[random_below(&layers->random, colours)]);
	}
}

/* Runs of a byte, which are areas of one luma or chroma. */
static void fill_runs(struct layers *layers, uint8_t *at, size_t size) {
	for (size_t i = 0; i < size;) {
		uint8_t byte = (uint8_t)random_next(&layers->random);
		for (uint32_t n = 1 + random_below(&layers->random, 60); n && i < size; n--)
			at[i++] = byte;
	}
}

static void fill(struct layers *layers, int index) {
	enum { BLOCK = 24 };
	const struct frame_layer *layer = &layers->frame.layers[index];
	uint8_t *memory = layers->memory[index];
	for (size_t i = 0; i < layer->memory_size; i++)
		memory[i] = (uint8_t)random_next(&layers->random);
	if (pixel_format_find(layer->fourcc)->model == PIXEL_YUV) {
		if (chance(&layers->random, 1, 2))
			fill_runs(layers, memory, layer->memory_size);
		return;
	}
	for (uint32_t y = 0; y < layer->height; y += BLOCK) {
		for (uint32_t x = 0; x < layer->width; x += BLOCK)
			fill_rectangle(layers, index, (struct rect){(int32_t)x, (int32_t)y, BLOCK, BLOCK});
	}
}

/* --- framebuffers --- */

static const struct pixel_format *some_format(struct layers *layers) {
	uint32_t count = 0;
	while (pixel_format_at(count))
		count++;
	for (;;) {
		/* Half of all layers have a format that desktops and players use. */
		static const uint32_t usual[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_NV12};
		const struct pixel_format *format = pixel_format_at(random_below(&layers->random, count));
		if (chance(&layers->random, 1, 2))
			format = pixel_format_find(usual[random_below(&layers->random, 3)]);
		if ((format->model != PIXEL_YUV || allows(layers, LAYERS_YUV)) &&
			(!format->alpha.bits || allows(layers, LAYERS_PIXEL_ALPHA)))
			return format;
	}
}

static uint32_t round_up(uint32_t size, uint32_t to) {
	return (size + to - 1) / to * to;
}

/* Rows of no padding, or as drivers pad them. */
static uint32_t some_pitch(
	struct random *random, const struct pixel_format *format, int plane, uint32_t width) {
	static const uint32_t units[] = {1, 1, 4, 64, 256};
	uint32_t row = (uint32_t)pixel_format_row_bytes(format, plane, width);
	return round_up(row, units[random_below(random, 5)]);
}

static void make_framebuffer(struct layers *layers, int index) {
	struct frame_layer *layer = &layers->frame.layers[index];
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	static const uint32_t starts[] = {0, 0, 16, 4096};
	static uint64_t last_id;
	uint32_t end = starts[random_below(&layers->random, 4)];
	layer->plane_count = format->planes;
	layer->palette = palette_for(format);
	for (int i = 0; i < format->planes; i++) {
		uint32_t rows = pixel_format_rows(format, i, layer->height);
		struct frame_plane *plane = &layer->planes[i];
		plane->offset = round_up(end, chance(&layers->random, 1, 2) ? 64 : 16);
		plane->pitch = some_pitch(&layers->random, format, i, layer->width);
		end = plane->offset + (rows - 1) * plane->pitch +
		      (uint32_t)pixel_format_row_bytes(format, i, layer->width);
	}
	layers->memory[index] = malloc(end);
	CHECK(layers->memory[index]);
	layer->memory = layers->memory[index];
	layer->memory_size = end;
	layer->memory_id = ++last_id;
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	if (chance(&layers->random, 1, 4)) {
		layer->modifier = DRM_FORMAT_MOD_INVALID;
		layer->implicit_linear = true;
	}
	fill(layers, index);
}

/* --- planes --- */

static uint32_t some_size(struct random *random, uint32_t largest) {
	return 1 + random_below(random, chance(random, 1, 6) && largest > 8 ? 8 : largest);
}

static uint32_t some_mode_size(struct random *random, uint32_t largest) {
	uint32_t size = some_size(random, largest);
	return size % 64 ? size : size - 1;
}

/* From just outside of one edge to just outside of the other. */
static int32_t some_place(struct random *random, uint32_t size, uint32_t mode) {
	return (int32_t)random_below(random, size + mode + 9) - (int32_t)size - 4;
}

static struct rect some_destination(struct layers *layers) {
	uint32_t width = some_size(&layers->random, layers->frame.width * 5 / 4),
		 height = some_size(&layers->random, layers->frame.height * 5 / 4);
	return (struct rect){some_place(&layers->random, width, layers->frame.width),
		some_place(&layers->random, height, layers->frame.height), width, height};
}

static uint16_t some_plane_alpha(struct random *random) {
	switch (random_below(random, 10)) {
	case 0:
		return 0;
	case 1:
		return 0x8000;
	case 2:
	case 3:
		return (uint16_t)random_next(random);
	default:
		return 0xffff;
	}
}

static uint32_t some_rotation(struct random *random) {
	return UINT32_C(1) << random_below(random, 4) | (chance(random, 1, 2) ? DRM_MODE_REFLECT_X : 0) |
	       (chance(random, 1, 2) ? DRM_MODE_REFLECT_Y : 0);
}

/* In 16.16, at least one pixel. */
static uint32_t some_length(struct layers *layers, uint32_t shown, bool scaled) {
	if (!scaled)
		return shown << 16;
	uint32_t size = chance(&layers->random, 1, 4) ? (shown + 1) / 2
						      : 1 + random_below(&layers->random, 2 * shown);
	return (size << 16) +
	       (allows(layers, LAYERS_FRACTIONAL) ? random_below(&layers->random, 0x10000) : 0);
}

static uint32_t some_start(struct layers *layers, uint32_t below) {
	bool fractional = allows(layers, LAYERS_FRACTIONAL) && chance(&layers->random, 1, 2);
	return random_below(&layers->random, below) << 16 |
	       (fractional ? random_below(&layers->random, 0x10000) : 0);
}

/* Whole pixels that hold it all, and some more. */
static uint32_t some_extent(struct random *random, uint32_t start, uint32_t length) {
	return ((start + length + 0xffff) >> 16) + (chance(random, 1, 2) ? random_below(random, 9) : 0);
}

static void choose_source(struct layers *layers, struct frame_layer *layer) {
	bool turned = layer->rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270);
	bool scaled = allows(layers, LAYERS_SCALED) && chance(&layers->random, 1, 2);
	const struct rect *shown = &layer->destination;
	struct rect_fixed *source = &layer->source;
	source->width = some_length(layers, turned ? shown->height : shown->width, scaled);
	source->height = some_length(layers, turned ? shown->width : shown->height, scaled);
	source->x = some_start(layers, 9);
	source->y = some_start(layers, 5);
	layer->width = some_extent(&layers->random, source->x, source->width);
	layer->height = some_extent(&layers->random, source->y, source->height);
}

static void add_layer(struct layers *layers, int index) {
	struct random *random = &layers->random;
	struct frame_layer *layer = frame_add_layer(&layers->frame);
	bool primary = index == 0 && chance(random, 4, 5);
	layer->plane_id = 31 + (uint32_t)index;
	layer->fb_id = 61 + (uint32_t)index;
	layer->zpos = (uint64_t)index;
	layer->fourcc = some_format(layers)->fourcc;
	layer->destination = primary ? (struct rect){0, 0, layers->frame.width, layers->frame.height}
				     : some_destination(layers);
	if (allows(layers, LAYERS_PLANE_ALPHA) && !primary)
		layer->alpha = some_plane_alpha(random);
	if (allows(layers, LAYERS_BLEND))
		layer->blend = (enum frame_blend)random_below(random, 3);
	if (allows(layers, LAYERS_ROTATED) && chance(random, 1, 2))
		layer->rotation = some_rotation(random);
	layer->encoding = (enum frame_encoding)random_below(random, 3); /* of no meaning but to YUV */
	layer->range = (enum frame_range)random_below(random, 2);
	choose_source(layers, layer);
	make_framebuffer(layers, index);
}

void layers_init(struct layers *layers, uint64_t seed, unsigned allow) {
	memset(layers, 0, sizeof *layers);
	layers->random.state = seed * 2 + 1;
	layers->allow = allow;
	for (int i = 0; i < 8; i++)
		random_next(&layers->random); /* seeds that are near each other are so no more */
	frame_init(&layers->frame);
	layers->frame.width = some_mode_size(&layers->random, LAYERS_WIDTH);
	layers->frame.height = some_mode_size(&layers->random, LAYERS_HEIGHT);
	int count = allows(layers, LAYERS_SEVERAL) ? 1 + (int)random_below(&layers->random, LAYERS_MAX) : 1;
	for (int i = 0; i < count; i++)
		add_layer(layers, i);
}

void layers_finish(struct layers *layers) {
	for (int i = 0; i < LAYERS_MAX; i++)
		free(layers->memory[i]);
	frame_finish(&layers->frame);
}

/* --- changes --- */

static void change_pixels(struct layers *layers, int index) {
	struct frame_layer *layer = &layers->frame.layers[index];
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	for (uint32_t n = random_below(&layers->random, 8); n < 8; n++) {
		if (format->model == PIXEL_YUV)
			layers->memory[index][random_below(&layers->random, (uint32_t)layer->memory_size)] ^=
				0x55;
		else
			put_pixel(layer, layers->memory[index], random_below(&layers->random, layer->width),
				random_below(&layers->random, layer->height),
				some_pixel(layers, format, layer->blend));
	}
}

static void change_area(struct layers *layers, int index) {
	struct frame_layer *layer = &layers->frame.layers[index];
	if (pixel_format_find(layer->fourcc)->model == PIXEL_YUV)
		fill(layers, index);
	else
		fill_rectangle(layers, index,
			(struct rect){(int32_t)random_below(&layers->random, layer->width),
				(int32_t)random_below(&layers->random, layer->height),
				1 + random_below(&layers->random, 90),
				1 + random_below(&layers->random, 90)});
}

static void move(struct layers *layers, int index) {
	struct rect *destination = &layers->frame.layers[index].destination;
	destination->x += (int32_t)random_below(&layers->random, 41) - 20;
	destination->y += (int32_t)random_below(&layers->random, 41) - 20;
}

void layers_mutate(struct layers *layers) {
	int index = (int)random_below(&layers->random, (uint32_t)layers->frame.layer_count);
	switch (random_below(&layers->random, 8)) {
	case 0: /* nothing */
		break;
	case 1:
	case 2:
		move(layers, index);
		break;
	case 3:
		if (allows(layers, LAYERS_PLANE_ALPHA))
			layers->frame.layers[index].alpha = some_plane_alpha(&layers->random);
		break;
	case 4:
		change_area(layers, index);
		break;
	default:
		change_pixels(layers, index);
	}
}
