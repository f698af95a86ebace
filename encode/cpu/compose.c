/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/compose.h"

#include <string.h>

#include "encode/cpu/blend.h"

int compose_set(struct compose *compose, const struct frame *frame, struct reason *reason) {
	compose->count = frame->layer_count;
	for (int i = 0; i < frame->layer_count; i++) {
		int error = layer_set(
			&compose->layers[i], &frame->layers[i], i == 0, frame->width, frame->height, reason);
		if (error)
			return error;
	}
	int error = span_reserve(&compose->below, frame->width);
	if (!error)
		error = span_reserve(&compose->above, frame->width);
	return error ? reason_set(reason, error, "out of memory") : 0;
}

struct layer *compose_owner(struct compose *compose, const struct rect *part) {
	for (int i = compose->count - 1; i >= 0; i--) {
		struct layer *layer = &compose->layers[i];
		const struct rect *shown = &layer->placement.shown;
		struct rect seen = rect_intersect(*shown, *part);
		if (layer->effect == LAYER_HIDDEN || !seen.width)
			continue;
		bool all = seen.width == part->width && seen.height == part->height;
		return all && layer_is_exact(layer) && layer->shape >= 0 &&
				       placement_is_plain(&layer->placement)
			       ? layer
			       : NULL;
	}
	return NULL;
}

/* A part of a row. */
struct stretch {
	uint32_t x, width;
};

/* The part of a stretch of row y in which a layer is seen. Width 0: none. */
static struct stretch part_of(const struct layer *layer, struct stretch stretch, uint32_t y) {
	const struct rect *shown = &layer->placement.shown;
	uint32_t left = (uint32_t)shown->x, right = left + shown->width, end = stretch.x + stretch.width;
	bool in_row = layer->effect != LAYER_HIDDEN && y >= (uint32_t)shown->y &&
		      y - (uint32_t)shown->y < shown->height;
	left = left > stretch.x ? left : stretch.x;
	right = right < end ? right : end;
	return in_row && left < right ? (struct stretch){left, right - left} : (struct stretch){0};
}

static void lay(struct compose *compose, int which, const struct kernel *kernel, struct stretch part,
	uint32_t y, uint32_t *line) {
	struct layer *layer = &compose->layers[which];
	if (layer_is_exact(layer)) {
		layer_colours(layer, kernel, part.x, y, part.width, line);
		span_from_pixels(&compose->below, part.x, line + part.x, part.width);
		return;
	}
	layer_levels(layer, part.x, y, part.width, &compose->above);
	enum frame_blend blend = layer->effect == LAYER_COVERS ? FRAME_BLEND_NONE : layer->frame_layer->blend;
	span_blend(&compose->below, part.x, &compose->above, part.width, blend, layer->frame_layer->alpha);
}

/* Lays the layers from `first` on over what the row holds. Nothing is rounded in between. */
static void blend_all(struct compose *compose, int first, const struct kernel *kernel, struct stretch stretch,
	uint32_t y, uint32_t *line) {
	span_from_pixels(&compose->below, stretch.x, line + stretch.x, stretch.width);
	for (int i = first; i < compose->count; i++) {
		struct stretch part = part_of(&compose->layers[i], stretch, y);
		if (part.width)
			lay(compose, i, kernel, part, y, line);
	}
	span_to_pixels(&compose->below, stretch.x, line + stretch.x, stretch.width);
}

/* Whether a layer can be laid over pixels that are rounded already: it is of 8 bits, and the only one that
 * has to be rounded there. */
static bool blends_alone(const struct compose *compose, int which, struct stretch stretch, uint32_t y) {
	const struct layer *layer = &compose->layers[which];
	const struct frame_layer *of = layer->frame_layer;
	if (layer->placement.scaled || !blend_can(layer->format, of->blend, of->alpha))
		return false;
	for (int i = which + 1; i < compose->count; i++)
		if (!layer_is_exact(&compose->layers[i]) && part_of(&compose->layers[i], stretch, y).width)
			return false;
	return true;
}

void compose_row(struct compose *compose, const struct kernel *kernel, uint32_t x, uint32_t y, uint32_t width,
	uint32_t *line) {
	const struct stretch stretch = {x, width};
	memset(line + x, 0, (size_t)width * sizeof *line);
	for (int i = 0; i < compose->count; i++) {
		struct layer *layer = &compose->layers[i];
		struct stretch part = part_of(layer, stretch, y);
		if (!part.width)
			continue;
		if (layer_is_exact(layer)) {
			layer_colours(layer, kernel, part.x, y, part.width, line);
		} else if (blends_alone(compose, i, stretch, y)) {
			kernel->blend(layer->format, layer->frame_layer->blend,
				layer_raw(layer, part.x, y, part.width), line + part.x, part.width);
		} else {
			blend_all(compose, i, kernel, stretch, y, line);
			return;
		}
	}
}

void compose_finish(struct compose *compose) {
	for (int i = 0; i < FRAME_MAX_LAYERS; i++)
		layer_finish(&compose->layers[i]);
	span_finish(&compose->below);
	span_finish(&compose->above);
	memset(compose, 0, sizeof *compose);
}
