/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/view.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "capture/base/rect.h"
#include "encode/pixel_format.h"

static int check_arrangement(
	const struct frame *frame, const struct frame_layer *layer, struct reason *reason) {
	if (frame->layer_count > 1)
		return reason_set(reason, -ENOTSUP,
			"%d planes are on the screen at once, and the cpu path composes none; it needs the gpu path",
			frame->layer_count);
	if (layer->rotation && layer->rotation != DRM_MODE_ROTATE_0)
		return reason_set(reason, -ENOTSUP,
			"the plane is rotated or mirrored (0x%x), which the cpu path cannot do; it needs the gpu path",
			layer->rotation);
	if (layer->source.width >> 16 != layer->destination.width ||
		layer->source.height >> 16 != layer->destination.height)
		return reason_set(reason, -ENOTSUP,
			"the plane is scaled from %ux%u to %ux%u, which the cpu path cannot do; it needs the gpu path",
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
			"the driver does not tell the framebuffer's memory layout, so the cpu path cannot read it; it needs the gpu path");
	return reason_set(reason, -ENOTSUP,
		"the framebuffer's memory layout is %s, and the cpu path reads linear only; it needs the gpu path",
		pixel_format_describe_modifier(layer->modifier, &text));
}

static int check_numbers(
	const struct frame_layer *layer, const struct pixel_format *format, struct reason *reason) {
	const struct rect source = rect_from_fixed(&layer->source);
	uint64_t row = (uint64_t)layer->width * format->bytes_per_pixel;
	if (layer->plane_count != 1)
		return reason_set(reason, -EINVAL, "a %s framebuffer with %d memory planes", format->name,
			layer->plane_count);
	if (layer->planes[0].pitch < row)
		return reason_set(reason, -EINVAL, "rows %u bytes apart cannot hold %u pixels of %s",
			layer->planes[0].pitch, layer->width, format->name);
	if (!rect_is_inside(source, layer->width, layer->height))
		return reason_set(reason, -EINVAL,
			"%ux%u pixels at %d,%d are shown of a framebuffer of %ux%u", source.width,
			source.height, source.x, source.y, layer->width, layer->height);
	return 0;
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

	const struct rect screen = {0, 0, frame->width, frame->height};
	const struct rect shown = rect_intersect(layer->destination, screen);
	view->format = format;
	view->shape = kernel_shape_of(format);
	view->bytes_per_pixel = format->bytes_per_pixel;
	view->pitch = layer->planes[0].pitch;
	if (!shown.width)
		return 0;
	view->width = shown.width;
	view->height = shown.height;
	view->x = (uint32_t)shown.x;
	view->y = (uint32_t)shown.y;
	/* What is cut off on the screen is also cut off in the framebuffer. */
	uint64_t left = (layer->source.x >> 16) + (uint64_t)((int64_t)shown.x - layer->destination.x);
	uint64_t top = (layer->source.y >> 16) + (uint64_t)((int64_t)shown.y - layer->destination.y);
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
