/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/placement.h"

#include <drm_mode.h>
#include <errno.h>
#include <math.h>
#include <string.h>

/* One unit of 16.16 fixed point. */
enum { FIXED_ONE = 1 << 16 };

/* The kernel reflects in the source's own axes, and turns counter-clockwise after that. */
static void orient(struct placement *placement, uint32_t rotation) {
	int32_t width = (int32_t)placement->source.width, height = (int32_t)placement->source.height;
	int32_t x = 0, y = 0, xx = 1, xy = 0, yx = 0, yy = 1; /* as `first` and `steps` have them */
	switch (rotation & DRM_MODE_ROTATE_MASK) {
	case DRM_MODE_ROTATE_90:
		x = width - 1, xx = 0, xy = 1, yx = -1, yy = 0;
		break;
	case DRM_MODE_ROTATE_180:
		x = width - 1, y = height - 1, xx = -1, yy = -1;
		break;
	case DRM_MODE_ROTATE_270:
		y = height - 1, xx = 0, xy = -1, yx = 1, yy = 0;
		break;
	default:
		break;
	}
	if (rotation & DRM_MODE_REFLECT_X)
		x = width - 1 - x, xx = -xx, yx = -yx;
	if (rotation & DRM_MODE_REFLECT_Y)
		y = height - 1 - y, xy = -xy, yy = -yy;
	placement->first[0] = placement->source.x + x;
	placement->first[1] = placement->source.y + y;
	memcpy(placement->steps, (int32_t[]){xx, xy, yx, yy}, sizeof placement->steps);
}

/* The whole pixels that a length from `start` touches, both in 16.16 fixed point. */
static uint32_t touched(uint32_t start, uint32_t length) {
	uint64_t end = (uint64_t)start % FIXED_ONE + length;
	return (uint32_t)((end + FIXED_ONE - 1) / FIXED_ONE);
}

/* Where a scaled source begins among its whole pixels, along one oriented axis. `step`: which way that axis
 * goes in the framebuffer. */
static double begin_of(uint32_t start, uint32_t length, uint32_t pixels, int32_t step) {
	double before = start % FIXED_ONE / (double)FIXED_ONE;
	return step > 0 ? before : pixels - before - length / (double)FIXED_ONE;
}

static void scale(struct placement *placement, const struct frame_layer *layer, bool turned) {
	const struct rect_fixed *source = &layer->source;
	const struct rect *whole = &placement->source, *shown = &layer->destination;
	const int32_t *steps = placement->steps;
	double across = begin_of(source->x, source->width, whole->width, turned ? steps[2] : steps[0]);
	double along = begin_of(source->y, source->height, whole->height, turned ? steps[1] : steps[3]);
	double width = source->width / (double)FIXED_ONE, height = source->height / (double)FIXED_ONE;
	placement->origin[0] = turned ? along : across;
	placement->origin[1] = turned ? across : along;
	placement->scale[0] = (turned ? height : width) / shown->width;
	placement->scale[1] = (turned ? width : height) / shown->height;
}

int placement_init(struct placement *placement, const struct frame_layer *layer, uint32_t width,
	uint32_t height, struct reason *reason) {
	memset(placement, 0, sizeof *placement);
	const struct rect *shown = &layer->destination;
	bool turned = layer->rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270);
	struct rect source = rect_from_fixed(&layer->source);
	placement->scaled = (turned ? source.height : source.width) != shown->width ||
			    (turned ? source.width : source.height) != shown->height;
	if (placement->scaled) {
		source.width = touched(layer->source.x, layer->source.width);
		source.height = touched(layer->source.y, layer->source.height);
	}
	if (!source.width || !source.height || !rect_is_inside(source, layer->width, layer->height))
		return reason_set(reason, -EINVAL,
			"the plane shows %ux%u pixels at %d,%d of a framebuffer of %ux%u", source.width,
			source.height, source.x, source.y, layer->width, layer->height);
	placement->source = source;
	placement->width = turned ? source.height : source.width;
	placement->height = turned ? source.width : source.height;
	placement->shown = rect_intersect(*shown, (struct rect){0, 0, width, height});
	placement->left = (uint32_t)placement->shown.x - (uint32_t)shown->x;
	placement->top = (uint32_t)placement->shown.y - (uint32_t)shown->y;
	orient(placement, layer->rotation);
	if (placement->scaled)
		scale(placement, layer, turned);
	return 0;
}

bool placement_is_plain(const struct placement *placement) {
	const int32_t upright[4] = {1, 0, 0, 1};
	return !placement->scaled && memcmp(placement->steps, upright, sizeof upright) == 0;
}
