/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/own_buffer.h"

#include <dlfcn.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>

#include "encode/gl/gl.h"

/* The few declarations of gbm.h that this needs, so that building does not need that header. */
enum { GBM_USE_RENDERING = 1 << 2, GBM_USE_LINEAR = 1 << 4, GBM_TRANSFER_WRITE = 1 << 1 };

struct gbm_calls {
	void *(*create)(void *device, uint32_t width, uint32_t height, uint32_t format, uint32_t flags);
	void (*destroy)(void *buffer);
	int (*get_fd)(void *buffer);
	uint32_t (*get_stride)(void *buffer);
	void *(*map)(void *buffer, uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint32_t flags,
		uint32_t *stride, void **token);
	void (*unmap)(void *buffer, void *token);
};

static bool load(struct gbm_calls *gbm) {
	void *library = dlopen("libgbm.so.1", RTLD_NOW | RTLD_LOCAL); /* the display has loaded it */
	if (!library)
		return false;
	*(void **)&gbm->create = dlsym(library, "gbm_bo_create");
	*(void **)&gbm->destroy = dlsym(library, "gbm_bo_destroy");
	*(void **)&gbm->get_fd = dlsym(library, "gbm_bo_get_fd");
	*(void **)&gbm->get_stride = dlsym(library, "gbm_bo_get_stride");
	*(void **)&gbm->map = dlsym(library, "gbm_bo_map");
	*(void **)&gbm->unmap = dlsym(library, "gbm_bo_unmap");
	return gbm->create && gbm->destroy && gbm->get_fd && gbm->get_stride && gbm->map && gbm->unmap;
}

static int fill(const struct gbm_calls *gbm, void *buffer, const struct canvas *canvas) {
	uint32_t stride;
	void *token = NULL;
	uint8_t *to =
		gbm->map(buffer, 0, 0, canvas->width, canvas->height, GBM_TRANSFER_WRITE, &stride, &token);
	if (!to)
		return -EIO;
	for (uint32_t y = 0; y < canvas->height; y++)
		memcpy(to + (size_t)y * stride, canvas->pixels + (size_t)y * canvas->stride,
			(size_t)canvas->width * 4);
	gbm->unmap(buffer, token);
	return 0;
}

static void describe(const struct canvas *canvas, int fd, uint32_t stride, struct frame *frame) {
	/* The frame is like one in memory, except for where its bytes lie. */
	frame_set_memory(frame, canvas->width, canvas->height, canvas->pixels, stride, 1);
	struct frame_layer *layer = &frame->layers[0];
	layer->memory = NULL;
	layer->memory_size = 0;
	layer->memory_id = 0;
	layer->planes[0].fd = fd;
}

int own_buffer_create(
	struct converter *gl, const struct canvas *canvas, struct frame *frame, struct reason *reason) {
	struct gbm_calls gbm;
	void *device = gl_converter_gbm(gl);
	if (!device || !load(&gbm))
		return reason_set(reason, -ENOTSUP, "there is no GBM device that dma-bufs are imported on");
	void *buffer = gbm.create(device, canvas->width, canvas->height, DRM_FORMAT_XRGB8888,
		GBM_USE_RENDERING | GBM_USE_LINEAR);
	if (!buffer)
		return reason_set(reason, -ENOTSUP, "GBM makes no linear buffer of %ux%u", canvas->width,
			canvas->height);
	int fd = fill(&gbm, buffer, canvas) == 0 ? gbm.get_fd(buffer) : -1;
	if (fd >= 0)
		describe(canvas, fd, gbm.get_stride(buffer), frame);
	gbm.destroy(buffer); /* the dma-buf keeps the memory */
	return fd >= 0 ? 0 : reason_set(reason, -ENOTSUP, "GBM's buffer cannot be written or exported");
}
