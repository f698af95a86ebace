/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/framebuffer.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <nouveau_drm.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "capture/base/array.h"
#include "capture/source.h"

/* GETFB names no format. This is what its drivers mean by depth and bits per pixel. */
static uint32_t legacy_fourcc(uint32_t bpp, uint32_t depth) {
	static const struct {
		uint32_t bpp, depth, fourcc;
	} formats[] = {
		{8, 8, DRM_FORMAT_C8},
		{16, 15, DRM_FORMAT_XRGB1555},
		{16, 16, DRM_FORMAT_RGB565},
		{24, 24, DRM_FORMAT_RGB888},
		{32, 24, DRM_FORMAT_XRGB8888},
		{32, 30, DRM_FORMAT_XRGB2101010},
		{32, 32, DRM_FORMAT_ARGB8888},
	};
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (formats[i].bpp == bpp && formats[i].depth == depth)
			return formats[i].fourcc;
	return DRM_FORMAT_INVALID;
}

static int get_legacy(int fd, uint32_t fb_id, struct drm_mode_fb_cmd2 *fb) {
	struct drm_mode_fb_cmd legacy = {.fb_id = fb_id};
	int error = kms_device_ask(fd, DRM_IOCTL_MODE_GETFB, &legacy);
	if (error)
		return error;
	*fb = (struct drm_mode_fb_cmd2){
		.fb_id = fb_id,
		.width = legacy.width,
		.height = legacy.height,
		.pixel_format = legacy_fourcc(legacy.bpp, legacy.depth),
		.handles = {legacy.handle},
		.pitches = {legacy.pitch},
	};
	return 0;
}

/* We must close the handles in `fb`, whatever else is wrong. */
static int get(int fd, uint32_t fb_id, struct drm_mode_fb_cmd2 *fb) {
	*fb = (struct drm_mode_fb_cmd2){.fb_id = fb_id};
	int error = kms_device_ask(fd, DRM_IOCTL_MODE_GETFB2, fb);
	if (!error || error == -ENOENT || error == -ENODEV)
		return error;
	return get_legacy(fd, fb_id, fb); /* a kernel before 5.7, or a driver without GETFB2 */
}

/* GETFB2 gives one reference per distinct handle, however many planes name it. Closing a handle twice would
 * close what another part of this process may have been given under the same number in the meantime. */
static void close_handles(int fd, const struct drm_mode_fb_cmd2 *fb) {
	for (int i = 0; i < FRAME_MAX_PLANES; i++) {
		bool again = false;
		for (int j = 0; j < i; j++)
			again |= fb->handles[j] == fb->handles[i];
		if (fb->handles[i] == 0 || again)
			continue;
		struct drm_gem_close request = {.handle = fb->handles[i]};
		drmIoctl(fd, DRM_IOCTL_GEM_CLOSE, &request);
	}
}

/* Refuses sizes that no framebuffer has before anybody computes with them. All sizes must fit into the signed
 * 32 bits that EGL uses. */
static bool is_sane(const struct drm_mode_fb_cmd2 *fb) {
	if (fb->width == 0 || fb->height == 0 || fb->width > FRAME_MAX_SIDE || fb->height > FRAME_MAX_SIDE ||
		fb->pixel_format == DRM_FORMAT_INVALID || fb->pitches[0] == 0)
		return false;
	for (int i = 0; i < FRAME_MAX_PLANES && fb->pitches[i]; i++)
		if ((uint64_t)fb->pitches[i] * fb->height + fb->offsets[i] > INT32_MAX)
			return false;
	return true;
}

/* Whether nouveau's buffer object is not tiled at all. */
static bool nouveau_is_linear(int fd, uint32_t handle) {
	struct drm_nouveau_gem_info info = {.handle = handle};
	return drmIoctl(fd, DRM_IOWR(DRM_COMMAND_BASE + DRM_NOUVEAU_GEM_INFO, struct drm_nouveau_gem_info),
		       &info) == 0 &&
	       !(info.tile_flags & NOUVEAU_GEM_TILE_LAYOUT_MASK);
}

/*
 * GETFB2 names a modifier whenever the driver knows modifiers. For a framebuffer that was made without one,
 * it names LINEAR, which is 0. nouveau shows such a framebuffer with the tiling of its buffer object
 * (nouveau_framebuffer_get_layout in Linux 6.12). Other drivers whose objects have a tiling either put that
 * into the framebuffer (i915, amdgpu, vc4) or name no modifier (radeon).
 */
static uint64_t find_modifier(const struct kms_device *device, const struct drm_mode_fb_cmd2 *fb) {
	if (!(fb->flags & DRM_MODE_FB_MODIFIERS))
		return DRM_FORMAT_MOD_INVALID;
	if (fb->modifier[0] == DRM_FORMAT_MOD_LINEAR && strcmp(device->driver, "nouveau") == 0 &&
		!nouveau_is_linear(device->fd, fb->handles[0]))
		return DRM_FORMAT_MOD_INVALID;
	return fb->modifier[0];
}

static void describe(
	const struct kms_device *device, const struct drm_mode_fb_cmd2 *fb, struct frame_layer *layer) {
	layer->fb_id = fb->fb_id;
	layer->width = fb->width;
	layer->height = fb->height;
	layer->fourcc = fb->pixel_format;
	layer->modifier = find_modifier(device, fb);
	layer->implicit_linear = layer->modifier == DRM_FORMAT_MOD_INVALID && device->linear;
	layer->plane_count = 0;
	/* This goes by pitches, not by format, because compression adds planes that no format mentions. */
	while (layer->plane_count < FRAME_MAX_PLANES && fb->pitches[layer->plane_count]) {
		struct frame_plane *plane = &layer->planes[layer->plane_count];
		plane->offset = fb->offsets[layer->plane_count];
		plane->pitch = fb->pitches[layer->plane_count++];
	}
}

static int export_handle(int fd, uint32_t handle) {
	int dmabuf = -1;
	/* DRM_RDWR lets others map it for writing, which some importers insist on. Not every driver allows
	 * it. */
	if (drmPrimeHandleToFD(fd, handle, DRM_CLOEXEC | DRM_RDWR, &dmabuf) == 0)
		return dmabuf;
	if (drmPrimeHandleToFD(fd, handle, DRM_CLOEXEC, &dmabuf) == 0)
		return dmabuf;
	return errno ? -errno : -EIO;
}

static int export_dmabufs(int fd, const struct drm_mode_fb_cmd2 *fb, struct frame_layer *layer) {
	for (int i = 0; i < layer->plane_count; i++) {
		/* A compressed or planar framebuffer without a handle of its own for a plane shares the first
		 */
		uint32_t handle = fb->handles[i] ? fb->handles[i] : fb->handles[0];
		int dmabuf = export_handle(fd, handle);
		if (dmabuf < 0) {
			frame_layer_close_buffers(layer);
			return dmabuf;
		}
		layer->planes[i].fd = dmabuf;
	}
	return 0;
}

/* Several planes may be in several buffers, which one pointer cannot describe. */
static int map_memory(int fd, struct kms_maps *maps, uint32_t handle, struct frame_layer *layer) {
	if (layer->plane_count != 1)
		return -ENOTSUP;
	const struct kms_map *map;
	size_t size = layer->planes[0].offset + (size_t)layer->planes[0].pitch * layer->height;
	int error = kms_maps_get(maps, fd, handle, size, &map);
	if (error)
		return error;
	layer->memory = map->memory;
	layer->memory_size = map->size;
	layer->memory_id = map->id;
	return 0;
}

static int reach(const struct kms_device *device, struct kms_maps *maps, const struct drm_mode_fb_cmd2 *fb,
	unsigned flags, struct frame_layer *layer, struct reason *reason) {
	describe(device, fb, layer);
	int exported = export_dmabufs(device->fd, fb, layer);
	if (exported == 0 && !frame_layer_fits_buffers(layer)) {
		frame_layer_close_buffers(layer);
		return reason_set(reason, -EPROTO,
			"%s (%s) describes a framebuffer that is larger than its memory", device->name,
			device->driver);
	}
	if (exported == 0 && !(flags & SOURCE_MAP_MEMORY))
		return 0;
	int mapped = map_memory(device->fd, maps, fb->handles[0], layer);
	if (exported == 0 || mapped == 0)
		return 0; /* a reader that asked for memory and gets none still has the dma-bufs */
	return reason_set(reason, -ENOTSUP,
		"%s (%s) can neither export its framebuffer (%s) nor map it (%s): a newer kernel may help, 6.6 brought export for all drivers",
		device->name, device->driver, strerror(-exported), strerror(-mapped));
}

int kms_framebuffer_export(const struct kms_device *device, struct kms_maps *maps, uint32_t fb_id,
	unsigned flags, struct frame_layer *layer, struct reason *reason) {
	struct drm_mode_fb_cmd2 fb;
	int error = get(device->fd, fb_id, &fb);
	if (error)
		return reason_set(reason, error, "framebuffer %" PRIu32 " of %s cannot be looked up: %s",
			fb_id, device->name, strerror(-error));
	if (fb.handles[0] == 0)
		error = reason_set(reason, -EACCES,
			"the kernel shows the framebuffers of %s only to a process with CAP_SYS_ADMIN: %s",
			device->name, kms_device_capture_remedy());
	else if (!is_sane(&fb))
		error = reason_set(reason, -EPROTO,
			"%s (%s) describes its framebuffer as %" PRIu32 "x%" PRIu32 ", pitch %" PRIu32
			", offset %" PRIu32 ", which is impossible",
			device->name, device->driver, fb.width, fb.height, fb.pitches[0], fb.offsets[0]);
	else
		error = reach(device, maps, &fb, flags, layer, reason);
	close_handles(device->fd, &fb);
	return error;
}
