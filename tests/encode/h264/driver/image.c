/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images, of NV12: a surface's memory, or memory from and to which pixels are copied. */
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "tests/encode/h264/driver/driver.h"

enum { PITCH_UNIT = 64 };

/* Where pixels are in two pictures. */
struct copy {
	struct nv12 from, to;
	int from_x, from_y, to_x, to_y;
	unsigned width, height;
};

static const VAImageFormat nv12 = {
	.fourcc = VA_FOURCC_NV12, .byte_order = VA_LSB_FIRST, .bits_per_pixel = 12};

static VAStatus query_formats(VADriverContextP context, VAImageFormat *formats, int *count) {
	(void)context;
	formats[0] = nv12;
	*count = 1;
	return VA_STATUS_SUCCESS;
}

void image_free(struct driver *driver, struct image *image) {
	struct surface *surface = image->buffer->surface;
	if (surface) {
		surface->derived--;
		surface->mapped -= image->buffer->mapped;
	}
	buffer_free(driver, image->buffer);
	driver_remove(driver, &image->object);
}

/* Once it succeeds it owns the memory, unless that is the surface's. */
static VAStatus add_image(struct driver *driver, const struct nv12 *planes, size_t size,
	struct surface *surface, VAImage *what) {
	struct image *image = calloc(1, sizeof *image);
	struct buffer *buffer = calloc(1, sizeof *buffer);
	if (!image || !buffer) {
		free(image);
		free(buffer);
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	}
	buffer->type = VAImageBufferType;
	buffer->size = (unsigned)size;
	buffer->elements = 1;
	buffer->data = planes->luma;
	buffer->surface = surface;
	image->buffer = buffer;
	image->what = (VAImage){.format = nv12,
		.buf = driver_add(driver, &buffer->object, KIND_BUFFER),
		.width = (uint16_t)planes->width,
		.height = (uint16_t)planes->height,
		.data_size = (uint32_t)size,
		.num_planes = 2,
		.pitches = {(uint32_t)planes->pitch, (uint32_t)planes->pitch},
		.offsets = {0, (uint32_t)(planes->chroma - planes->luma)}};
	image->what.image_id = driver_add(driver, &image->object, KIND_IMAGE);
	*what = image->what;
	return VA_STATUS_SUCCESS;
}

static VAStatus create_image(
	VADriverContextP context, VAImageFormat *format, int width, int height, VAImage *what) {
	DRIVER_HOLD(driver, context);
	if (format->fourcc != VA_FOURCC_NV12)
		return VA_STATUS_ERROR_INVALID_IMAGE_FORMAT;
	if (width < 1 || height < 1 || width > SIDE_MAX || height > SIDE_MAX)
		return VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED;
	size_t pitch = ((size_t)width + PITCH_UNIT - 1) / PITCH_UNIT * PITCH_UNIT + PITCH_UNIT,
	       rows = ((size_t)height + 1) / 2, size = pitch * rows * 3;
	uint8_t *memory = calloc(size, 1);
	if (!memory)
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	struct nv12 planes = {memory, memory + pitch * rows * 2, pitch, (unsigned)width, (unsigned)height};
	VAStatus status = add_image(driver, &planes, size, NULL, what);
	if (status != VA_STATUS_SUCCESS)
		free(memory);
	return status;
}

static VAStatus derive_image(VADriverContextP context, VASurfaceID id, VAImage *what) {
	DRIVER_HOLD(driver, context);
	struct surface *surface = driver_find(driver, id, KIND_SURFACE);
	if (!surface)
		return VA_STATUS_ERROR_INVALID_SURFACE;
	if (driver->options.copies || !surface->memory)
		return VA_STATUS_ERROR_OPERATION_FAILED;
	struct nv12 planes = surface_planes(surface);
	VAStatus status = add_image(driver, &planes, surface->size, surface, what);
	if (status == VA_STATUS_SUCCESS)
		surface->derived++;
	return status;
}

static VAStatus destroy_image(VADriverContextP context, VAImageID id) {
	DRIVER_HOLD(driver, context);
	struct image *image = driver_find(driver, id, KIND_IMAGE);
	if (!image)
		return VA_STATUS_ERROR_INVALID_IMAGE;
	image_free(driver, image);
	return VA_STATUS_SUCCESS;
}

/* --- copies --- */

static struct nv12 image_planes(const struct image *image) {
	return (struct nv12){.luma = image->buffer->data,
		.chroma = image->buffer->data + image->what.offsets[1],
		.pitch = image->what.pitches[0],
		.width = image->what.width,
		.height = image->what.height};
}

/* Chroma is shared by pairs of columns and rows, so no rectangle may begin within one. */
static bool is_inside(const struct nv12 *planes, int x, int y, unsigned width, unsigned height) {
	return x >= 0 && y >= 0 && x % 2 == 0 && y % 2 == 0 && width && height && width <= planes->width &&
	       height <= planes->height && (unsigned)x <= planes->width - width &&
	       (unsigned)y <= planes->height - height;
}

static void copy_rows(
	const struct copy *copy, size_t from, size_t to, unsigned width, unsigned rows, bool luma) {
	const uint8_t *source = (luma ? copy->from.luma : copy->from.chroma) + from;
	uint8_t *target = (luma ? copy->to.luma : copy->to.chroma) + to;
	for (size_t row = 0; row < rows; row++)
		memcpy(target + row * copy->to.pitch, source + row * copy->from.pitch, width);
}

static VAStatus copy_pixels(const struct copy *copy) {
	struct rule rules[] = {
		{is_inside(&copy->from, copy->from_x, copy->from_y, copy->width, copy->height) &&
				is_inside(&copy->to, copy->to_x, copy->to_y, copy->width, copy->height),
			"a copied rectangle lies not inside, or begins at an odd place"}};
	VAStatus status = driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_INVALID_PARAMETER);
	if (status != VA_STATUS_SUCCESS)
		return status;
	size_t from_x = (size_t)copy->from_x, from_y = (size_t)copy->from_y, to_x = (size_t)copy->to_x,
	       to_y = (size_t)copy->to_y;
	copy_rows(copy, from_y * copy->from.pitch + from_x, to_y * copy->to.pitch + to_x, copy->width,
		copy->height, true);
	copy_rows(copy, from_y / 2 * copy->from.pitch + from_x, to_y / 2 * copy->to.pitch + to_x,
		(copy->width + 1) / 2 * 2, (copy->height + 1) / 2, false);
	return VA_STATUS_SUCCESS;
}

/* Finds both, if pixels may be copied between them now. */
static VAStatus find_both(struct driver *driver, VASurfaceID surface_id, VAImageID image_id,
	struct surface **surface, struct image **image) {
	*surface = driver_find(driver, surface_id, KIND_SURFACE);
	*image = driver_find(driver, image_id, KIND_IMAGE);
	if (!*surface || !(*surface)->memory)
		return VA_STATUS_ERROR_INVALID_SURFACE;
	if (!*image)
		return VA_STATUS_ERROR_INVALID_IMAGE;
	if ((*surface)->derived)
		return VA_STATUS_ERROR_SURFACE_BUSY;
	struct rule rules[] = {{!(*image)->buffer->mapped, "an image is copied while it is mapped"}};
	return driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_OPERATION_FAILED);
}

static VAStatus get_image(VADriverContextP context, VASurfaceID surface_id, int x, int y, unsigned width,
	unsigned height, VAImageID image_id) {
	DRIVER_HOLD(driver, context);
	struct surface *surface;
	struct image *image;
	VAStatus status = find_both(driver, surface_id, image_id, &surface, &image);
	if (status != VA_STATUS_SUCCESS)
		return status;
	struct copy copy = {.from = surface_planes(surface),
		.to = image_planes(image),
		.from_x = x,
		.from_y = y,
		.width = width,
		.height = height};
	return copy_pixels(&copy);
}

static VAStatus put_image(VADriverContextP context, VASurfaceID surface_id, VAImageID image_id, int from_x,
	int from_y, unsigned from_width, unsigned from_height, int to_x, int to_y, unsigned to_width,
	unsigned to_height) {
	DRIVER_HOLD(driver, context);
	struct surface *surface;
	struct image *image;
	VAStatus status = find_both(driver, surface_id, image_id, &surface, &image);
	if (status != VA_STATUS_SUCCESS)
		return status;
	if (from_width != to_width || from_height != to_height)
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	struct copy copy = {image_planes(image), surface_planes(surface), from_x, from_y, to_x, to_y,
		to_width, to_height};
	status = copy_pixels(&copy);
	surface->rebuilt_by = 0;
	if (status == VA_STATUS_SUCCESS)
		driver_log(driver, "put %u %u", to_width, to_height);
	return status;
}

void image_fill(struct VADriverVTable *table) {
	table->vaQueryImageFormats = query_formats;
	table->vaCreateImage = create_image;
	table->vaDeriveImage = derive_image;
	table->vaDestroyImage = destroy_image;
	table->vaGetImage = get_image;
	table->vaPutImage = put_image;
}
