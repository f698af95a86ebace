/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/compose.h"

#include <string.h>

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
		if (over || !layer->blends_by_kernel || !placement_is_plain(&layer->placement))
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
		if (layer->effect == LAYER_COVERS &&
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
			!(compose->layers[i].blends_by_kernel &&
				placement_is_plain(&compose->layers[i].placement)))
			return false;
	return true;
}

/* A part of row y in which each layer is seen from its first pixel to its last one, or not at all. So what
 * becomes of a pixel does not depend on which others are composed with it. */
struct piece {
	uint32_t x, width, y;
};

static bool is_in_row(const struct layer *layer, uint32_t y) {
	const struct rect *shown = &layer->placement.shown;
	return layer->effect != LAYER_HIDDEN && y >= (uint32_t)shown->y &&
	       y - (uint32_t)shown->y < shown->height;
}

static bool shows(const struct layer *layer, const struct piece *piece) {
	const struct rect *shown = &layer->placement.shown;
	return is_in_row(layer, piece->y) && piece->x >= (uint32_t)shown->x &&
	       piece->x - (uint32_t)shown->x < shown->width;
}

/* The piece that begins at x, and ends before `end`. */
static struct piece piece_at(const struct compose *compose, uint32_t x, uint32_t end, uint32_t y) {
	for (int i = 0; i < compose->count; i++) {
		const struct rect *shown = &compose->layers[i].placement.shown;
		uint32_t left = (uint32_t)shown->x, right = left + shown->width;
		if (!is_in_row(&compose->layers[i], y))
			continue;
		end = left > x && left < end ? left : end;
		end = right > x && right < end ? right : end;
	}
	return (struct piece){x, end - x, y};
}

/* The highest layer that hides what is below it. -1: none does, and the lowest one is laid over black. */
static int lowest_seen(const struct compose *compose, const struct piece *piece) {
	int lowest = compose->count - 1;
	while (lowest >= 0 &&
		!(compose->layers[lowest].effect == LAYER_COVERS && shows(&compose->layers[lowest], piece)))
		lowest--;
	return lowest;
}

static void lay(struct compose *compose, struct layer *layer, const struct kernel *kernel,
	const struct piece *piece, uint32_t *line) {
	uint32_t x = piece->x, width = piece->width;
	if (layer_is_exact(layer)) {
		layer_colours(layer, kernel, x, piece->y, width, line);
		span_from_pixels(&compose->below, x, line + x, width);
	} else if (layer->effect == LAYER_COVERS) {
		struct span covered = span_from(&compose->below, x);
		layer_levels(layer, x, piece->y, width, &covered);
	} else {
		layer_levels(layer, x, piece->y, width, &compose->above);
		span_blend(&compose->below, x, &compose->above, width, layer->frame_layer->blend,
			layer->frame_layer->alpha);
	}
}

/* Lays the layers from `first` on over what `below` holds, and rounds nothing. */
static void lay_from(struct compose *compose, int first, const struct kernel *kernel,
	const struct piece *piece, uint32_t *line) {
	for (int i = first; i < compose->count; i++)
		if (shows(&compose->layers[i], piece))
			lay(compose, &compose->layers[i], kernel, piece, line);
}

/* Whether a layer can be laid over pixels that are rounded already: it is of 8 bits, and the only one that
 * has to be rounded there. */
static bool blends_alone(const struct compose *compose, int which, const struct piece *piece) {
	if (!compose->layers[which].blends_by_kernel)
		return false;
	for (int i = which + 1; i < compose->count; i++)
		if (!layer_is_exact(&compose->layers[i]) && shows(&compose->layers[i], piece))
			return false;
	return true;
}

static void compose_piece(
	struct compose *compose, const struct kernel *kernel, const struct piece *piece, uint32_t *line) {
	uint32_t x = piece->x, width = piece->width;
	int lowest = lowest_seen(compose, piece);
	if (lowest < 0)
		memset(line + x, 0, (size_t)width * sizeof *line);
	for (int i = lowest < 0 ? 0 : lowest; i < compose->count; i++) {
		struct layer *layer = &compose->layers[i];
		if (!shows(layer, piece))
			continue;
		if (layer_is_exact(layer)) {
			layer_colours(layer, kernel, x, piece->y, width, line);
		} else if (blends_alone(compose, i, piece)) {
			kernel->blend(&layer->blend, layer_raw(layer, x, piece->y, width), line + x, width);
		} else {
			if (layer->effect != LAYER_COVERS)
				span_from_pixels(&compose->below, x, line + x, width);
			lay_from(compose, i, kernel, piece, line);
			span_to_pixels(&compose->below, x, line + x, width);
			return;
		}
	}
}

/* The same for a signal that 8 bits would not do for before its curve. */
static void tone_piece(
	struct compose *compose, const struct kernel *kernel, const struct piece *piece, uint32_t *line) {
	const struct span below = span_from(&compose->below, piece->x);
	uint32_t *pixels = line + piece->x;
	int lowest = lowest_seen(compose, piece);
	if (lowest < 0) {
		memset(pixels, 0, (size_t)piece->width * sizeof *pixels);
		span_from_pixels(&below, 0, pixels, piece->width);
	}
	lay_from(compose, lowest < 0 ? 0 : lowest, kernel, piece, line);
	tone_table_apply(&compose->colour.tone, below.levels[SPAN_RED], below.levels[SPAN_GREEN],
		below.levels[SPAN_BLUE], pixels, piece->width);
}

void compose_row(struct compose *compose, const struct kernel *kernel, uint32_t x, uint32_t y, uint32_t width,
	uint32_t *line) {
	bool toned = colour_is_toned(&compose->colour);
	for (uint32_t at = x, end = x + width; at < end;) {
		const struct piece piece = piece_at(compose, at, end, y);
		(toned ? tone_piece : compose_piece)(compose, kernel, &piece, line);
		at += piece.width;
	}
	if (!toned)
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
