/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/cursor.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xf86drmMode.h>

#include "capture/base/array.h"
#include "capture/base/hash.h"
#include "capture/base/rect.h"
#include "capture/dmabuf.h"
#include "capture/kms/framebuffer.h"
#include "capture/source.h"
#include "capture/tone.h"

static const uint64_t reread_ns = 1000000000;

void kms_cursor_init(struct kms_cursor *reader) {
	memset(reader, 0, sizeof *reader);
	kms_maps_init(&reader->maps);
}

void kms_cursor_finish(struct kms_cursor *reader) {
	kms_maps_finish(&reader->maps);
	free(reader->planes);
	reader->planes = NULL;
	reader->plane_count = reader->searched_crtc = 0;
}

void kms_cursor_release(struct kms_cursor *reader) {
	kms_maps_finish(&reader->maps);
}

/* --- the plane --- */

static int find_planes(
	struct kms_cursor *reader, const struct kms_device *device, const struct kms_output *output) {
	struct kms_plane *planes;
	size_t count, fitting = 0;
	int error = kms_plane_list(device, &planes, &count);
	if (error)
		return error;
	for (size_t i = 0; i < count; i++)
		if (planes[i].type == DRM_PLANE_TYPE_CURSOR &&
			planes[i].possible_crtcs & 1u << output->crtc_index)
			planes[fitting++] = planes[i];
	free(reader->planes);
	reader->planes = planes;
	reader->plane_count = fitting;
	reader->last = 0;
	reader->searched_crtc = output->crtc_id;
	return 0;
}

/* Most drivers have one cursor plane per CRTC. If several fit, we only know which one is ours while it is on
 * our CRTC, and a different one may be used each time. */
static int read_plane(struct kms_cursor *reader, const struct kms_device *device,
	const struct kms_output *output, struct kms_plane_state *state) {
	for (size_t i = 0; i < reader->plane_count; i++) {
		size_t at = (reader->last + i) % reader->plane_count;
		int error = kms_plane_read(device, &reader->planes[at], state);
		if (error)
			return error;
		if (state->crtc_id == output->crtc_id) {
			reader->last = at;
			return 0;
		}
	}
	return 0;
}

/* --- the image --- */

/* The kinds of 32-bit pixels that cursors come in. */
static const struct {
	uint32_t fourcc;
	bool swapped, opaque;
} formats[] = {
	{DRM_FORMAT_ARGB8888, false, false},
	{DRM_FORMAT_ABGR8888, true, false},
	{DRM_FORMAT_XRGB8888, false, true},
	{DRM_FORMAT_XBGR8888, true, true},
};

static uint32_t multiply(uint32_t channel, uint32_t alpha) {
	uint32_t product = channel * alpha + 128;
	return (product + (product >> 8)) >> 8;
}

static uint32_t convert_pixel(uint32_t pixel, bool swapped, bool opaque, bool multiplied) {
	uint32_t alpha = opaque ? 0xff : pixel >> 24;
	uint32_t red = pixel >> 16 & 0xff, green = pixel >> 8 & 0xff, blue = pixel & 0xff;
	if (swapped) {
		uint32_t other = red;
		red = blue;
		blue = other;
	}
	if (!multiplied) {
		red = multiply(red, alpha);
		green = multiply(green, alpha);
		blue = multiply(blue, alpha);
	}
	return alpha << 24 | red << 16 | green << 8 | blue;
}

/* Over the size and the pixels. Never 0. */
static uint64_t hash(const struct cursor *image) {
	uint64_t sum = hash_add(HASH_START, image->width << 16 | image->height);
	for (uint32_t i = 0; i < image->width * image->height; i++)
		sum = hash_add(sum, image->pixels[i]);
	return sum ? sum : 1;
}

/* Where the rows of the part that is shown begin in memory. */
struct view {
	const uint8_t *first;
	uint32_t pitch, width, height;
	bool swapped, opaque, multiplied;
};

static int find_view(const struct kms_plane_state *state, const struct frame_layer *layer,
	const uint8_t *memory, struct view *view) {
	size_t f = 0;
	while (f < ARRAY_LEN(formats) && formats[f].fourcc != layer->fourcc)
		f++;
	struct rect part = rect_from_fixed(&state->source);
	if (part.width == 0 || part.height == 0) { /* without atomic modesetting, all of it */
		part.width = layer->width;
		part.height = layer->height;
	}
	if (f == ARRAY_LEN(formats) || !rect_is_inside(part, layer->width, layer->height) ||
		layer->planes[0].pitch < layer->width * 4)
		return -ENOTSUP;
	*view = (struct view){
		.first = memory + layer->planes[0].offset + (size_t)part.y * layer->planes[0].pitch +
			 (size_t)part.x * 4,
		.pitch = layer->planes[0].pitch,
		.width = part.width,
		.height = part.height,
		.swapped = formats[f].swapped,
		.opaque = formats[f].opaque || state->blend == FRAME_BLEND_NONE,
		.multiplied = state->blend == FRAME_BLEND_PREMULTIPLIED,
	};
	return 0;
}

/* Compositors put small images into buffers of the largest size that the hardware takes. What is empty on the
 * right and at the bottom is left out, but never the hotspot's pixel. */
static void crop(const struct kms_plane_state *state, struct view *view) {
	if (view->opaque)
		return;
	uint32_t width = 1, height = 1;
	if (state->has_hotspot && state->hotspot_x >= 0 && (uint32_t)state->hotspot_x < view->width)
		width = (uint32_t)state->hotspot_x + 1;
	if (state->has_hotspot && state->hotspot_y >= 0 && (uint32_t)state->hotspot_y < view->height)
		height = (uint32_t)state->hotspot_y + 1;
	for (uint32_t y = 0; y < view->height; y++) {
		const uint32_t *row = (const uint32_t *)(view->first + (size_t)y * view->pitch);
		uint32_t end = view->width;
		while (end > 0 && row[end - 1] >> 24 == 0)
			end--;
		width = end > width ? end : width;
		height = end > 0 && y >= height ? y + 1 : height;
	}
	view->width = width;
	view->height = height;
}

/* Copies the part that is shown out of the framebuffer's memory. */
static int take_pixels(const struct kms_plane_state *state, const struct frame_layer *layer,
	const uint8_t *memory, struct cursor *image) {
	struct view view;
	int error = find_view(state, layer, memory, &view);
	if (error)
		return error;
	crop(state, &view);
	if (view.width > CURSOR_MAX_SIDE || view.height > CURSOR_MAX_SIDE)
		return -ENOTSUP;
	image->width = view.width;
	image->height = view.height;
	for (uint32_t y = 0; y < view.height; y++) {
		uint32_t *to = image->pixels + (size_t)y * view.width;
		memcpy(to, view.first + (size_t)y * view.pitch, (size_t)view.width * 4);
		for (uint32_t x = 0; x < view.width; x++)
			to[x] = convert_pixel(to[x], view.swapped, view.opaque, view.multiplied);
	}
	return 0;
}

static int read_dmabuf(
	const struct kms_plane_state *state, const struct frame_layer *layer, struct cursor *image) {
	int fd = layer->planes[0].fd;
	size_t size = layer->planes[0].offset + (size_t)layer->planes[0].pitch * layer->height;
	/* Reading would wait for the writers without a time limit, and delay the picture, too. */
	if (dmabuf_wait(fd, 0) == -ETIMEDOUT)
		return -EBUSY;
	void *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	dmabuf_read_begin(fd);
	int error = take_pixels(state, layer, memory, image);
	dmabuf_read_end(fd);
	munmap(memory, size);
	return error;
}

static int read_image(struct kms_cursor *reader, const struct kms_device *device,
	const struct kms_plane_state *state, struct cursor *image) {
	struct frame frame;
	frame_init(&frame);
	struct frame_layer *layer = frame_add_layer(&frame);
	struct reason ignored;
	kms_maps_age(&reader->maps);
	int error = kms_framebuffer_export(device, &reader->maps, state->fb_id, 0, layer, &ignored);
	if (!error && !frame_layer_may_be_linear(layer))
		error = -ENOTSUP;
	if (!error)
		error = layer->memory ? take_pixels(state, layer, layer->memory, image)
				      : read_dmabuf(state, layer, image);
	/* The dma-bufs cannot be mapped, but the card's memory can. */
	if (error && error != -ENOENT && error != -EBUSY && !layer->memory) {
		frame_finish(&frame);
		frame_init(&frame);
		layer = frame_add_layer(&frame);
		error = kms_framebuffer_export(
			device, &reader->maps, state->fb_id, SOURCE_MAP_MEMORY, layer, &ignored);
		if (!error)
			error = layer->memory && frame_layer_may_be_linear(layer)
					? take_pixels(state, layer, layer->memory, image)
					: -ENOTSUP;
	}
	frame_finish(&frame);
	return error;
}

static bool same_part(const struct rect_fixed *one, const struct rect_fixed *other) {
	return one->x == other->x && one->y == other->y && one->width == other->width &&
	       one->height == other->height;
}

static uint64_t serial_of(const struct kms_cursor_colours *colours) {
	return colours->correction ? colours->correction->serial : 0;
}

static bool same_colours(const struct kms_cursor *reader, const struct kms_cursor_colours *colours) {
	return reader->correction == serial_of(colours) && tone_is_same(&reader->signal, &colours->signal);
}

static void colour(struct cursor *image, const struct kms_cursor_colours *colours) {
	uint32_t before = 0, after = 0;
	if (!colours->correction && !tone_is_needed(&colours->signal))
		return;
	for (uint32_t i = 0; i < image->width * image->height; i++) {
		if (image->pixels[i] != before) { /* neighbours often are alike */
			before = image->pixels[i];
			after = tone_pixel(colours->correction, &colours->signal, before);
		}
		image->pixels[i] = after;
	}
}

static void follow_image(struct kms_cursor *reader, const struct kms_device *device,
	const struct kms_plane_state *state, const struct kms_cursor_colours *colours, uint64_t now_ns) {
	if (reader->fb_id == state->fb_id && same_part(&reader->source, &state->source) &&
		same_colours(reader, colours) && now_ns - reader->read_ns < reread_ns)
		return;
	int error = read_image(reader, device, state, &reader->image);
	if (error == -ENOENT || error == -EBUSY)
		return; /* it was replaced in the meantime or is not drawn yet; the next look finds it */
	if (error)
		reader->image.width = reader->image.height = 0;
	colour(&reader->image, colours);
	reader->image.shape = error ? 0 : hash(&reader->image);
	reader->correction = serial_of(colours);
	reader->signal = colours->signal;
	reader->fb_id = state->fb_id;
	reader->source = state->source;
	reader->read_ns = now_ns;
}

static void hide(struct cursor *cursor) {
	cursor->visible = false;
}

int kms_cursor_read(struct kms_cursor *reader, const struct kms_device *device,
	const struct kms_output *output, const struct kms_cursor_colours *colours, uint64_t now_ns,
	struct cursor *cursor) {
	if (output->crtc_id == 0 || output->state != KMS_OUTPUT_LIT) {
		hide(cursor);
		return 0;
	}
	int error = reader->searched_crtc == output->crtc_id ? 0 : find_planes(reader, device, output);
	if (error)
		return error;
	struct kms_plane_state state = {0};
	error = read_plane(reader, device, output, &state);
	if (error || state.fb_id == 0 || state.crtc_id != output->crtc_id) {
		hide(cursor);
		return error;
	}
	follow_image(reader, device, &state, colours, now_ns);
	struct cursor *image = &reader->image;
	image->visible = true;
	image->placed = device->atomic;
	image->x = state.destination.x;
	image->y = state.destination.y;
	image->has_hotspot = state.has_hotspot;
	image->hotspot_x = state.hotspot_x;
	image->hotspot_y = state.hotspot_y;
	cursor_copy(cursor, image);
	return 0;
}
