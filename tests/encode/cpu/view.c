/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the cpu path refuses, with which error and in which words, and that it takes everything else as it is.
 */
#include "encode/cpu/view.h"
#include "capture/base/array.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <errno.h>
#include <string.h>

#include "tests/test.h"

/* 640x480 of a framebuffer of 700x500, shown whole. */
static struct frame some_frame(void) {
	struct frame frame;
	frame_init(&frame);
	frame.width = 640;
	frame.height = 480;
	struct frame_layer *layer = frame_add_layer(&frame);
	layer->width = 700;
	layer->height = 500;
	layer->fourcc = DRM_FORMAT_XRGB8888;
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->plane_count = 1;
	layer->planes[0].pitch = 2816;
	layer->planes[0].offset = 4096;
	layer->source = (struct rect_fixed){10 << 16, 20 << 16, 640 << 16, 480 << 16};
	layer->destination = (struct rect){0, 0, 640, 480};
	return frame;
}

static void takes_what_is_plain(void) {
	struct frame frame = some_frame();
	struct view view;
	struct reason reason = {""};
	CHECK(view_init(&view, &frame, &reason) == 0);
	CHECK(view.offset == 4096 + 20 * 2816 + 10 * 4 && view.pitch == 2816 && view.bytes_per_pixel == 4);
	CHECK(view.end == view.offset + 479 * 2816 + 640 * 4);
	CHECK(view.x == 0 && view.y == 0 && view.width == 640 && view.height == 480);
	CHECK(view_check(&view, view.end, &reason) == 0);
	CHECK(view_check(&view, view.end - 1, &reason) == -EINVAL && strstr(reason.text, "not read"));
}

static void clips_to_the_screen(void) {
	static const struct {
		struct rect destination;
		uint32_t x, y, width, height, left, top;
	} cases[] = {
		{{-100, -50, 640, 480}, 0, 0, 540, 430, 110, 70},
		{{100, 50, 640, 480}, 100, 50, 540, 430, 10, 20},
		{{-639, 479, 640, 480}, 0, 479, 1, 1, 649, 20},
		{{640, 0, 640, 480}, 0, 0, 0, 0, 0, 0},
		{{0, -480, 640, 480}, 0, 0, 0, 0, 0, 0},
		{{INT32_MAX, INT32_MIN, 640, 480}, 0, 0, 0, 0, 0, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct frame frame = some_frame();
		struct view view;
		frame.layers[0].destination = cases[i].destination;
		CHECK(view_init(&view, &frame, NULL) == 0);
		CHECK_SAY(view.width == cases[i].width && view.height == cases[i].height, "case %zu", i);
		if (!view.width) {
			CHECK(view_check(&view, 0, NULL) == 0);
			continue;
		}
		CHECK_SAY(view.x == cases[i].x && view.y == cases[i].y, "case %zu", i);
		CHECK(view.offset == 4096 + cases[i].top * 2816 + cases[i].left * 4);
	}
}

static void nothing_on_the_screen_is_black(void) {
	struct frame frame = some_frame();
	struct view view;
	frame_finish(&frame);
	CHECK(view_init(&view, &frame, NULL) == 0 && view.width == 0 && view_check(&view, 0, NULL) == 0);
}

static void refuses(struct frame *frame, int error, const char *words) {
	struct view view;
	struct reason reason = {""};
	int got = view_init(&view, frame, &reason);
	CHECK_SAY(
		got == error && strstr(reason.text, words), "%d instead of %d: %s", got, error, reason.text);
}

static void refuses_what_the_cpu_cannot_do(void) {
	struct frame frame = some_frame();
	struct frame_layer *layer = &frame.layers[0];
	layer->modifier = I915_FORMAT_MOD_X_TILED;
	refuses(&frame, -ENOTSUP, "INTEL_X_TILED");
	layer->modifier = DRM_FORMAT_MOD_INVALID;
	refuses(&frame, -ENOTSUP, "does not tell");
	layer->implicit_linear = true;
	struct view view;
	CHECK(view_init(&view, &frame, NULL) == 0);

	frame = some_frame();
	layer->rotation = DRM_MODE_ROTATE_90;
	refuses(&frame, -ENOTSUP, "rotated");
	layer->rotation = DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_X;
	refuses(&frame, -ENOTSUP, "mirrored");
	frame = some_frame();
	layer->destination.width = 641;
	refuses(&frame, -ENOTSUP, "scaled from 640x480 to 641x480");
	frame = some_frame();
	layer->source.height = 479 << 16;
	refuses(&frame, -ENOTSUP, "scaled");
	frame = some_frame();
	layer->alpha = 0xfffe;
	refuses(&frame, -ENOTSUP, "translucent");
	frame = some_frame();
	CHECK(frame_add_layer(&frame));
	refuses(&frame, -ENOTSUP, "2 planes");
	frame = some_frame();
	layer->fourcc = DRM_FORMAT_NV12;
	refuses(&frame, -ENOTSUP, "NV12 (NV12)");
	layer->fourcc = DRM_FORMAT_R8;
	refuses(&frame, -ENOTSUP, "unknown format 'R8  '");
	layer->fourcc = DRM_FORMAT_ARGB8888;
	layer->blend = FRAME_BLEND_COVERAGE;
	refuses(&frame, -ENOTSUP, "alpha");
	layer->blend = FRAME_BLEND_PREMULTIPLIED;
	CHECK(view_init(&view, &frame, NULL) == 0 && view.shape == KERNEL_XRGB8888);
}

static void refuses_numbers_that_contradict_each_other(void) {
	struct frame frame = some_frame();
	struct frame_layer *layer = &frame.layers[0];
	layer->planes[0].pitch = 2799;
	refuses(&frame, -EINVAL, "2799 bytes apart");
	frame = some_frame();
	layer->source.x = 61 << 16;
	refuses(&frame, -EINVAL, "shown of a framebuffer of 700x500");
	frame = some_frame();
	layer->source.y = 21 << 16;
	refuses(&frame, -EINVAL, "shown of");
	frame = some_frame();
	layer->plane_count = 0;
	refuses(&frame, -EINVAL, "0 memory planes");
	layer->plane_count = 2;
	refuses(&frame, -EINVAL, "2 memory planes");

	/* Numbers near the end of 32 bits must not wrap around into a small view. */
	frame = some_frame();
	layer->planes[0].offset = UINT32_MAX;
	layer->planes[0].pitch = UINT32_MAX;
	struct view view;
	CHECK(view_init(&view, &frame, NULL) == 0);
	CHECK(view.end > (UINT64_C(1) << 40) && view_check(&view, UINT32_MAX, NULL) == -EINVAL);
	frame = some_frame();
	layer->width = UINT32_MAX;
	refuses(&frame, -EINVAL, "cannot hold 4294967295 pixels");
}

int main(void) {
	takes_what_is_plain();
	clips_to_the_screen();
	nothing_on_the_screen_is_black();
	refuses_what_the_cpu_cannot_do();
	refuses_numbers_that_contradict_each_other();
	return 0;
}
