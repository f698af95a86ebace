/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/pattern.h"

#include "capture/base/clock.h"

struct pattern_source {
	struct source base;
	struct pattern *pattern;
	uint64_t start_ns, token;
	bool hold;
	uint64_t held_frame;
};

static uint64_t current_frame(const struct pattern_source *self) {
	return self->hold ? self->held_frame
			  : (clock_now_ns() - self->start_ns) / (1000000000u / PATTERN_RATE);
}

static int peek(struct source *source, uint64_t *token) {
	*token = current_frame((struct pattern_source *)source);
	return 0;
}

static int acquire(struct source *source, unsigned flags, struct frame *frame, struct reason *reason) {
	(void)flags;
	(void)reason;
	struct pattern_source *self = (struct pattern_source *)source;
	pattern_draw(self->pattern, current_frame(self));
	const struct canvas *canvas = pattern_canvas(self->pattern);
	frame_set_memory(
		frame, canvas->width, canvas->height, canvas->pixels, canvas->stride * 4, (uintptr_t)self);
	frame->token = ++self->token;
	frame->time_ns = clock_now_ns();
	return 0;
}

static void destroy(struct source *source) {
	struct pattern_source *self = (struct pattern_source *)source;
	pattern_destroy(self->pattern);
	free(self);
}

static const struct source_impl impl = {
	.name = "pattern",
	.peek = peek,
	.acquire = acquire,
	.destroy = destroy,
};

int pattern_source_open(const struct source_options *options, struct source **source, struct reason *reason) {
	uint32_t width = options->width ? options->width : 1280,
		 height = options->height ? options->height : 720;
	unsigned parts;
	if (!pattern_kind(options->pattern, &parts))
		return reason_set(reason, -EINVAL,
			"no pattern is called \"%s\": there are still, moving, video, full, busy and scroll",
			options->pattern);
	struct pattern_source *self = calloc(1, sizeof *self);
	if (!self)
		return reason_set(reason, -ENOMEM, "out of memory");
	int error = pattern_create(width, height, parts, &self->pattern);
	if (error) {
		free(self);
		return reason_set(reason, error, "a pattern of %" PRIu32 "x%" PRIu32 " cannot be made: %s",
			width, height,
			error == -ENOMEM ? "out of memory" : "a side is 1 to 32767 pixels long");
	}
	self->base.impl = &impl;
	self->base.event_fd = -1;
	self->base.refresh_mhz = PATTERN_RATE * 1000;
	snprintf(self->base.output, sizeof self->base.output, "pattern %" PRIu32 "x%" PRIu32, width, height);
	self->start_ns = clock_now_ns();
	/* Nothing moves in the still pattern. Reporting new frames would only make others look at it. */
	self->hold = options->pattern_hold || parts == 0;
	self->held_frame = options->pattern_frame;
	*source = &self->base;
	reason_set(reason, 0, "the built-in test desktop");
	return 0;
}
