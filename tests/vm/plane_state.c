/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/vm/plane_state.h"

#include <drm_fourcc.h>
#include <stdio.h>

#include "encode/pixel_format.h"

enum { LEAST_EXTENT = 16, MANY_TRIES = 50 };

static bool is_known(uint32_t fourcc) {
	const struct pixel_format *format = pixel_format_find(fourcc);
	return format && format->planes <= BUFFER_PLANES;
}

/* Half of them have alpha, if the plane takes any. */
static uint32_t some_format(struct random *random, const drmModePlane *plane) {
	bool alpha = random_below(random, 2);
	for (int tries = 0;; tries++) {
		uint32_t fourcc = plane->formats[random_below(random, plane->count_formats)];
		if (is_known(fourcc) &&
			(!alpha || tries > MANY_TRIES || pixel_format_find(fourcc)->alpha.bits))
			return fourcc;
	}
}

static unsigned some_choice(struct random *random, const struct display_plane *plane,
	enum display_choice choice, unsigned count, unsigned fallback) {
	unsigned value = random_below(random, count);
	return display_offers(plane, choice, value) ? value : fallback;
}

/* 0: the property has no such word. */
static uint64_t bit(const drmModePropertyRes *property, const char *word) {
	uint64_t value;
	return object_word(property, word, &value) ? value : 0;
}

static uint32_t some_rotation(struct random *random, const struct display_plane *plane) {
	static const char *const turns[] = {"rotate-0", "rotate-90", "rotate-180", "rotate-270"};
	const drmModePropertyRes *property = object_property(&plane->object, "rotation", NULL);
	if (!property || random_below(random, 2))
		return DRM_MODE_ROTATE_0;
	uint64_t turn = bit(property, turns[random_below(random, 4)]);
	uint64_t reflect_x = random_below(random, 2) ? bit(property, "reflect-x") : 0;
	uint64_t reflect_y = random_below(random, 2) ? bit(property, "reflect-y") : 0;
	return (uint32_t)((turn ? turn : DRM_MODE_ROTATE_0) | reflect_x | reflect_y);
}

static uint16_t some_alpha(struct random *random, const struct display_plane *plane) {
	if (!object_property(&plane->object, "alpha", NULL) || random_below(random, 2))
		return 0xffff;
	return random_below(random, 8) ? (uint16_t)random_next(random) : 0;
}

static uint64_t some_zpos(struct random *random, const struct display_plane *plane) {
	uint64_t zpos = 0;
	const drmModePropertyRes *property = object_property(&plane->object, "zpos", &zpos);
	if (!property || property->flags & DRM_MODE_PROP_IMMUTABLE || property->count_values != 2)
		return zpos;
	return property->values[0] +
	       random_below(random, (uint32_t)(property->values[1] - property->values[0] + 1));
}

/* Mostly its middle is inside; otherwise from just outside of one edge to just outside of the other. */
static int32_t some_place(struct random *random, uint32_t size, uint32_t mode) {
	if (random_below(random, 4))
		return (int32_t)random_below(random, mode) - (int32_t)size / 2;
	return (int32_t)random_below(random, size + mode + 9) - (int32_t)size - 4;
}

void plane_state_move(struct random *random, const drmModeModeInfo *mode, struct frame_layer *layer) {
	struct rect *place = &layer->destination;
	place->x = some_place(random, place->width, mode->hdisplay);
	place->y = some_place(random, place->height, mode->vdisplay);
}

/* Even, for formats whose chroma is of two pixels, and as large as drivers want it. */
static uint32_t some_extent(struct random *random, uint32_t shown) {
	uint32_t extent = shown + random_below(random, 9);
	return extent < LEAST_EXTENT ? LEAST_EXTENT : extent + extent % 2;
}

static void choose_source(struct random *random, struct frame_layer *layer) {
	bool turned = layer->rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270);
	uint32_t width = turned ? layer->destination.height : layer->destination.width,
		 height = turned ? layer->destination.width : layer->destination.height;
	layer->width = some_extent(random, width);
	layer->height = some_extent(random, height);
	layer->source = (struct rect_fixed){random_below(random, layer->width - width + 1) << 16,
		random_below(random, layer->height - height + 1) << 16, width << 16, height << 16};
}

void plane_state_choose(struct random *random, const struct display_plane *plane, const drmModeModeInfo *mode,
	struct frame_layer *layer) {
	uint32_t width = mode->hdisplay, height = mode->vdisplay;
	bool covers = plane->type == DRM_PLANE_TYPE_PRIMARY && random_below(random, 4);
	*layer = (struct frame_layer){
		.plane_id = plane->object.id,
		.fourcc = some_format(random, plane->plane),
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.destination = {0, 0, width, height},
		.rotation = some_rotation(random, plane),
		.alpha = some_alpha(random, plane),
		.zpos = some_zpos(random, plane),
		.blend = some_choice(random, plane, DISPLAY_BLEND, 3, FRAME_BLEND_PREMULTIPLIED),
		.encoding = some_choice(random, plane, DISPLAY_ENCODING, 3, FRAME_ENCODING_BT601),
		.range = some_choice(random, plane, DISPLAY_RANGE, 2, FRAME_RANGE_LIMITED),
	};
	if (!covers) {
		layer->destination.width = 1 + random_below(random, width * 5 / 4);
		layer->destination.height = 1 + random_below(random, height * 5 / 4);
		plane_state_move(random, mode, layer);
	}
	choose_source(random, layer);
}

void plane_state_print(const struct frame_layer *layer) {
	static const char *const blends[] = {"premultiplied", "coverage", "none"};
	struct pixel_format_text text;
	printf("plane %u: %s, from %u,%u of %ux%u to %ux%u%+d%+d, rotation 0x%x, alpha 0x%x, %s, zpos %u, "
	       "encoding %d, range %d",
		layer->plane_id, pixel_format_describe(layer->fourcc, &text), layer->source.x >> 16,
		layer->source.y >> 16, layer->width, layer->height, layer->destination.width,
		layer->destination.height, layer->destination.x, layer->destination.y, layer->rotation,
		layer->alpha, blends[layer->blend], (unsigned)layer->zpos, layer->encoding, layer->range);
}
