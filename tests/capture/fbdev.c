/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The framebuffer source on a device of which ioctl() is answered here, and whose memory is a memfd's. */
#include "capture/fbdev.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <linux/fb.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "tests/test.h"

enum { WIDTH = 320, HEIGHT = 200, PITCH = 1344, SIZE = PITCH * HEIGHT * 2 };

static struct {
	struct fb_var_screeninfo shape;
	struct fb_fix_screeninfo fixed;
	int gone; /* the error of every ioctl; 0: the device is there */
	int memory;
	char node[64];
} device;

int __wrap_ioctl(int fd, unsigned long request, void *argument);
int __wrap_ioctl(int fd, unsigned long request, void *argument) {
	(void)fd;
	errno = device.gone ? device.gone : ENOTTY;
	if (device.gone)
		return -1;
	if (request == FBIOGET_VSCREENINFO)
		memcpy(argument, &device.shape, sizeof device.shape);
	else if (request == FBIOGET_FSCREENINFO)
		memcpy(argument, &device.fixed, sizeof device.fixed);
	else
		return -1;
	return 0;
}

static void set_fields(
	unsigned bits, unsigned red, unsigned green, unsigned blue, const unsigned lengths[3]) {
	device.shape.bits_per_pixel = bits;
	device.shape.red = (struct fb_bitfield){.offset = red, .length = lengths[0]};
	device.shape.green = (struct fb_bitfield){.offset = green, .length = lengths[1]};
	device.shape.blue = (struct fb_bitfield){.offset = blue, .length = lengths[2]};
}

/* 320x200 of a framebuffer of twice that height, 32 bits a pixel. */
static void reset(void) {
	if (device.memory > 0)
		close(device.memory);
	memset(&device, 0, sizeof device);
	device.memory = memfd_create("framebuffer", MFD_CLOEXEC);
	CHECK(device.memory >= 0 && ftruncate(device.memory, SIZE) == 0);
	snprintf(device.node, sizeof device.node, "/proc/self/fd/%d", device.memory);
	device.shape.xres = WIDTH;
	device.shape.yres = HEIGHT;
	set_fields(32, 16, 8, 0, (unsigned[]){8, 8, 8});
	device.fixed = (struct fb_fix_screeninfo){.id = "EFI VGA",
		.smem_len = SIZE,
		.type = FB_TYPE_PACKED_PIXELS,
		.visual = FB_VISUAL_TRUECOLOR,
		.line_length = PITCH};
}

static struct source *open_device(void) {
	const struct source_options options = {.kind = SOURCE_FBDEV, .card = device.node};
	struct source *source = NULL;
	struct reason why = {""};
	CHECK_SAY(source_open(&options, &source, &why) == 0, "%s", why.text);
	return source;
}

static void shows_what_is_visible(void) {
	struct frame frame;
	struct reason reason;
	reset();
	struct source *source = open_device();
	CHECK(strstr(source->output, "EFI VGA") && !source->card_node[0] && source->event_fd == -1);
	uint8_t mark = 0x5a;
	CHECK(pwrite(device.memory, &mark, 1, 10 * PITCH + 4) == 1);
	frame_init(&frame);
	CHECK(source->impl->acquire(source, 0, &frame, &reason) == 0);
	const struct frame_layer *layer = &frame.layers[0];
	CHECK(frame.width == WIDTH && frame.height == HEIGHT && frame.layer_count == 1);
	CHECK(layer->fourcc == DRM_FORMAT_XRGB8888 && layer->modifier == DRM_FORMAT_MOD_LINEAR);
	CHECK(layer->planes[0].pitch == PITCH && layer->planes[0].fd == -1 && layer->plane_id == 0);
	CHECK(layer->memory_size == SIZE && layer->memory[10 * PITCH + 4] == 0x5a && layer->memory_id);
	CHECK(source->refresh_mhz == 0);
	frame_finish(&frame);
	source_destroy(source);
}

/* What is shown begins further down: a program that flips. */
static void follows_flips(void) {
	struct frame frame;
	struct reason reason;
	uint64_t before, after;
	reset();
	struct source *source = open_device();
	CHECK(source->impl->peek(source, &before) == 0);
	frame_init(&frame);
	CHECK(source->impl->acquire(source, 0, &frame, &reason) == 0);
	CHECK(frame.token == before && source->impl->is_current(source, &frame));
	frame_finish(&frame);
	device.shape.yoffset = HEIGHT;
	device.shape.xoffset = 16;
	CHECK(!source->impl->is_current(source, &frame));
	CHECK(source->impl->peek(source, &after) == 0 && before != after);
	frame_init(&frame);
	CHECK(source->impl->acquire(source, 0, &frame, &reason) == 0);
	CHECK(frame.layers[0].source.y == (uint32_t)HEIGHT << 16 && frame.layers[0].source.x == 16 << 16);
	CHECK(frame.layers[0].height == 2 * HEIGHT && frame.layers[0].width == WIDTH + 16);
	frame_finish(&frame);
	device.shape.pixclock = 39721; /* 640x480 at 60 Hz: VESA's numbers */
	device.shape.xres = 640, device.shape.yres = 100, device.shape.yoffset = device.shape.xoffset = 0;
	device.shape.left_margin = 48, device.shape.right_margin = 16, device.shape.hsync_len = 96;
	device.shape.upper_margin = 33, device.shape.lower_margin = 10 + 380, device.shape.vsync_len = 2;
	set_fields(16, 11, 5, 0, (unsigned[]){5, 6, 5});
	frame_init(&frame);
	CHECK(source->impl->acquire(source, 0, &frame, &reason) == 0 && frame.width == 640);
	CHECK_SAY(source->refresh_mhz / 100 == 599, "%u", source->refresh_mhz);
	frame_finish(&frame);
	source_destroy(source);
}

static void knows_arrangements(void) {
	static const struct {
		unsigned bits, at[3], lengths[3];
		uint32_t fourcc;
	} rows[] = {
		{32, {16, 8, 0}, {8, 8, 8}, DRM_FORMAT_XRGB8888},
		{32, {0, 8, 16}, {8, 8, 8}, DRM_FORMAT_XBGR8888},
		{32, {24, 16, 8}, {8, 8, 8}, DRM_FORMAT_RGBX8888},
		{32, {8, 16, 24}, {8, 8, 8}, DRM_FORMAT_BGRX8888},
		{32, {20, 10, 0}, {10, 10, 10}, DRM_FORMAT_XRGB2101010},
		{24, {16, 8, 0}, {8, 8, 8}, DRM_FORMAT_RGB888},
		{16, {11, 5, 0}, {5, 6, 5}, DRM_FORMAT_RGB565},
		{16, {10, 5, 0}, {5, 5, 5}, DRM_FORMAT_XRGB1555},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct frame frame;
		struct reason reason;
		reset();
		set_fields(rows[i].bits, rows[i].at[0], rows[i].at[1], rows[i].at[2], rows[i].lengths);
		struct source *source = open_device();
		frame_init(&frame);
		CHECK(source->impl->acquire(source, 0, &frame, &reason) == 0);
		CHECK_SAY(frame.layers[0].fourcc == rows[i].fourcc, "row %zu", i);
		frame_finish(&frame);
		source_destroy(source);
	}
}

static void refuses(int error, const char *words) {
	const struct source_options options = {.kind = SOURCE_FBDEV, .card = device.node};
	struct source *source;
	struct reason why = {""};
	int got = source_open(&options, &source, &why);
	CHECK_SAY(got == error && strstr(why.text, words), "%d: %s", got, why.text);
}

static void refuses_what_it_cannot_read(void) {
	reset();
	set_fields(8, 0, 0, 0, (unsigned[]){8, 8, 8});
	refuses(-ENOTSUP, "8 bits a pixel");
	reset();
	device.fixed.visual = FB_VISUAL_PSEUDOCOLOR;
	refuses(-ENOTSUP, "not known here");
	reset();
	device.shape.red.msb_right = 1;
	refuses(-ENOTSUP, "not known here");
	reset();
	device.shape.yoffset = HEIGHT + 1;
	refuses(-ENOTSUP, "more than its memory has");
	reset();
	device.shape.yoffset = UINT32_MAX;
	refuses(-ENOTSUP, "more than its memory has");
	reset();
	device.shape.xoffset = 17;
	refuses(-ENOTSUP, "more than its memory has");
	reset();
	device.gone = ENOTTY;
	refuses(-EINVAL, "no framebuffer device");
	reset();
	snprintf(device.node, sizeof device.node, "/dev/fb99");
	refuses(-ENODEV, "/dev/fb99");
}

/* The driver that the firmware left goes when the card's own comes. */
static void ends_with_the_device(void) {
	struct frame frame;
	struct reason reason = {""};
	reset();
	struct source *source = open_device();
	device.gone = ENODEV;
	uint64_t token;
	CHECK(source->impl->peek(source, &token) == -ENODEV);
	frame_init(&frame);
	CHECK(source->impl->acquire(source, 0, &frame, &reason) == -ENODEV && strstr(reason.text, "gone"));
	source_destroy(source);
}

static void put(const char *root, const char *path, const char *text) {
	char full[200];
	snprintf(full, sizeof full, "%s%s", root, path);
	for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = 0;
		mkdir(full, 0700);
	}
	FILE *file = fopen(full, "w");
	CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void finds_the_first_without_drm(void) {
	char root[] = "/tmp/zerovnc-fbdev-XXXXXX", node[100], command[100];
	CHECK(mkdtemp(root));
	CHECK(!fbdev_find(root, node, sizeof node));
	put(root, "/sys/class/graphics/fb0/name", "i915drmfb\n");
	CHECK(!fbdev_find(root, node, sizeof node));
	put(root, "/sys/class/graphics/fb2/name", "EFI VGA\n");
	put(root, "/sys/class/graphics/fb3/name", "vfb\n");
	CHECK(fbdev_find(root, node, sizeof node) && strcmp(node + strlen(root), "/dev/fb2") == 0);
	snprintf(command, sizeof command, "rm -r %s", root);
	CHECK(system(command) == 0);
}

int main(void) {
	shows_what_is_visible();
	follows_flips();
	knows_arrangements();
	refuses_what_it_cannot_read();
	ends_with_the_device();
	finds_the_first_without_drm();
	return 0;
}
