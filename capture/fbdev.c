/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/fbdev.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/base/clock.h"
#include "capture/base/first_line.h"

enum { MAX_DEVICES = 32 }; /* FB_MAX of the kernel */

struct fbdev {
	struct source base;
	char node[64]; /* "/dev/fb0" */
	int fd;
	struct fb_fix_screeninfo fixed;
	struct fb_var_screeninfo shape;
	const uint8_t *memory; /* all of the device's; NULL: not mapped */
	size_t size;
	uint64_t memory_id; /* differs for each mapping */
};

/* --- which device --- */

/* The kernel names the devices that DRM drivers emulate "i915drmfb", "vkmsdrmfb" and the like. */
static bool is_of_drm(const char *name) {
	size_t length = strlen(name);
	return length >= 5 && strcmp(name + length - 5, "drmfb") == 0;
}

static bool read_name(const char *root, int number, char *name, size_t size) {
	char path[600];
	snprintf(path, sizeof path, "%s/sys/class/graphics/fb%d/name", root, number);
	return first_line_read(path, name, size);
}

bool fbdev_find(const char *root, char *node, size_t size) {
	for (int i = 0; i < MAX_DEVICES; i++) {
		char name[64];
		if (read_name(root, i, name, sizeof name) && !is_of_drm(name)) {
			snprintf(node, size, "%s/dev/fb%d", root, i);
			return true;
		}
	}
	return false;
}

/* --- what it shows --- */

static bool same_field(const struct fb_bitfield *field, unsigned offset, unsigned length) {
	return field->offset == offset && field->length == length && !field->msb_right;
}

/* 0: none that is known. Alpha is nobody's: nothing lies below the screen. */
static uint32_t fourcc_of(const struct fb_var_screeninfo *shape) {
	static const struct {
		uint32_t fourcc, bits;
		unsigned red[2], green[2], blue[2]; /* offset and length */
	} formats[] = {
		{DRM_FORMAT_XRGB8888, 32, {16, 8}, {8, 8}, {0, 8}},
		{DRM_FORMAT_XBGR8888, 32, {0, 8}, {8, 8}, {16, 8}},
		{DRM_FORMAT_RGBX8888, 32, {24, 8}, {16, 8}, {8, 8}},
		{DRM_FORMAT_BGRX8888, 32, {8, 8}, {16, 8}, {24, 8}},
		{DRM_FORMAT_XRGB2101010, 32, {20, 10}, {10, 10}, {0, 10}},
		{DRM_FORMAT_XBGR2101010, 32, {0, 10}, {10, 10}, {20, 10}},
		{DRM_FORMAT_RGB888, 24, {16, 8}, {8, 8}, {0, 8}},
		{DRM_FORMAT_BGR888, 24, {0, 8}, {8, 8}, {16, 8}},
		{DRM_FORMAT_RGB565, 16, {11, 5}, {5, 6}, {0, 5}},
		{DRM_FORMAT_BGR565, 16, {0, 5}, {5, 6}, {11, 5}},
		{DRM_FORMAT_XRGB1555, 16, {10, 5}, {5, 5}, {0, 5}},
		{DRM_FORMAT_XBGR1555, 16, {0, 5}, {5, 5}, {10, 5}},
		{DRM_FORMAT_XRGB4444, 16, {8, 4}, {4, 4}, {0, 4}},
	};
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (formats[i].bits == shape->bits_per_pixel &&
			same_field(&shape->red, formats[i].red[0], formats[i].red[1]) &&
			same_field(&shape->green, formats[i].green[0], formats[i].green[1]) &&
			same_field(&shape->blue, formats[i].blue[0], formats[i].blue[1]))
			return formats[i].fourcc;
	return 0;
}

static bool has_plain_pixels(const struct fb_fix_screeninfo *fixed) {
	return fixed->type == FB_TYPE_PACKED_PIXELS &&
	       (fixed->visual == FB_VISUAL_TRUECOLOR || fixed->visual == FB_VISUAL_DIRECTCOLOR);
}

/* In thousandths of a hertz. The kernel has the picoseconds of a pixel; 0: it has not. */
static uint32_t refresh_of(const struct fb_var_screeninfo *shape) {
	uint64_t columns =
		(uint64_t)shape->xres + shape->left_margin + shape->right_margin + shape->hsync_len;
	uint64_t rows = (uint64_t)shape->yres + shape->upper_margin + shape->lower_margin + shape->vsync_len;
	uint64_t picoseconds = columns * rows * shape->pixclock;
	uint64_t rate = picoseconds ? 1000000000000000 / picoseconds : 0;
	return rate >= 10000 && rate <= 1000000 ? (uint32_t)rate : 0;
}

static uint64_t token_of(const struct fb_var_screeninfo *shape) {
	return (uint64_t)(shape->xres & 0xffff) << 48 | (uint64_t)(shape->yres & 0xffff) << 32 |
	       (uint64_t)(shape->xoffset & 0xfff) << 20 | (shape->yoffset & 0xfffff);
}

static int lost(const struct fbdev *self, struct reason *reason) {
	return reason_set(reason, -ENODEV, "%s is gone: %s", self->node, strerror(errno));
}

static int read_shape(struct fbdev *self) {
	bool good = ioctl(self->fd, FBIOGET_VSCREENINFO, &self->shape) == 0 &&
		    ioctl(self->fd, FBIOGET_FSCREENINFO, &self->fixed) == 0;
	return good ? 0 : -errno;
}

static void unmap(struct fbdev *self) {
	if (self->memory)
		munmap((void *)self->memory, self->size);
	self->memory = NULL;
}

static int map(struct fbdev *self, struct reason *reason) {
	if (self->memory && self->size == self->fixed.smem_len)
		return 0;
	unmap(self);
	void *memory = mmap(NULL, self->fixed.smem_len, PROT_READ, MAP_SHARED, self->fd, 0);
	if (memory == MAP_FAILED)
		return reason_set(reason, -ENOTSUP, "the memory of %s cannot be mapped (%s)", self->node,
			strerror(errno));
	self->memory = memory;
	self->size = self->fixed.smem_len;
	self->memory_id++;
	return 0;
}

static int check(const struct fbdev *self, struct reason *reason) {
	const struct fb_var_screeninfo *shape = &self->shape;
	uint64_t rows = (uint64_t)shape->yoffset + shape->yres;
	if (!has_plain_pixels(&self->fixed) || !fourcc_of(shape))
		return reason_set(reason, -ENOTSUP,
			"%s (%.16s) has %u bits a pixel in an arrangement that is not known here: a mode of 16 or 32 bits can be read (fbset -depth 32)",
			self->node, self->fixed.id, shape->bits_per_pixel);
	if (!shape->xres || !shape->yres || rows * self->fixed.line_length > self->fixed.smem_len ||
		((uint64_t)shape->xoffset + shape->xres) * (shape->bits_per_pixel / 8) >
			self->fixed.line_length)
		return reason_set(reason, -ENOTSUP, "%s (%.16s) shows more than its memory has", self->node,
			self->fixed.id);
	return 0;
}

static void describe(const struct fbdev *self, struct frame *frame) {
	const struct fb_var_screeninfo *shape = &self->shape;
	frame->width = shape->xres;
	frame->height = shape->yres;
	struct frame_layer *layer = frame_add_layer(frame);
	layer->width = shape->xoffset + shape->xres;
	layer->height = shape->yoffset + shape->yres;
	layer->fourcc = fourcc_of(shape);
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->plane_count = 1;
	layer->planes[0].pitch = self->fixed.line_length;
	layer->memory = self->memory;
	layer->memory_size = self->size;
	layer->memory_id = (uintptr_t)self + self->memory_id;
	layer->source = (struct rect_fixed){
		shape->xoffset << 16, shape->yoffset << 16, shape->xres << 16, shape->yres << 16};
	layer->destination = (struct rect){0, 0, shape->xres, shape->yres};
	layer->blend = FRAME_BLEND_NONE;
}

static int acquire(struct source *source, unsigned flags, struct frame *frame, struct reason *reason) {
	(void)flags; /* it is always mapped */
	struct fbdev *self = (struct fbdev *)source;
	if (read_shape(self) != 0)
		return lost(self, reason);
	int error = check(self, reason);
	if (!error)
		error = map(self, reason);
	if (error)
		return error;
	describe(self, frame);
	frame->time_ns = clock_now_ns();
	frame->token = token_of(&self->shape);
	self->base.refresh_mhz = refresh_of(&self->shape);
	return 0;
}

/* Programs that flip move the visible part of a taller framebuffer (FBIOPAN_DISPLAY). */
static int peek(struct source *source, uint64_t *token) {
	struct fb_var_screeninfo shape;
	if (ioctl(((struct fbdev *)source)->fd, FBIOGET_VSCREENINFO, &shape) != 0)
		return -errno;
	*token = token_of(&shape);
	return 0;
}

static bool is_current(struct source *source, const struct frame *frame) {
	uint64_t token;
	return peek(source, &token) == 0 && token == frame->token;
}

static void release(struct source *source) {
	unmap((struct fbdev *)source);
}

static void destroy(struct source *source) {
	struct fbdev *self = (struct fbdev *)source;
	unmap(self);
	if (self->fd >= 0)
		close(self->fd);
	free(self);
}

static const struct source_impl impl = {
	.name = "fbdev",
	.peek = peek,
	.acquire = acquire,
	.is_current = is_current,
	.release = release,
	.destroy = destroy,
};

/* --- opening --- */

static int open_node(struct fbdev *self, const char *node, struct reason *why) {
	self->fd = open(node, O_RDONLY | O_CLOEXEC);
	if (self->fd < 0 && errno == EACCES)
		return reason_set(why, -EACCES,
			"%s may not be read by this user: run as root, or as a member of the group 'video'",
			node);
	if (self->fd < 0)
		return reason_set(why, errno == ENOENT || errno == ENXIO ? -ENODEV : -errno, "%s: %s", node,
			strerror(errno));
	snprintf(self->node, sizeof self->node, "%s", node);
	if (read_shape(self) != 0)
		return reason_set(why, errno == ENODEV ? -ENODEV : -EINVAL, "%s is no framebuffer device: %s",
			node, strerror(errno));
	return check(self, why);
}

int fbdev_open(const struct source_options *options, struct source **source, struct reason *why) {
	char found[64];
	const char *node = options->card;
	if (!node && fbdev_find("", found, sizeof found))
		node = found;
	if (!node)
		return reason_set(why, -ENODEV,
			"this machine has no framebuffer device without a DRM driver: --source=kms serves display cards");
	struct fbdev *self = calloc(1, sizeof *self);
	if (!self)
		return reason_set(why, -ENOMEM, "out of memory");
	self->base.impl = &impl;
	self->base.event_fd = self->fd = -1;
	int error = open_node(self, node, why);
	if (error) {
		destroy(&self->base);
		return error;
	}
	snprintf(self->base.output, sizeof self->base.output, "%s (%.16s)", node, self->fixed.id);
	*source = &self->base;
	return reason_set(why, 0, "the framebuffer device %s", node);
}
