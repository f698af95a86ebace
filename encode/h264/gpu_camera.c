/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/h264/gpu_camera.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <stdlib.h>
#include <va/va_drmcommon.h>
#include <va/va_vpp.h>

#include "capture/base/array.h"
#include "capture/dmabuf.h"
#include "encode/h264/stream.h"

struct gpu_camera {
	struct camera base;
	struct va *va;          /* in use */
	unsigned width, height; /* of what is shown */
	VAConfigID config;
	VAContextID context;
	pthread_mutex_t lock;      /* for what follows */
	struct gpu_exposure *free; /* owned */
};

/* --- what can be taken --- */

/* The formats of which drivers of GPUs can be expected to make a video, without losing a bit of a channel. */
static uint32_t format_of(uint32_t fourcc) {
	static const struct {
		uint32_t drm, va;
	} formats[] = {{DRM_FORMAT_XRGB8888, VA_FOURCC_BGRX}, {DRM_FORMAT_ARGB8888, VA_FOURCC_BGRA},
		{DRM_FORMAT_XBGR8888, VA_FOURCC_RGBX}, {DRM_FORMAT_ABGR8888, VA_FOURCC_RGBA}};
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (formats[i].drm == fourcc)
			return formats[i].va;
	return 0;
}

static bool has_whole_pixels(const struct frame_layer *layer) {
	const struct rect_fixed *source = &layer->source;
	return !((source->x | source->y | source->width | source->height) & 0xffff) &&
	       source->width >> 16 == layer->destination.width &&
	       source->height >> 16 == layer->destination.height && frame_layer_source_is_inside(layer);
}

/* Whether the layer is seen as it is, wherever nothing lies over it. Alpha over black leaves colours that
 * were multiplied by it as they are. */
static bool is_plain(const struct frame_layer *layer) {
	bool opaque = layer->fourcc == DRM_FORMAT_XRGB8888 || layer->fourcc == DRM_FORMAT_XBGR8888;
	return layer->plane_count > 0 && layer->planes[0].fd >= 0 && format_of(layer->fourcc) &&
	       layer->alpha == 0xffff && (opaque || layer->blend != FRAME_BLEND_COVERAGE) &&
	       (layer->rotation == 0 || layer->rotation == DRM_MODE_ROTATE_0) && has_whole_pixels(layer);
}

/* The only layer that is seen in this part. NULL: there is none, or more than one, or it is not plain. */
static const struct frame_layer *layer_in(const struct frame *frame, struct rect part) {
	const struct frame_layer *found = NULL;
	if (frame->colour || frame->signal.transfer != FRAME_TRANSFER_SDR ||
		frame->signal.primaries != FRAME_PRIMARIES_BT709)
		return NULL;
	for (int i = 0; i < frame->layer_count; i++) {
		const struct frame_layer *layer = &frame->layers[i];
		struct rect seen = rect_intersect(layer->destination, part);
		if (!rect_area(seen))
			continue;
		if (found || rect_area(seen) != rect_area(part) || !is_plain(layer))
			return NULL;
		found = layer;
	}
	return found;
}

static bool can(const struct camera *base, const struct frame *frame, struct rect part) {
	const struct gpu_camera *camera = (const struct gpu_camera *)base;
	return part.width == camera->width && part.height == camera->height && layer_in(frame, part);
}

/* --- the framebuffer --- */

/* Planes of the framebuffer that lie in one buffer are to say so. Returns the number of this one's, or -1. */
static int add_buffer(VADRMPRIMESurfaceDescriptor *buffer, const struct frame_layer *layer, int fd) {
	struct dmabuf_id id, other;
	int64_t size = dmabuf_size(fd);
	uint32_t i;
	if (size <= 0 || size > UINT32_MAX || dmabuf_identify(fd, &id) != 0)
		return -1;
	for (i = 0; i < buffer->num_objects; i++)
		if (dmabuf_identify(buffer->objects[i].fd, &other) == 0 && dmabuf_is_same(&id, &other))
			return (int)i;
	buffer->objects[i].fd = fd;
	buffer->objects[i].size = (uint32_t)size;
	buffer->objects[i].drm_format_modifier =
		layer->implicit_linear ? DRM_FORMAT_MOD_LINEAR : layer->modifier;
	buffer->num_objects++;
	return (int)i;
}

static bool describe(const struct frame_layer *layer, VADRMPRIMESurfaceDescriptor *buffer) {
	*buffer = (VADRMPRIMESurfaceDescriptor){.fourcc = format_of(layer->fourcc),
		.width = layer->width,
		.height = layer->height,
		.num_layers = 1};
	buffer->layers[0].drm_format = layer->fourcc;
	buffer->layers[0].num_planes = (uint32_t)layer->plane_count;
	for (int i = 0; i < layer->plane_count; i++) {
		int object = add_buffer(buffer, layer, layer->planes[i].fd);
		if (object < 0)
			return false;
		buffer->layers[0].object_index[i] = (uint32_t)object;
		buffer->layers[0].offset[i] = layer->planes[i].offset;
		buffer->layers[0].pitch[i] = layer->planes[i].pitch;
	}
	return true;
}

static VAStatus import(struct va *va, const struct frame_layer *layer, VASurfaceID *surface) {
	VADRMPRIMESurfaceDescriptor buffer;
	VASurfaceAttrib attributes[] = {
		{.type = VASurfaceAttribMemoryType,
			.flags = VA_SURFACE_ATTRIB_SETTABLE,
			.value = {.type = VAGenericValueTypeInteger,
				.value.i = VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2}},
		{.type = VASurfaceAttribExternalBufferDescriptor,
			.flags = VA_SURFACE_ATTRIB_SETTABLE,
			.value = {.type = VAGenericValueTypePointer, .value.p = &buffer}},
	};
	if (!describe(layer, &buffer))
		return VA_STATUS_ERROR_INVALID_SURFACE;
	return va->api.CreateSurfaces(va->display, VA_RT_FORMAT_RGB32, layer->width, layer->height, surface,
		1, attributes, ARRAY_LEN(attributes));
}

/* --- taking --- */

/* What the pixels mean is the same as in yuv420.h. Some versions of Mesa take what they write for what they
 * read, and others may turn one's primaries into the other's, so both are called the same. Drivers of Intel
 * take RGB for that of sRGB then. */
static VAStatus process(
	const struct gpu_camera *camera, VASurfaceID from, const VARectangle *part, VASurfaceID to) {
	struct va *va = camera->va;
	VARectangle all = {0, 0, part->width, part->height};
	VAProcPipelineParameterBuffer parameters = {.surface = from,
		.surface_region = part,
		.surface_color_standard = VAProcColorStandardBT601,
		.input_color_properties = {.color_range = VA_SOURCE_RANGE_FULL},
		.output_region = &all,
		.output_color_standard = VAProcColorStandardBT601,
		.output_color_properties = {.color_range = VA_SOURCE_RANGE_REDUCED}};
	VABufferID buffer;
	VAStatus status = va->api.CreateBuffer(va->display, camera->context,
		VAProcPipelineParameterBufferType, sizeof parameters, 1, &parameters, &buffer);
	if (status != VA_STATUS_SUCCESS)
		return status;
	status = va->api.BeginPicture(va->display, camera->context, to);
	if (status == VA_STATUS_SUCCESS)
		status = va->api.RenderPicture(va->display, camera->context, &buffer, 1);
	if (status == VA_STATUS_SUCCESS)
		status = va->api.EndPicture(va->display, camera->context);
	va->api.DestroyBuffer(va->display, buffer);
	return status;
}

/* Nobody may draw into the framebuffer before it was read, so this waits. */
static VAStatus copy(
	const struct gpu_camera *camera, const struct frame_layer *layer, struct rect part, VASurfaceID to) {
	struct va *va = camera->va;
	VARectangle source = {
		.x = (int16_t)(part.x - layer->destination.x + (int32_t)(layer->source.x >> 16)),
		.y = (int16_t)(part.y - layer->destination.y + (int32_t)(layer->source.y >> 16)),
		.width = (uint16_t)part.width,
		.height = (uint16_t)part.height};
	VASurfaceID from;
	pthread_mutex_lock(&va->lock);
	VAStatus status = import(va, layer, &from);
	bool imported = status == VA_STATUS_SUCCESS;
	if (imported)
		status = process(camera, from, &source, to);
	pthread_mutex_unlock(&va->lock);
	if (status == VA_STATUS_SUCCESS)
		status = va->api.SyncSurface(va->display, to);
	pthread_mutex_lock(&va->lock);
	if (imported)
		va->api.DestroySurfaces(va->display, &from, 1);
	pthread_mutex_unlock(&va->lock);
	return status;
}

static VAStatus make_surface(const struct gpu_camera *camera, VASurfaceID *surface) {
	struct va *va = camera->va;
	pthread_mutex_lock(&va->lock);
	VAStatus status = va_create_surfaces(va, camera->width, camera->height, surface, 1);
	pthread_mutex_unlock(&va->lock);
	return status;
}

static struct gpu_exposure *take_free(struct gpu_camera *camera) {
	pthread_mutex_lock(&camera->lock);
	struct gpu_exposure *exposure = camera->free;
	if (exposure)
		camera->free = exposure->next;
	pthread_mutex_unlock(&camera->lock);
	return exposure;
}

static void give_back(struct gpu_camera *camera, struct gpu_exposure *exposure) {
	pthread_mutex_lock(&camera->lock);
	exposure->next = camera->free;
	camera->free = exposure;
	pthread_mutex_unlock(&camera->lock);
}

static struct gpu_exposure *create(struct gpu_camera *camera) {
	struct gpu_exposure *exposure = calloc(1, sizeof *exposure);
	if (exposure && make_surface(camera, &exposure->surface) != VA_STATUS_SUCCESS) {
		free(exposure);
		return NULL;
	}
	return exposure;
}

static struct exposure *take(struct camera *base, const struct frame *frame, struct rect part) {
	struct gpu_camera *camera = (struct gpu_camera *)base;
	const struct frame_layer *layer = layer_in(frame, part);
	struct gpu_exposure *exposure = layer ? take_free(camera) : NULL;
	if (layer && !exposure)
		exposure = create(camera);
	if (!exposure)
		return NULL;
	if (copy(camera, layer, part, exposure->surface) != VA_STATUS_SUCCESS) {
		give_back(camera, exposure);
		return NULL;
	}
	exposure->base.camera = camera_use(base);
	exposure->base.users = 1;
	return &exposure->base;
}

/* --- the end --- */

static void destroy_exposure(struct exposure *exposure) {
	give_back((struct gpu_camera *)exposure->camera, (struct gpu_exposure *)exposure);
}

static void destroy(struct camera *base) {
	struct gpu_camera *camera = (struct gpu_camera *)base;
	struct va *va = camera->va;
	pthread_mutex_lock(&va->lock);
	for (struct gpu_exposure *exposure = camera->free, *next; exposure; exposure = next) {
		next = exposure->next;
		va->api.DestroySurfaces(va->display, &exposure->surface, 1);
		free(exposure);
	}
	if (camera->context != VA_INVALID_ID)
		va->api.DestroyContext(va->display, camera->context);
	if (camera->config != VA_INVALID_ID)
		va->api.DestroyConfig(va->display, camera->config);
	pthread_mutex_unlock(&va->lock);
	pthread_mutex_destroy(&camera->lock);
	va_leave();
	free(camera);
}

static const struct camera_impl impl = {can, take, destroy_exposure, destroy};

bool gpu_exposure_fits(const struct exposure *exposure, unsigned width, unsigned height) {
	const struct gpu_camera *camera = (const struct gpu_camera *)exposure->camera;
	return exposure->camera->impl == &impl && camera->width == width && camera->height == height;
}

struct camera *gpu_camera_create(struct va *va, unsigned width, unsigned height) {
	struct gpu_camera *camera = va->processes ? calloc(1, sizeof *camera) : NULL;
	if (!camera)
		return NULL;
	*camera = (struct gpu_camera){.base = {.impl = &impl, .users = 1},
		.va = va_use(),
		.width = width,
		.height = height,
		.config = VA_INVALID_ID,
		.context = VA_INVALID_ID};
	if (!camera->va) {
		free(camera);
		return NULL;
	}
	pthread_mutex_init(&camera->lock, NULL);
	pthread_mutex_lock(&va->lock);
	bool made = va->api.CreateConfig(va->display, VAProfileNone, VAEntrypointVideoProc, NULL, 0,
			    &camera->config) == VA_STATUS_SUCCESS &&
		    va->api.CreateContext(va->display, camera->config, (int)width, (int)height,
			    VA_PROGRESSIVE, NULL, 0, &camera->context) == VA_STATUS_SUCCESS;
	pthread_mutex_unlock(&va->lock);
	if (made)
		return &camera->base;
	destroy(&camera->base);
	return NULL;
}
