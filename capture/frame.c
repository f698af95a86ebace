/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/frame.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <string.h>
#include <unistd.h>

#include "capture/dmabuf.h"

void frame_init(struct frame *frame) {
	memset(frame, 0, sizeof *frame);
}

struct frame_layer *frame_add_layer(struct frame *frame) {
	if (frame->layer_count == FRAME_MAX_LAYERS)
		return NULL;
	struct frame_layer *layer = &frame->layers[frame->layer_count++];
	memset(layer, 0, sizeof *layer);
	for (int i = 0; i < FRAME_MAX_PLANES; i++)
		layer->planes[i].fd = -1;
	layer->modifier = DRM_FORMAT_MOD_INVALID;
	layer->alpha = 0xffff;
	layer->rotation = DRM_MODE_ROTATE_0;
	return layer;
}

bool frame_layer_is_linear(const struct frame_layer *layer) {
	return layer->modifier == DRM_FORMAT_MOD_LINEAR ||
	       (layer->modifier == DRM_FORMAT_MOD_INVALID && layer->implicit_linear);
}

bool frame_layer_may_be_linear(const struct frame_layer *layer) {
	return layer->modifier == DRM_FORMAT_MOD_LINEAR || layer->modifier == DRM_FORMAT_MOD_INVALID;
}

bool frame_layer_source_is_inside(const struct frame_layer *layer) {
	uint64_t right = (uint64_t)layer->source.x + layer->source.width;
	uint64_t bottom = (uint64_t)layer->source.y + layer->source.height;
	return layer->source.width && layer->source.height && right <= (uint64_t)layer->width << 16 &&
	       bottom <= (uint64_t)layer->height << 16;
}

bool frame_layer_fits_buffers(const struct frame_layer *layer) {
	for (int i = 0; i < layer->plane_count; i++) {
		const struct frame_plane *plane = &layer->planes[i];
		int64_t size = plane->fd >= 0 ? dmabuf_size(plane->fd) : -1;
		uint64_t needed = (uint64_t)plane->offset + plane->pitch;
		if (i == 0 && frame_layer_is_linear(layer))
			needed = plane->offset + (uint64_t)plane->pitch * (layer->height - 1);
		if (size >= 0 && (uint64_t)size < needed)
			return false;
	}
	return true;
}

void frame_set_memory(struct frame *frame, uint32_t width, uint32_t height, const uint32_t *pixels,
	uint32_t stride, uint64_t memory_id) {
	frame_init(frame);
	frame->width = width;
	frame->height = height;
	struct frame_layer *layer = frame_add_layer(frame);
	layer->width = width;
	layer->height = height;
	/* The pixels are words of this machine, but fourccs describe bytes, with the lowest first. */
	layer->fourcc = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? DRM_FORMAT_BGRX8888 : DRM_FORMAT_XRGB8888;
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->plane_count = 1;
	layer->planes[0].pitch = stride;
	layer->memory = (const uint8_t *)pixels;
	layer->memory_size = (size_t)stride * height;
	layer->memory_id = memory_id;
	layer->source = (struct rect_fixed){0, 0, width << 16, height << 16};
	layer->destination = (struct rect){0, 0, width, height};
	layer->blend = FRAME_BLEND_NONE;
}

void frame_layer_close_buffers(struct frame_layer *layer) {
	for (int i = 0; i < FRAME_MAX_PLANES; i++) {
		if (layer->planes[i].fd >= 0)
			close(layer->planes[i].fd);
		layer->planes[i].fd = -1;
	}
}

void frame_drop_layer(struct frame *frame) {
	frame_layer_close_buffers(&frame->layers[--frame->layer_count]);
}

void frame_finish(struct frame *frame) {
	while (frame->layer_count)
		frame_drop_layer(frame);
}
