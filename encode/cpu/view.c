/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/view.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "encode/pixel_format.h"

static int check_arrangement(
	const struct frame *frame, const struct frame_layer *layer, struct reason *reason) {
	if (frame->layer_count > 1)
		return reason_set(reason, -ENOTSUP,
			"%d planes are on the screen at once, and the cpu path composes none; it needs the "
			"gpu path",
			frame->layer_count);
	if (layer->rotation && layer->rotation != DRM_MODE_ROTATE_0)
		return reason_set(reason, -ENOTSUP,
			"the plane is rotated or mirrored (0x%x), which the cpu path cannot do; it needs the "
			"gpu path",
			layer->rotation);
	if (layer->source.width >> 16 != layer->destination.width ||
		layer->source.height >> 16 != layer->destination.height)
		return reason_set(reason, -ENOTSUP,
			"the plane is scaled from %ux%u to %ux%u, which the cpu path cannot do; it needs the "
			"gpu path",
			layer->source.width >> 16, layer->source.height >> 16, layer->destination.width,
			layer->destination.height);
	if (layer->alpha != 0xffff)
		return reason_set(reason, -ENOTSUP,
			"the plane is translucent, and the cpu path blends nothing; it needs the gpu path");
	return 0;
}

static int check_format(
	const struct frame_layer *layer, const struct pixel_format *format, struct reason *reason) {
	struct pixel_format_text text;
	if (!format || format->model == PIXEL_YUV)
		return reason_set(reason, -ENOTSUP, "the cpu path cannot read %s",
			pixel_format_describe(layer->fourcc, &text));
	if (format->alpha.bits && layer->blend == FRAME_BLEND_COVERAGE)
		return reason_set(reason, -ENOTSUP,
			"the plane is blended by the alpha of its pixels, and the cpu path blends nothing");
	if (frame_layer_is_linear(layer))
		return 0;
	if (layer->modifier == DRM_FORMAT_MOD_INVALID)
		return reason_set(reason, -ENOTSUP,
			"the driver does not tell the framebuffer's memory layout, so the cpu path cannot "
			"read it; it "
			"needs the gpu path");
	return reason_set(reason, -ENOTSUP,
		"the framebuffer's memory layout is %s, and the cpu path reads linear only; it needs the gpu "
		"path",
		pixel_format_describe_modifier(layer->modifier, &text));
}

static int check_numbers(
	const struct frame_layer *layer, const struct pixel_format *format, struct reason *reason) {
	const struct frame_rect_fixed *source = &layer->source;
	uint64_t row = (uint64_t)layer->width * format->bytes_per_pixel;
	if (layer->plane_count != 1)
		return reason_set(reason, -EINVAL, "a %s framebuffer with %d memory planes", format->name,
			layer->plane_count);
	if (layer->planes[0].pitch < row)
		return reason_set(reason, -EINVAL, "rows %u bytes apart cannot hold %u pixels of %s",
			layer->planes[0].pitch, layer->width, format->name);
	if ((uint64_t)(source->x >> 16) + (source->width >> 16) > layer->width ||
		(uint64_t)(source->y >> 16) + (source->height >> 16) > layer->height)
		return reason_set(reason, -EINVAL,
			"%ux%u pixels at %u,%u are shown of a framebuffer of %ux%u", source->width >> 16,
			source->height >> 16, source->x >> 16, source->y >> 16, layer->width, layer->height);
	return 0;
}

/* Cuts [*at, *at + *length) to [0, limit). Returns how much was cut off at the lower end. */
static uint32_t clip(int32_t at, uint32_t *length, uint32_t limit) {
	int64_t begin = at < 0 ? 0 : at, end = (int64_t)at + *length;
	if (end > limit)
		end = limit;
	*length = end > begin ? (uint32_t)(end - begin) : 0;
	return (uint32_t)(begin - at);
}

int view_init(struct view *view, const struct frame *frame, struct reason *reason) {
	memset(view, 0, sizeof *view);
	if (!frame->layer_count)
		return 0;
	const struct frame_layer *layer = &frame->layers[0];
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	int error = check_arrangement(frame, layer, reason);
	if (!error)
		error = check_format(layer, format, reason);
	if (!error)
		error = check_numbers(layer, format, reason);
	if (error)
		return error;

	const struct frame_rect *destination = &layer->destination;
	view->format = format;
	view->shape = kernel_shape_of(format);
	view->bytes_per_pixel = format->bytes_per_pixel;
	view->pitch = layer->planes[0].pitch;
	view->width = destination->width;
	view->height = destination->height;
	uint64_t left = (layer->source.x >> 16) + clip(destination->x, &view->width, frame->width);
	uint64_t top = (layer->source.y >> 16) + clip(destination->y, &view->height, frame->height);
	if (!view->width || !view->height) {
		view->width = view->height = 0;
		return 0;
	}
	view->x = destination->x < 0 ? 0 : (uint32_t)destination->x;
	view->y = destination->y < 0 ? 0 : (uint32_t)destination->y;
	view->offset = layer->planes[0].offset + top * view->pitch + left * view->bytes_per_pixel;
	view->end = view->offset + (view->height - UINT64_C(1)) * view->pitch +
		    (uint64_t)view->width * view->bytes_per_pixel;
	return 0;
}

int view_check(const struct view *view, size_t size, struct reason *reason) {
	if (view->end <= size)
		return 0;
	return reason_set(reason, -EINVAL,
		"the framebuffer claims %" PRIu64 " bytes of a buffer that has %zu: it is not read",
		view->end, size);
}
