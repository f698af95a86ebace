/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/frame.h"

#include <errno.h>
#include <fcntl.h>

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

int main(void) {
	closes_what_it_owns();
	refuses_a_layer_too_many();
	return 0;
}
