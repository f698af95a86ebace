/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Surfaces: NV12 in memory of their own, or RGB in somebody's DMA-BUF. */
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm_fourcc.h>

#include "capture/base/array.h"
#include "tests/encode/h264/driver/driver.h"

enum { PITCH_UNIT = 128, RGB_BYTES = 4 };

/* What vaCreateSurfaces() is asked for. */
struct wish {
	uint32_t fourcc; /* 0: it is not said */
	uint32_t memory;
	const VADRMPRIMESurfaceDescriptor *descriptor;
};

/* --- memory --- */

struct nv12 surface_planes(const struct surface *surface) {
	return (struct nv12){.luma = surface->memory,
		.chroma = surface->memory + surface->chroma,
		.pitch = surface->pitch,
		.width = surface->width,
		.height = surface->height};
}

/* A memory file, which tests have instead of a DMA-BUF, knows of no such thing. */
static void synchronise(int fd, uint64_t flags) {
	struct dma_buf_sync sync = {.flags = flags | DMA_BUF_SYNC_READ};
	ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
}

const uint8_t *surface_open(const struct surface *surface, size_t *size) {
	*size = surface->offset + surface->pitch * surface->height;
	const uint8_t *memory = mmap(NULL, *size, PROT_READ, MAP_SHARED, surface->fd, 0);
	if (memory == MAP_FAILED)
		return NULL;
	synchronise(surface->fd, DMA_BUF_SYNC_START);
	return memory + surface->offset;
}

void surface_close(const struct surface *surface, const uint8_t *memory, size_t size) {
	synchronise(surface->fd, DMA_BUF_SYNC_END);
	munmap((void *)(uintptr_t)(memory - surface->offset), size);
}

void surface_free(struct driver *driver, struct surface *surface) {
	if (surface->fd >= 0)
		close(surface->fd);
	free(surface->memory);
	driver_remove(driver, &surface->object);
}

/* --- to create them --- */

/* Rows are longer than they must be, so that callers who do not look at the pitch find out. */
static struct surface *allocate(unsigned width, unsigned height) {
	struct surface *surface = calloc(1, sizeof *surface);
	if (!surface)
		return NULL;
	size_t rows = (height + MACROBLOCK - 1u) / MACROBLOCK * MACROBLOCK;
	surface->fourcc = VA_FOURCC_NV12;
	surface->width = width;
	surface->height = height;
	surface->pitch = (width + PITCH_UNIT - 1u) / PITCH_UNIT * PITCH_UNIT + PITCH_UNIT;
	surface->chroma = surface->pitch * rows;
	surface->size = surface->chroma * 3 / 2;
	surface->fd = -1;
	surface->memory = calloc(surface->size, 1);
	if (surface->memory)
		return surface;
	free(surface);
	return NULL;
}

static bool is_rgb(uint32_t fourcc, uint32_t drm_format) {
	static const struct {
		uint32_t fourcc, drm;
	} formats[] = {{VA_FOURCC_BGRX, DRM_FORMAT_XRGB8888}, {VA_FOURCC_BGRA, DRM_FORMAT_ARGB8888},
		{VA_FOURCC_RGBX, DRM_FORMAT_XBGR8888}, {VA_FOURCC_RGBA, DRM_FORMAT_ABGR8888}};
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (formats[i].fourcc == fourcc && formats[i].drm == drm_format)
			return true;
	return false;
}

static VAStatus check_import(const struct wish *wish, unsigned format, unsigned width, unsigned height) {
	const VADRMPRIMESurfaceDescriptor *it = wish->descriptor;
	struct rule first[] = {{it, "there is no descriptor of what to import"},
		{format == VA_RT_FORMAT_RGB32, "only VA_RT_FORMAT_RGB32 can be imported"}};
	VAStatus status = driver_judge(first, ARRAY_LEN(first), VA_STATUS_ERROR_INVALID_PARAMETER);
	if (status != VA_STATUS_SUCCESS)
		return status;
	uint64_t modifier = it->objects[0].drm_format_modifier, pitch = it->layers[0].pitch[0],
		 size = it->layers[0].offset[0] + pitch * height;
	struct rule rules[] = {
		{it->num_objects == 1 && it->num_layers == 1 && it->layers[0].num_planes == 1 &&
				it->layers[0].object_index[0] == 0,
			"what is imported is not one object with one layer of one plane"},
		{it->width == width && it->height == height, "the descriptor is of another size"},
		{!wish->fourcc || wish->fourcc == it->fourcc, "the descriptor is of another format"},
		{is_rgb(it->fourcc, it->layers[0].drm_format), "this format cannot be imported"},
		{modifier == DRM_FORMAT_MOD_LINEAR || modifier == DRM_FORMAT_MOD_INVALID,
			"this modifier cannot be imported"},
		{pitch >= (uint64_t)width * RGB_BYTES, "the pitch is too small"},
		{size <= it->objects[0].size, "the object is said to be too small"},
		{(int64_t)size <= lseek(it->objects[0].fd, 0, SEEK_END), "the object is too small"}};
	return driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_INVALID_PARAMETER);
}

static struct surface *import(struct driver *driver, const VADRMPRIMESurfaceDescriptor *descriptor) {
	struct surface *surface = calloc(1, sizeof *surface);
	if (!surface)
		return NULL;
	uint32_t fourcc = descriptor->fourcc;
	surface->fourcc = fourcc;
	surface->width = descriptor->width;
	surface->height = descriptor->height;
	surface->pitch = descriptor->layers[0].pitch[0];
	surface->offset = descriptor->layers[0].offset[0];
	surface->fd = fcntl(descriptor->objects[0].fd, F_DUPFD_CLOEXEC, 0);
	if (surface->fd < 0) {
		free(surface);
		return NULL;
	}
	driver_log(driver, "import %u %u %zu %c%c%c%c", surface->width, surface->height, surface->pitch,
		(int)(fourcc & 0xff), (int)(fourcc >> 8 & 0xff), (int)(fourcc >> 16 & 0xff),
		(int)(fourcc >> 24));
	return surface;
}

static bool read_attribute(struct wish *wish, const VASurfaceAttrib *attribute) {
	bool pointer = attribute->type == VASurfaceAttribExternalBufferDescriptor;
	if (!(attribute->flags & VA_SURFACE_ATTRIB_SETTABLE) ||
		attribute->value.type != (pointer ? VAGenericValueTypePointer : VAGenericValueTypeInteger))
		return false;
	switch (attribute->type) {
	case VASurfaceAttribPixelFormat:
		wish->fourcc = (uint32_t)attribute->value.value.i;
		return true;
	case VASurfaceAttribMemoryType:
		wish->memory = (uint32_t)attribute->value.value.i;
		return true;
	case VASurfaceAttribExternalBufferDescriptor:
		wish->descriptor = attribute->value.value.p;
		return true;
	default:
		return attribute->type == VASurfaceAttribUsageHint;
	}
}

static VAStatus check_wish(const struct driver *driver, const struct wish *wish, unsigned format,
	unsigned width, unsigned height, unsigned count) {
	if (!width || !height || width > SIDE_MAX || height > SIDE_MAX)
		return VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED;
	if (wish->memory == VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2 && !driver->options.noimport)
		return count == 1 ? check_import(wish, format, width, height)
				  : VA_STATUS_ERROR_INVALID_PARAMETER;
	if (wish->memory != VA_SURFACE_ATTRIB_MEM_TYPE_VA)
		return VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE;
	if (wish->descriptor)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	return format == VA_RT_FORMAT_YUV420 && (!wish->fourcc || wish->fourcc == VA_FOURCC_NV12)
		       ? VA_STATUS_SUCCESS
		       : VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT;
}

static VAStatus create_surfaces(VADriverContextP context, unsigned format, unsigned width, unsigned height,
	VASurfaceID *ids, unsigned count, VASurfaceAttrib *attributes, unsigned attribute_count) {
	DRIVER_HOLD(driver, context);
	struct wish wish = {.memory = VA_SURFACE_ATTRIB_MEM_TYPE_VA};
	for (unsigned i = 0; i < attribute_count; i++)
		if (!read_attribute(&wish, &attributes[i]))
			return VA_STATUS_ERROR_ATTR_NOT_SUPPORTED;
	VAStatus status = check_wish(driver, &wish, format, width, height, count);
	unsigned made = 0;
	for (; made < count && status == VA_STATUS_SUCCESS; made++) {
		struct surface *surface =
			wish.descriptor ? import(driver, wish.descriptor) : allocate(width, height);
		if (!surface) {
			status = VA_STATUS_ERROR_ALLOCATION_FAILED;
			break;
		}
		ids[made] = driver_add(driver, &surface->object, KIND_SURFACE);
	}
	while (status != VA_STATUS_SUCCESS && made)
		surface_free(driver, driver_find(driver, ids[--made], KIND_SURFACE));
	return status;
}

/* An image that was derived has the surface's memory, so it must go first. */
static VAStatus destroy_surfaces(VADriverContextP context, VASurfaceID *ids, int count) {
	DRIVER_HOLD(driver, context);
	for (int i = 0; i < count; i++) {
		const struct surface *surface = driver_find(driver, ids[i], KIND_SURFACE);
		if (!surface)
			return VA_STATUS_ERROR_INVALID_SURFACE;
		if (surface->derived)
			return VA_STATUS_ERROR_SURFACE_BUSY;
	}
	for (int i = 0; i < count; i++) {
		struct surface *surface = driver_find(driver, ids[i], KIND_SURFACE);
		if (surface)
			surface_free(driver, surface);
	}
	return VA_STATUS_SUCCESS;
}

/* --- waiting: nothing goes on in the background --- */

static VAStatus sync_surface(VADriverContextP context, VASurfaceID id) {
	DRIVER_HOLD(driver, context);
	return driver_find(driver, id, KIND_SURFACE) ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_INVALID_SURFACE;
}

static VAStatus sync_surface_in_time(VADriverContextP context, VASurfaceID id, uint64_t timeout_ns) {
	(void)timeout_ns;
	return sync_surface(context, id);
}

static VAStatus query_status(VADriverContextP context, VASurfaceID id, VASurfaceStatus *state) {
	*state = VASurfaceReady;
	return sync_surface(context, id);
}

void surface_fill(struct VADriverVTable *table) {
	table->vaCreateSurfaces2 = create_surfaces;
	table->vaDestroySurfaces = destroy_surfaces;
	table->vaSyncSurface = sync_surface;
	table->vaSyncSurface2 = sync_surface_in_time;
	table->vaQuerySurfaceStatus = query_status;
}
