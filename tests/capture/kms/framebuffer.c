/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fake kernel. The few libdrm calls that framebuffers need are replaced at link time, so that drivers can
 * be tried that no machine here has: drivers that lie, that share handles among planes, or that cannot
 * export. It counts what is given out and what comes back.
 */
#include "capture/kms/framebuffer.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <nouveau_drm.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "capture/source.h"
#include "tests/test.h"

static struct {
	struct drm_mode_fb_cmd2 fb; /* what GETFB2 says */
	int getfb2_error;           /* instead of an answer */
	struct drm_mode_fb_cmd legacy;
	int gem_info_error;  /* of nouveau, instead of an answer */
	uint32_t tile_flags; /* that it answers */
	bool can_export, can_map, only_read_only;
	size_t object_size;
	int objects[8];     /* memfd of each handle: what is exported and mapped */
	int closed[8];      /* GEM_CLOSE calls by handle */
	uint64_t offset[8]; /* the fake offset that MAP_DUMB gives for each handle */
} kernel;

/* These are libdrm's own prototypes; the test's come first when the program is linked. */
int drmIoctl(int fd, unsigned long request, void *argument) {
	(void)fd;
	if (request == DRM_IOCTL_MODE_GETFB2) {
		if (kernel.getfb2_error) {
			errno = kernel.getfb2_error;
			return -1;
		}
		memcpy(argument, &kernel.fb, sizeof kernel.fb);
		return 0;
	}
	if (request == DRM_IOCTL_MODE_GETFB) {
		memcpy(argument, &kernel.legacy, sizeof kernel.legacy);
		return 0;
	}
	if (request == DRM_IOWR(DRM_COMMAND_BASE + DRM_NOUVEAU_GEM_INFO, struct drm_nouveau_gem_info)) {
		struct drm_nouveau_gem_info *info = argument;
		CHECK(info->handle == kernel.fb.handles[0] && !kernel.closed[info->handle]);
		info->tile_flags = kernel.tile_flags;
		errno = kernel.gem_info_error;
		return errno ? -1 : 0;
	}
	if (request == DRM_IOCTL_GEM_CLOSE) {
		kernel.closed[((struct drm_gem_close *)argument)->handle]++;
		return 0;
	}
	if (request == DRM_IOCTL_MODE_MAP_DUMB && kernel.can_map) {
		struct drm_mode_map_dumb *map = argument;
		map->offset = kernel.offset[map->handle];
		return 0;
	}
	errno = ENOSYS;
	return -1;
}

int drmPrimeHandleToFD(int fd, uint32_t handle, uint32_t flags, int *prime) {
	(void)fd;
	if (!kernel.can_export || (kernel.only_read_only && flags & DRM_RDWR)) {
		errno = ENOSYS;
		return -1;
	}
	*prime = dup(kernel.objects[handle]);
	return 0;
}

/* A card: its "node" is a memfd, whose pages at an object's fake offset are what is mapped. */
static struct kms_device device = {.fd = -1, .name = "card0", .driver = "boxed"};
static struct kms_maps maps;

static void reset(uint32_t fourcc, int planes) {
	memset(&kernel, 0, sizeof kernel);
	kernel.fb = (struct drm_mode_fb_cmd2){.fb_id = 5, .width = 100, .height = 50, .pixel_format = fourcc};
	for (int i = 0; i < planes; i++) {
		kernel.fb.handles[i] = (uint32_t)i + 1;
		kernel.fb.pitches[i] = 512;
	}
	kernel.can_export = kernel.can_map = true;
	for (int i = 1; i < 8; i++) {
		kernel.objects[i] = memfd_create("object", MFD_CLOEXEC);
		CHECK(ftruncate(kernel.objects[i], 512 * 50) == 0);
		kernel.offset[i] = (uint64_t)i << 20;
	}
	if (device.fd < 0) {
		device.fd = memfd_create("card", MFD_CLOEXEC);
		CHECK(ftruncate(device.fd, 16 << 20) == 0);
	}
}

static void tidy(void) {
	for (int i = 1; i < 8; i++)
		close(kernel.objects[i]);
}

static int export(unsigned flags, struct frame *frame, struct reason *reason) {
	frame_init(frame);
	return kms_framebuffer_export(&device, &maps, 5, flags, frame_add_layer(frame), reason);
}

static void each_distinct_handle_is_closed_once(void) {
	static const struct {
		uint32_t handles[4];
	} cases[] = {{{1}}, {{1, 1}}, {{1, 2}}, {{1, 2, 1}}, {{1, 2, 3, 2}}, {{3, 3, 3, 3}}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct frame frame;
		reset(DRM_FORMAT_XRGB8888, 4);
		memcpy(kernel.fb.handles, cases[i].handles, sizeof cases[i].handles);
		for (int j = 0; j < 4; j++)
			kernel.fb.pitches[j] = cases[i].handles[j] ? 512 : 0;
		CHECK(export(0, &frame, NULL) == 0);
		int given[8] = {0};
		for (int j = 0; j < 4; j++)
			given[cases[i].handles[j]] = cases[i].handles[j] != 0;
		for (int j = 1; j < 8; j++)
			CHECK_SAY(kernel.closed[j] == given[j], "case %zu, handle %d", i, j);
		for (int j = 0; j < frame.layers[0].plane_count; j++)
			for (int k = 0; k < j; k++)
				CHECK(frame.layers[0].planes[j].fd != frame.layers[0].planes[k].fd);
		frame_finish(&frame);
		tidy();
	}
}

static void nonsense_is_refused_and_closed(void) {
	static const struct {
		uint32_t width, height, pitch, offset, fourcc;
		int error;
	} cases[] = {
		{100, 50, 512, 0, DRM_FORMAT_XRGB8888, 0},
		{100, 50, 400, 0, DRM_FORMAT_XRGB8888, 0},
		{0, 50, 512, 0, DRM_FORMAT_XRGB8888, -EPROTO},
		{100, 0, 512, 0, DRM_FORMAT_XRGB8888, -EPROTO},
		{40000, 50, 512, 0, DRM_FORMAT_XRGB8888, -EPROTO},
		{100, 50, 0, 0, DRM_FORMAT_XRGB8888, -EPROTO},
		{100, 50, 0xffffffffu, 0, DRM_FORMAT_XRGB8888, -EPROTO},
		{100, 50, 512, 0xffffff00u, DRM_FORMAT_XRGB8888, -EPROTO},
		{100, 50, 512, 0, DRM_FORMAT_INVALID, -EPROTO},
		{100, 50, 1024, 0, DRM_FORMAT_XRGB8888, -EPROTO}, /* twice the object */
		{100, 50, 512, 4096, DRM_FORMAT_XRGB8888, -EPROTO},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct frame frame;
		struct reason reason = {""};
		reset(cases[i].fourcc, 1);
		device.linear = true;
		kernel.fb.width = cases[i].width;
		kernel.fb.height = cases[i].height;
		kernel.fb.pitches[0] = cases[i].pitch;
		kernel.fb.offsets[0] = cases[i].offset;
		CHECK_SAY(export(0, &frame, &reason) == cases[i].error, "case %zu", i);
		CHECK(kernel.closed[1] == 1);
		CHECK(!cases[i].error || (frame.layers[0].planes[0].fd == -1 && reason.text[0]));
		frame_finish(&frame);
		tidy();
	}
	device.linear = false;
}

/* Without a dma-buf the object's size is not known, so sizes that EGL or a mapping cannot count must be
 * refused before. */
static void huge_sizes_are_refused_unseen(void) {
	static const uint32_t pitch_and_offset[][2] = {{0xffffffffu, 0}, {512, 0xffffff00u}, {0x7fffffff, 0}};
	for (size_t i = 0; i < 3; i++) {
		struct frame frame;
		reset(DRM_FORMAT_XRGB8888, 1);
		kernel.can_export = false;
		kernel.fb.pitches[0] = pitch_and_offset[i][0];
		kernel.fb.offsets[0] = pitch_and_offset[i][1];
		CHECK_SAY(export(0, &frame, NULL) == -EPROTO, "case %zu", i);
		tidy();
	}
}

static void modifier_only_where_flagged(void) {
	struct frame frame;
	reset(DRM_FORMAT_XRGB8888, 1);
	kernel.fb.modifier[0] = 0x0100000000000001u;
	CHECK(export(0, &frame, NULL) == 0 && frame.layers[0].modifier == DRM_FORMAT_MOD_INVALID);
	CHECK(!frame.layers[0].implicit_linear);
	frame_finish(&frame);
	device.linear = true;
	CHECK(export(0, &frame, NULL) == 0 && frame.layers[0].implicit_linear);
	frame_finish(&frame);
	kernel.fb.flags = DRM_MODE_FB_MODIFIERS;
	CHECK(export(0, &frame, NULL) == 0 && frame.layers[0].modifier == 0x0100000000000001u);
	CHECK(!frame.layers[0].implicit_linear);
	frame_finish(&frame);
	device.linear = false;
	tidy();
}

/* nouveau reports every framebuffer that was made without modifiers as linear. */
static void nouveau_is_asked_for_the_tiling(void) {
	static const struct {
		const char *driver;
		uint64_t modifier, told;
		uint32_t tile_flags;
		int error;
	} cases[] = {
		{"nouveau", DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_MOD_LINEAR, NOUVEAU_GEM_TILE_NONCONTIG, 0},
		{"nouveau", DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_MOD_INVALID, 0xfe00, 0},
		{"nouveau", DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_MOD_INVALID, 0x7000, 0},
		{"nouveau", DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_MOD_INVALID, 0, EINVAL},
		{"nouveau", DRM_FORMAT_MOD_NVIDIA_BLOCK_LINEAR_2D(0, 1, 2, 0x06, 4),
			DRM_FORMAT_MOD_NVIDIA_BLOCK_LINEAR_2D(0, 1, 2, 0x06, 4), 0xfe00, 0},
		{"boxed", DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_MOD_LINEAR, 0xfe00, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct frame frame;
		reset(DRM_FORMAT_XRGB8888, 1);
		strcpy(device.driver, cases[i].driver);
		kernel.fb.flags = DRM_MODE_FB_MODIFIERS;
		kernel.fb.modifier[0] = cases[i].modifier;
		kernel.tile_flags = cases[i].tile_flags;
		kernel.gem_info_error = cases[i].error;
		CHECK(export(0, &frame, NULL) == 0);
		CHECK_SAY(frame.layers[0].modifier == cases[i].told && !frame.layers[0].implicit_linear,
			"case %zu: 0x%llx", i, (unsigned long long)frame.layers[0].modifier);
		CHECK(kernel.closed[1] == 1);
		frame_finish(&frame);
		tidy();
	}
	strcpy(device.driver, "boxed");
}

static void maps_where_it_cannot_export(void) {
	struct frame a, b;
	struct reason reason;
	reset(DRM_FORMAT_XRGB8888, 1);
	kernel.can_export = false;
	CHECK(pwrite(device.fd, "pixels", 6, (off_t)kernel.offset[1]) == 6);
	CHECK(export(0, &a, NULL) == 0);
	const struct frame_layer *layer = &a.layers[0];
	CHECK(layer->planes[0].fd == -1 && layer->memory && layer->memory_size >= 512 * 50);
	CHECK(memcmp(layer->memory, "pixels", 6) == 0 && layer->memory_id != 0);
	/* the same buffer again: the same mapping; another one: another */
	CHECK(export(0, &b, NULL) == 0 && b.layers[0].memory == layer->memory);
	CHECK(b.layers[0].memory_id == layer->memory_id);
	kernel.fb.handles[0] = 2;
	CHECK(export(0, &b, NULL) == 0 && b.layers[0].memory != layer->memory);
	CHECK(b.layers[0].memory_id != layer->memory_id && kernel.closed[1] == 2 && kernel.closed[2] == 1);
	kernel.can_map = false;
	CHECK(export(0, &b, &reason) == -ENOTSUP && strstr(reason.text, "kernel"));
	CHECK(kernel.closed[2] == 2);
	frame_finish(&a);
	frame_finish(&b);
	tidy();
}

static void maps_on_request_and_forgets_with_age(void) {
	struct frame frame;
	reset(DRM_FORMAT_XRGB8888, 1);
	kernel.only_read_only = true;
	CHECK(export(SOURCE_MAP_MEMORY, &frame, NULL) == 0);
	CHECK(frame.layers[0].planes[0].fd >= 0 && frame.layers[0].memory);
	uint64_t id = frame.layers[0].memory_id;
	frame_finish(&frame);
	for (int i = 0; i < KMS_MAP_MAX_AGE; i++)
		kms_maps_age(&maps);
	CHECK(export(SOURCE_MAP_MEMORY, &frame, NULL) == 0 && frame.layers[0].memory_id == id);
	frame_finish(&frame);
	for (int i = 0; i < KMS_MAP_MAX_AGE + 1; i++)
		kms_maps_age(&maps);
	CHECK(export(SOURCE_MAP_MEMORY, &frame, NULL) == 0 && frame.layers[0].memory_id != id);
	frame_finish(&frame);
	tidy();
}

/* There are more buffers than places. None is lost while it is in use, and a larger view replaces a smaller
 * one. */
static void maps_many(void) {
	reset(DRM_FORMAT_XRGB8888, 1);
	for (int round = 0; round < 40; round++) {
		const struct kms_map *map;
		kms_maps_age(&maps);
		kernel.offset[1] = (uint64_t)(1 + round % (KMS_MAP_COUNT + 3)) << 16;
		CHECK(kms_maps_get(&maps, device.fd, 1, 4096, &map) == 0);
		CHECK(map->offset == kernel.offset[1] && map->memory && map->last_use == maps.now);
		uint64_t id = map->id;
		CHECK(kms_maps_get(&maps, device.fd, 1, 8192, &map) == 0 && map->size >= 8192);
		CHECK(kms_maps_get(&maps, device.fd, 1, 4096, &map) == 0 && map->size >= 8192);
		CHECK(map->id == id || map->id == maps.last_id);
	}
	/* a buffer that is used again and again outlives those that come and go */
	const struct kms_map *map;
	uint64_t favourite = 0;
	for (int round = 0; round < 40; round++) {
		kms_maps_age(&maps);
		kernel.offset[1] = 0x800000;
		CHECK(kms_maps_get(&maps, device.fd, 1, 4096, &map) == 0);
		CHECK(favourite == 0 || map->id == favourite);
		favourite = map->id;
		kernel.offset[1] = (uint64_t)(1 + round) << 16;
		CHECK(kms_maps_get(&maps, device.fd, 1, 4096, &map) == 0);
	}
	tidy();
}

static void says_what_is_missing(void) {
	struct frame frame;
	struct reason reason;
	reset(DRM_FORMAT_XRGB8888, 1);
	kernel.fb.handles[0] = 0;
	CHECK(export(0, &frame, &reason) == -EACCES && strstr(reason.text, "run as root"));
	kernel.getfb2_error = ENOENT;
	CHECK(export(0, &frame, &reason) == -ENOENT);
	kernel.getfb2_error = EINVAL; /* an old kernel: GETFB */
	kernel.legacy = (struct drm_mode_fb_cmd){
		.width = 100, .height = 50, .pitch = 512, .bpp = 32, .depth = 24, .handle = 4};
	CHECK(export(0, &frame, &reason) == 0 && frame.layers[0].fourcc == DRM_FORMAT_XRGB8888);
	CHECK(frame.layers[0].modifier == DRM_FORMAT_MOD_INVALID && kernel.closed[4] == 1);
	frame_finish(&frame);
	kernel.legacy.depth = 12;
	CHECK(export(0, &frame, &reason) == -EPROTO && kernel.closed[4] == 2);
	tidy();
}

int main(void) {
	kms_maps_init(&maps);
	each_distinct_handle_is_closed_once();
	nonsense_is_refused_and_closed();
	huge_sizes_are_refused_unseen();
	modifier_only_where_flagged();
	nouveau_is_asked_for_the_tiling();
	maps_where_it_cannot_export();
	maps_on_request_and_forgets_with_age();
	maps_many();
	says_what_is_missing();
	kms_maps_finish(&maps);
	return 0;
}
