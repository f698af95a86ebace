/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/bench/own_frames.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/clock.h"
#include "capture/pattern.h"

struct own_frames {
	struct source base;
	struct pattern *pattern;
	struct frame buffer; /* without a layer if there is none */
};

static int acquire(struct source *source, unsigned flags, struct frame *frame, struct reason *reason) {
	struct own_frames *own = (struct own_frames *)source;
	const struct canvas *canvas = pattern_canvas(own->pattern);
	frame->time_ns = clock_now_ns();
	if (!own->buffer.layer_count || flags & SOURCE_MAP_MEMORY) {
		frame_set_memory(frame, canvas->width, canvas->height, canvas->pixels, canvas->stride * 4,
			(uintptr_t)own);
		return 0;
	}
	int fd = fcntl(own->buffer.layers[0].planes[0].fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return reason_set(reason, -errno, "a dma-buf cannot be shared: %s", strerror(errno));
	*frame = own->buffer;
	frame->layers[0].planes[0].fd = fd;
	return 0;
}

static void destroy(struct source *source) {
	struct own_frames *own = (struct own_frames *)source;
	frame_finish(&own->buffer);
	pattern_destroy(own->pattern);
	free(own);
}

static const struct source_impl impl = {.name = "own", .acquire = acquire, .destroy = destroy};

int own_frames_open(uint32_t width, uint32_t height, struct source **source, struct reason *reason) {
	struct own_frames *own = calloc(1, sizeof *own);
	unsigned parts = 0;
	int error = own ? pattern_create(width, height, parts, &own->pattern) : -ENOMEM;
	if (error) {
		free(own);
		return reason_set(reason, error, "no picture of %ux%u can be made: %s", width, height,
			strerror(-error));
	}
	own->base.impl = &impl;
	own->base.event_fd = -1;
	snprintf(
		own->base.output, sizeof own->base.output, "the built-in test desktop, %ux%u", width, height);
	frame_init(&own->buffer);
	*source = &own->base;
	return 0;
}

const struct canvas *own_frames_canvas(const struct source *source) {
	return pattern_canvas(((const struct own_frames *)source)->pattern);
}

void own_frames_set_buffer(struct source *source, const struct frame *buffer) {
	struct own_frames *own = (struct own_frames *)source;
	frame_finish(&own->buffer);
	own->buffer = *buffer;
}
