/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The random frames that composition is tested with: they are valid, they have what they may have and nothing
 * else, and among them is every kind. The reference reads each of them, so that a sanitizer sees memory that
 * is too small.
 */
#include "tests/encode/layers.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <string.h>

#include "capture/base/array.h"
#include "encode/pixel_format.h"
#include "tests/encode/reference.h"
#include "tests/test.h"

static const struct reference_options filters[] = {{.filter = REFERENCE_NEAREST},
	{.filter = REFERENCE_BILINEAR}, {.filter = REFERENCE_NEAREST, .whole_source = true}};

static void check_is_valid(const struct frame_layer *layer) {
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	const struct rect_fixed *source = &layer->source;
	CHECK(format && layer->plane_count == format->planes && frame_layer_is_linear(layer));
	CHECK(source->width >= 1 << 16 && source->height >= 1 << 16);
	CHECK((uint64_t)source->x + source->width <= (uint64_t)layer->width << 16);
	CHECK((uint64_t)source->y + source->height <= (uint64_t)layer->height << 16);
	CHECK(layer->destination.width && layer->destination.height && layer->memory && layer->memory_id);
	uint64_t end = 0;
	for (int i = 0; i < format->planes; i++) {
		uint64_t row = pixel_format_row_bytes(format, i, layer->width);
		CHECK(layer->planes[i].offset >= end && layer->planes[i].pitch >= row);
		end = layer->planes[i].offset +
		      (uint64_t)(pixel_format_rows(format, i, layer->height) - 1) * layer->planes[i].pitch +
		      row;
	}
	CHECK(end == layer->memory_size);
}

static bool is_turned(const struct frame_layer *layer) {
	return layer->rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270);
}

static bool is_scaled(const struct frame_layer *layer) {
	uint32_t width = is_turned(layer) ? layer->destination.height : layer->destination.width,
		 height = is_turned(layer) ? layer->destination.width : layer->destination.height;
	return layer->source.width != width << 16 || layer->source.height != height << 16;
}

static bool is_fractional(const struct frame_layer *layer) {
	return (layer->source.x | layer->source.y | layer->source.width | layer->source.height) & 0xffff;
}

/* Of enum layers_allow, without LAYERS_OVERBRIGHT: that is of pixels. */
static unsigned kinds_of(const struct frame *frame) {
	unsigned kinds = frame->layer_count > 1 ? LAYERS_SEVERAL : 0;
	for (int i = 0; i < frame->layer_count; i++) {
		const struct frame_layer *layer = &frame->layers[i];
		const struct pixel_format *format = pixel_format_find(layer->fourcc);
		kinds |= (format->model == PIXEL_YUV ? LAYERS_YUV : 0) |
			 (format->alpha.bits ? LAYERS_PIXEL_ALPHA : 0) |
			 (layer->alpha != 0xffff ? LAYERS_PLANE_ALPHA : 0) |
			 (layer->blend != FRAME_BLEND_PREMULTIPLIED ? LAYERS_BLEND : 0) |
			 (layer->rotation != DRM_MODE_ROTATE_0 ? LAYERS_ROTATED : 0) |
			 (is_scaled(layer) ? LAYERS_SCALED : 0) |
			 (is_fractional(layer) ? LAYERS_FRACTIONAL : 0);
	}
	return kinds;
}

/* Besides enum reference_rounding. */
enum { EXACT = REFERENCE_BETWEEN << 1 };

/* A grid of pixels, the corners of the mode among them. Returns how they are rounded. */
static unsigned check_is_readable(const struct frame *frame) {
	unsigned seen = 0;
	for (uint32_t i = 0; i <= 16; i++) {
		for (uint32_t j = 0; j <= 16; j++) {
			uint32_t x = (frame->width - 1) * i / 16, y = (frame->height - 1) * j / 16;
			for (size_t filter = 0; filter < ARRAY_LEN(filters); filter++) {
				struct reference_pixel pixel = reference_pixel(frame, x, y, &filters[filter]);
				for (int channel = 0; channel < 3; channel++)
					CHECK(pixel.colour[channel] >= 0 && pixel.colour[channel] <= 255);
				seen |= pixel.rounding ? pixel.rounding : (unsigned)EXACT;
			}
		}
	}
	return seen;
}

/* What was met. */
struct census {
	unsigned kinds, roundings;
	bool formats[256], rotations[64], blends[3], thin, outside, left, above, right, below;
};

static void count_layer(struct census *census, const struct frame *frame, const struct frame_layer *layer) {
	struct rect mode = {0, 0, frame->width, frame->height};
	census->outside |= rect_area(rect_intersect(mode, layer->destination)) == 0;
	census->left |= layer->destination.x < 0;
	census->above |= layer->destination.y < 0;
	census->right |= layer->destination.x + (int64_t)layer->destination.width > frame->width;
	census->below |= layer->destination.y + (int64_t)layer->destination.height > frame->height;
	census->rotations[layer->rotation] = true;
	census->blends[layer->blend] = true;
	for (size_t i = 0; pixel_format_at(i); i++)
		census->formats[i] |= pixel_format_at(i)->fourcc == layer->fourcc;
}

static void check_census(const struct census *census) {
	CHECK((census->kinds | LAYERS_OVERBRIGHT) == LAYERS_ALL && census->thin && census->outside);
	CHECK(census->roundings ==
		(EXACT | REFERENCE_BLENDED | REFERENCE_FILTERED | REFERENCE_CONVERTED | REFERENCE_BETWEEN));
	CHECK(census->left && census->above && census->right && census->below);
	CHECK(census->blends[0] && census->blends[1] && census->blends[2]);
	for (size_t i = 0; pixel_format_at(i); i++)
		CHECK_SAY(census->formats[i], "%s", pixel_format_at(i)->name);
	for (uint32_t rotation = 0; rotation < 64; rotation++) {
		uint32_t angle = rotation & DRM_MODE_ROTATE_MASK;
		CHECK(census->rotations[rotation] == (angle && !(angle & (angle - 1))));
	}
}

static void are_valid_and_of_every_kind(void) {
	struct census census = {0};
	for (uint64_t seed = 0; seed < 250; seed++) {
		struct layers layers;
		layers_init(&layers, seed, LAYERS_ALL);
		const struct frame *frame = &layers.frame;
		CHECK(frame->width >= 1 && frame->width <= LAYERS_WIDTH && frame->width % 64);
		CHECK(frame->height >= 1 && frame->height <= LAYERS_HEIGHT && frame->height % 64);
		CHECK(frame->layer_count >= 1 && frame->layer_count <= LAYERS_MAX);
		for (int i = 0; i < frame->layer_count; i++) {
			check_is_valid(&frame->layers[i]);
			count_layer(&census, frame, &frame->layers[i]);
		}
		census.thin |= frame->width == 1 || frame->height == 1;
		census.kinds |= kinds_of(frame);
		census.roundings |= check_is_readable(frame);
		layers_finish(&layers);
	}
	check_census(&census);
}

static void have_what_is_allowed(unsigned allow) {
	unsigned kinds = 0;
	for (uint64_t seed = 0; seed < 16; seed++) {
		struct layers layers;
		layers_init(&layers, seed, allow);
		for (int i = 0; i < 10; i++)
			layers_mutate(&layers);
		kinds |= kinds_of(&layers.frame);
		layers_finish(&layers);
	}
	CHECK_SAY((kinds | (allow & LAYERS_OVERBRIGHT)) == allow, "allowed 0x%x, are 0x%x", allow, kinds);
}

/* Of the pixels of the premultiplied layers that are of this format. */
static uint32_t count_overbright(const struct layers *layers) {
	uint32_t count = 0;
	for (int i = 0; i < layers->frame.layer_count; i++) {
		const struct frame_layer *layer = &layers->frame.layers[i];
		if (layer->fourcc != DRM_FORMAT_ARGB8888 || layer->blend != FRAME_BLEND_PREMULTIPLIED)
			continue;
		for (uint32_t y = 0; y < layer->height; y++) {
			const uint8_t *pixel =
				layer->memory + layer->planes[0].offset + (size_t)y * layer->planes[0].pitch;
			for (uint32_t x = 0; x < layer->width; x++, pixel += 4)
				count += pixel[0] > pixel[3] || pixel[1] > pixel[3] || pixel[2] > pixel[3];
		}
	}
	return count;
}

static void are_overbright_only_if_allowed(void) {
	uint32_t count = 0;
	for (uint64_t seed = 0; seed < 16; seed++) {
		struct layers layers;
		layers_init(&layers, seed, LAYERS_ALL & ~(unsigned)LAYERS_OVERBRIGHT);
		for (int i = 0; i < 10; i++)
			layers_mutate(&layers);
		CHECK_SAY(count_overbright(&layers) == 0, "seed %u", (unsigned)seed);
		layers_finish(&layers);
		layers_init(&layers, seed, LAYERS_ALL);
		count += count_overbright(&layers);
		layers_finish(&layers);
	}
	CHECK(count);
}

static uint32_t *picture_of(const struct frame *frame) {
	uint32_t *picture = malloc((size_t)frame->width * frame->height * sizeof *picture);
	CHECK(picture);
	for (uint32_t y = 0; y < frame->height; y++) {
		for (uint32_t x = 0; x < frame->width; x++) {
			struct reference_pixel pixel = reference_pixel(frame, x, y, &filters[0]);
			picture[(size_t)y * frame->width + x] = reference_to_xrgb(&pixel);
		}
	}
	return picture;
}

static bool are_same(const struct frame *frame, const uint32_t *one, const uint32_t *other) {
	return !memcmp(one, other, (size_t)frame->width * frame->height * sizeof *one);
}

/* Mutates two of the same seed alike. Returns whether that showed. */
static bool mutate(struct layers twins[2], uint32_t **picture) {
	for (int i = 0; i < 2; i++)
		layers_mutate(&twins[i]);
	for (int i = 0; i < twins[0].frame.layer_count; i++)
		check_is_valid(&twins[0].frame.layers[i]);
	uint32_t *now = picture_of(&twins[0].frame), *twin = picture_of(&twins[1].frame);
	CHECK(are_same(&twins[0].frame, now, twin));
	bool changed = !are_same(&twins[0].frame, now, *picture);
	free(*picture);
	free(twin);
	*picture = now;
	return changed;
}

static void change_alike_and_not_always(void) {
	uint32_t changed = 0, unchanged = 0;
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct layers twins[2];
		for (int i = 0; i < 2; i++)
			layers_init(&twins[i], seed, LAYERS_ALL);
		uint32_t *picture = picture_of(&twins[0].frame);
		for (int i = 0; i < 4; i++)
			*(mutate(twins, &picture) ? &changed : &unchanged) += 1;
		free(picture);
		for (int i = 0; i < 2; i++)
			layers_finish(&twins[i]);
	}
	CHECK_SAY(changed > 40 && unchanged > 10, "%u changed, %u did not", changed, unchanged);
}

int main(void) {
	are_valid_and_of_every_kind();
	have_what_is_allowed(0);
	have_what_is_allowed(LAYERS_ALL);
	for (unsigned one = 1; one < LAYERS_ALL; one *= 2) {
		have_what_is_allowed(one);
		have_what_is_allowed(LAYERS_ALL & ~one);
	}
	are_overbright_only_if_allowed();
	change_alike_and_not_always();
	return 0;
}
