/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/frame.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>

#include "capture/base/array.h"
#include "tests/test.h"

static void closes_what_it_owns(void) {
	struct frame frame;
	frame_init(&frame);
	struct frame_layer *layer = frame_add_layer(&frame);
	CHECK(layer && layer->planes[0].fd == -1 && layer->alpha == 0xffff);
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	layer->planes[0].fd = fd;
	frame_finish(&frame);
	CHECK(fcntl(fd, F_GETFD) == -1 && errno == EBADF);
	CHECK(frame.layer_count == 0);
	frame_finish(&frame);
}

static void refuses_a_layer_too_many(void) {
	struct frame frame;
	frame_init(&frame);
	for (int i = 0; i < FRAME_MAX_LAYERS; i++)
		CHECK(frame_add_layer(&frame));
	CHECK(!frame_add_layer(&frame));
	frame_finish(&frame);
}

/* If the driver names no modifier, the layer is linear only if the driver is known for that. */
static void tells_linear_from_unknown(void) {
	static const struct {
		uint64_t modifier;
		bool implicit, is, may;
	} cases[] = {
		{DRM_FORMAT_MOD_LINEAR, false, true, true},
		{DRM_FORMAT_MOD_INVALID, false, false, true},
		{DRM_FORMAT_MOD_INVALID, true, true, true},
		{I915_FORMAT_MOD_X_TILED, false, false, false},
		{I915_FORMAT_MOD_X_TILED, true, false, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct frame_layer layer = {
			.modifier = cases[i].modifier, .implicit_linear = cases[i].implicit};
		CHECK(frame_layer_is_linear(&layer) == cases[i].is);
		CHECK(frame_layer_may_be_linear(&layer) == cases[i].may);
	}
}

int main(void) {
	tells_linear_from_unknown();
	closes_what_it_owns();
	refuses_a_layer_too_many();
	return 0;
}
