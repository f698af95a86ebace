/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/compose.h"

#include <string.h>

#include "encode/cpu/blend.h"

int compose_set(struct compose *compose, const struct frame *frame, struct reason *reason) {
	int error = colour_set(&compose->colour, frame);
	if (error)
		return reason_set(reason, error, "out of memory");
	compose->count = frame->layer_count;
	for (int i = 0; i < frame->layer_count; i++) {
		compose->layers[i].deep = colour_is_toned(&compose->colour);
		error = layer_set(
			&compose->layers[i], &frame->layers[i], i == 0, frame->width, frame->height, reason);
		if (error)
			return error;
	}
	error = span_reserve(&compose->below, frame->width);
	if (!error)
		error = span_reserve(&compose->above, frame->width);
	return error ? reason_set(reason, error, "out of memory") : 0;
}

/* Whether a kernel can read rows of the mode in the framebuffer, and they stay as they are. */
static bool is_plain(const struct layer *layer) {
	return layer_is_exact(layer) && layer->shape >= 0 && placement_is_plain(&layer->placement);
}

/* Whether the layer can be laid over pixels that are rounded already. */
static bool can_blend(const struct layer *layer) {
	const struct frame_layer *of = layer->frame_layer;
	return layer->effect == LAYER_BLENDS && !layer->placement.scaled &&
	       blend_can(layer->format, of->blend, of->alpha);
}

struct compose_owner compose_owner(struct compose *compose, const struct rect *part) {
	struct layer *over = NULL;
	for (int i = compose->count - 1; i >= 0 && compose->colour.kind == COLOUR_NONE; i--) {
		struct layer *layer = &compose->layers[i];
		struct rect seen = rect_intersect(layer->placement.shown, *part);
		if (layer->effect == LAYER_HIDDEN || !seen.width)
			continue;
		if (!rect_equals(seen, *part))
			break;
		if (is_plain(layer) && (!over || layer->shape == KERNEL_PICTURE))
			return (struct compose_owner){layer, over};
		if (over || !can_blend(layer) || !placement_is_plain(&layer->placement))
			break;
		over = layer;
	}
	return (struct compose_owner){0};
}

bool compose_shows(const struct compose *compose, int which, const struct rect *part) {
	const struct layer *layer = &compose->layers[which];
	return layer->effect != LAYER_HIDDEN && rect_intersect(layer->placement.shown, *part).width;
}

int compose_lowest(const struct compose *compose, const struct rect *part) {
	int lowest = compose->count - 1;
	for (; lowest > 0; lowest--) {
		const struct layer *layer = &compose->layers[lowest];
		if (compose_shows(compose, lowest, part) && layer_is_exact(layer) &&
			rect_equals(rect_intersect(layer->placement.shown, *part), *part))
			break;
	}
	return lowest > 0 ? lowest : 0;
}

bool compose_is_cheap(const struct compose *compose, const struct rect *part) {
	if (compose->colour.kind != COLOUR_NONE)
		return false;
	for (int i = compose_lowest(compose, part); i < compose->count; i++)
		if (compose_shows(compose, i, part) && !is_plain(&compose->layers[i]) &&
			!(can_blend(&compose->layers[i]) &&
				placement_is_plain(&compose->layers[i].placement)))
			return false;
	return true;
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

/* Lays the layers from `first` on over what the row holds, and rounds nothing. */
static void blend_from(struct compose *compose, int first, const struct kernel *kernel,
	struct stretch stretch, uint32_t y, uint32_t *line) {
	span_from_pixels(&compose->below, stretch.x, line + stretch.x, stretch.width);
	for (int i = first; i < compose->count; i++) {
		struct stretch part = part_of(&compose->layers[i], stretch, y);
		if (part.width)
			lay(compose, i, kernel, part, y, line);
	}
}

static void blend_all(struct compose *compose, int first, const struct kernel *kernel, struct stretch stretch,
	uint32_t y, uint32_t *line) {
	blend_from(compose, first, kernel, stretch, y, line);
	span_to_pixels(&compose->below, stretch.x, line + stretch.x, stretch.width);
}

/* Whether a layer can be laid over pixels that are rounded already: it is of 8 bits, and the only one that
 * has to be rounded there. */
static bool blends_alone(const struct compose *compose, int which, struct stretch stretch, uint32_t y) {
	if (!can_blend(&compose->layers[which]))
		return false;
	for (int i = which + 1; i < compose->count; i++)
		if (!layer_is_exact(&compose->layers[i]) && part_of(&compose->layers[i], stretch, y).width)
			return false;
	return true;
}

/* The highest layer below which nothing is seen of the stretch. -1: black is seen. */
static int lowest_seen(const struct compose *compose, struct stretch stretch, uint32_t y) {
	int lowest = compose->count - 1;
	while (lowest >= 0 && !(layer_is_exact(&compose->layers[lowest]) &&
				      part_of(&compose->layers[lowest], stretch, y).width == stretch.width))
		lowest--;
	return lowest;
}

static void lay_all(struct compose *compose, const struct kernel *kernel, struct stretch stretch, uint32_t y,
	uint32_t *line) {
	int lowest = lowest_seen(compose, stretch, y);
	if (lowest < 0)
		memset(line + stretch.x, 0, (size_t)stretch.width * sizeof *line);
	for (int i = lowest < 0 ? 0 : lowest; i < compose->count; i++) {
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

/* The same for a signal that 8 bits would not do for before its curve. */
static void tone_all(struct compose *compose, const struct kernel *kernel, struct stretch stretch, uint32_t y,
	uint32_t *line) {
	float *const *levels = compose->below.levels;
	uint32_t x = stretch.x;
	memset(line + x, 0, (size_t)stretch.width * sizeof *line);
	blend_from(compose, 0, kernel, stretch, y, line);
	tone_table_apply(&compose->colour.tone, levels[SPAN_RED] + x, levels[SPAN_GREEN] + x,
		levels[SPAN_BLUE] + x, line + x, stretch.width);
}

void compose_row(struct compose *compose, const struct kernel *kernel, uint32_t x, uint32_t y, uint32_t width,
	uint32_t *line) {
	if (colour_is_toned(&compose->colour)) {
		tone_all(compose, kernel, (struct stretch){x, width}, y, line);
		return;
	}
	lay_all(compose, kernel, (struct stretch){x, width}, y, line);
	colour_apply(&compose->colour, line + x, width);
}

void compose_finish(struct compose *compose) {
	for (int i = 0; i < FRAME_MAX_LAYERS; i++)
		layer_finish(&compose->layers[i]);
	span_finish(&compose->below);
	span_finish(&compose->above);
	colour_finish(&compose->colour);
	memset(compose, 0, sizeof *compose);
}
