/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Framebuffers that do not fit their buffers, and what cannot be imported, are refused by name, and harm
 * nothing. */
#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "encode/gl/gl.h"
#include "encode/gl/import.h"
#include "tests/encode/gl/check.h"
#include "tests/test.h"

enum { WIDTH = 64, HEIGHT = 32, PITCH = WIDTH * 4, SIZE = PITCH * HEIGHT };

static struct frame_layer *make_frame(struct frame *frame, int fd) {
	frame_init(frame);
	frame->width = WIDTH;
	frame->height = HEIGHT;
	struct frame_layer *layer = frame_add_layer(frame);
	layer->plane_id = 31;
	layer->width = WIDTH;
	layer->height = HEIGHT;
	layer->fourcc = DRM_FORMAT_XRGB8888;
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->plane_count = 1;
	layer->planes[0] = (struct frame_plane){.fd = fd, .pitch = PITCH};
	layer->source = (struct rect_fixed){0, 0, WIDTH << 16, HEIGHT << 16};
	layer->destination = (struct rect){0, 0, WIDTH, HEIGHT};
	return layer;
}

static void larger_than_buffer(struct frame_layer *layer) {
	layer->height = HEIGHT + 1;
}
static void offset_past_end(struct frame_layer *layer) {
	layer->planes[0].offset = 4;
}
static void offset_wraps(struct frame_layer *layer) {
	layer->planes[0].offset = UINT32_MAX;
}
static void pitch_too_small(struct frame_layer *layer) {
	layer->planes[0].pitch = PITCH - 4;
}
static void pitch_wraps(struct frame_layer *layer) {
	layer->planes[0].pitch = UINT32_MAX;
}
static void no_size(struct frame_layer *layer) {
	layer->height = 0;
}
static void no_planes_of_two(struct frame_layer *layer) {
	layer->fourcc = DRM_FORMAT_NV12;
}
/* NV12 of an odd size: the last pixel of a row, and the last row, have chroma of their own. */
static void make_nv12(struct frame_layer *layer, uint32_t width, uint32_t height, uint32_t chroma_at) {
	layer->fourcc = DRM_FORMAT_NV12;
	layer->width = width;
	layer->height = height;
	layer->plane_count = 2;
	layer->planes[0].pitch = layer->planes[1].pitch = 64;
	layer->planes[1].offset = chroma_at;
	layer->planes[1].fd = dup(layer->planes[0].fd);
}
static void chroma_past_end(struct frame_layer *layer) {
	make_nv12(layer, 63, 31, SIZE - 15 * 64 - 63);
}
static void chroma_pitch_too_small(struct frame_layer *layer) {
	make_nv12(layer, 63, 31, 4096);
	layer->planes[1].pitch = 63;
}
static void extra_offset_wraps(struct frame_layer *layer) {
	layer->modifier = I915_FORMAT_MOD_Y_TILED_CCS;
	layer->plane_count = 2;
	layer->planes[1] =
		(struct frame_plane){.fd = dup(layer->planes[0].fd), .offset = UINT32_MAX, .pitch = 64};
}
static void too_many_planes(struct frame_layer *layer) {
	layer->plane_count = FRAME_MAX_PLANES + 1;
}
static void unknown_format(struct frame_layer *layer) {
	layer->fourcc = DRM_FORMAT_Y410;
}
static void plane_without_buffer(struct frame_layer *layer) {
	layer->plane_count = 2;
}
static void tiled_past_end(struct frame_layer *layer) {
	layer->modifier = I915_FORMAT_MOD_X_TILED;
	layer->planes[0].offset = SIZE;
}

static const struct {
	void (*spoil)(struct frame_layer *layer);
	int error;
	const char *reason;
} cases[] = {
	{larger_than_buffer, -EINVAL, "reaches to byte 8448 of a dma-buf of 8192 bytes"},
	{offset_past_end, -EINVAL, "reaches to byte 8196"},
	{offset_wraps, -EINVAL, "beyond what EGL takes"},
	{pitch_too_small, -EINVAL, "a pitch of 252 bytes for 64 pixels"},
	{pitch_wraps, -EINVAL, "beyond what EGL takes"},
	{no_size, -EINVAL, "64x0"},
	{no_planes_of_two, -EINVAL, "1 planes of NV12"},
	{chroma_past_end, -EINVAL, "plane 1 reaches to byte 8193"},
	{chroma_pitch_too_small, -EINVAL, "plane 1: a pitch of 63 bytes for 63 pixels"},
	{extra_offset_wraps, -EINVAL, "plane 1: offset 4294967295"},
	{too_many_planes, -EINVAL, "5 planes"},
	{unknown_format, -ENOTSUP, "'Y410'"},
	{plane_without_buffer, -EINVAL, "plane 1 has no dma-buf"},
	{tiled_past_end, -EINVAL, "reaches to byte 8193"},
};

static int buffer(void) {
	int fd = memfd_create("framebuffer", MFD_CLOEXEC);
	CHECK(fd >= 0 && !ftruncate(fd, SIZE));
	return fd;
}

static void check_numbers(void) {
	struct reason reason = {""};
	struct frame frame;
	CHECK(!import_check(make_frame(&frame, buffer()), &reason));
	frame_finish(&frame);
	make_nv12(make_frame(&frame, buffer()), 63, 31, SIZE - 15 * 64 - 64);
	CHECK_SAY(!import_check(&frame.layers[0], &reason), "%s", reason.text);
	frame_finish(&frame);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct frame_layer *layer = make_frame(&frame, buffer());
		cases[i].spoil(layer);
		int error = import_check(layer, &reason);
		CHECK_SAY(error == cases[i].error, "case %zu: %d", i, error);
		CHECK_SAY(strstr(reason.text, cases[i].reason), "case %zu: %s", i, reason.text);
		layer->plane_count = 1;
		frame_finish(&frame);
	}
	int ends[2];
	CHECK(!pipe(ends));
	CHECK(import_check(make_frame(&frame, ends[0]), &reason) == -EINVAL &&
		strstr(reason.text, "no dma-buf"));
	frame_finish(&frame);
	close(ends[1]);
}

/* Through the converter, which goes on working. */
static void check_converter(struct converter *converter) {
	struct frame frame;
	struct damage damage;
	struct converter_result result;
	struct reason reason = {""};
	_Alignas(64) static uint8_t pixels[SIZE];
	struct picture picture = {.width = WIDTH, .height = HEIGHT, .stride = PITCH, .pixels = pixels};
	damage_init(&damage);
	CHECK(!damage_resize(&damage, WIDTH, HEIGHT));
	const struct conversion conversion = {
		.frame = &frame,
		.picture = &picture,
		.fresh = true,
		.damage = &damage,
		.result = &result,
		.reason = &reason,
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct frame_layer *layer = make_frame(&frame, buffer());
		cases[i].spoil(layer);
		CHECK(converter->impl->convert(converter, &conversion) < 0);
		CHECK(damage_is_empty(&damage));
		layer->plane_count = 1;
		frame_finish(&frame);
	}
	make_frame(&frame, -1);
	CHECK(converter->impl->convert(converter, &conversion) == -ENOTSUP);
	CHECK_SAY(strstr(reason.text, "PRIME"), "%s", reason.text);
	frame_finish(&frame);
	/* A buffer of the right size that is no dma-buf: whether or not this context can import at all. */
	make_frame(&frame, buffer());
	CHECK(converter->impl->convert(converter, &conversion) == -ENOTSUP);
	frame_finish(&frame);
	make_frame(&frame, buffer())->source.x = 1 << 16;
	CHECK(converter->impl->convert(converter, &conversion) == -EINVAL);
	CHECK_SAY(strstr(reason.text, "at 1,0 of a framebuffer of 64x32"), "%s", reason.text);
	frame_finish(&frame);
	damage_finish(&damage);
	check_texture(converter, 9);
}

int main(void) {
	struct converter *converter;
	struct reason reason;
	check_numbers();
	if (gl_converter_create(NULL, NULL, &converter, &reason))
		SKIP("%s", reason.text);
	check_converter(converter);
	converter_destroy(converter);
	return 0;
}
