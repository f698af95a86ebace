/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/source.h"

#include <errno.h>
#include <stdlib.h>

#include "capture/fbdev.h"
#include "capture/kms/kms.h"
#include "capture/pattern.h"

/* A display card; if the machine has none, a framebuffer device. Whoever opens it may wait for a card. */
static int open_any(const struct source_options *options, struct source **source, struct reason *why) {
	struct reason other;
	int error = kms_open(options, source, why);
	if (error != -ENODEV || options->card || options->output)
		return error;
	if (fbdev_open(options, source, &other) != 0)
		return error;
	*why = other;
	return 0;
}

static int (*const openers[])(
	const struct source_options *options, struct source **source, struct reason *why) = {
	[SOURCE_AUTO] = open_any,
	[SOURCE_KMS] = kms_open,
	[SOURCE_FBDEV] = fbdev_open,
	[SOURCE_PATTERN] = pattern_source_open,
};

int source_open(const struct source_options *options, struct source **source, struct reason *why) {
	int error = openers[options->kind](options, source, why);
	if (!error)
		(*source)->turn = options->turn;
	return error;
}

int source_acquire(struct source *source, unsigned flags, struct frame *frame, struct reason *reason) {
	int error = source->impl->acquire(source, flags, frame, reason);
	if (error)
		return error;
	source->width = frame->width;
	source->height = frame->height;
	turn_frame(source->turn, frame);
	return 0;
}

int source_cursor(struct source *source, struct cursor *cursor) {
	if (source->turn == TURN_NONE)
		return source->impl->cursor(source, cursor);
	if (!source->cursor)
		source->cursor = calloc(1, sizeof *source->cursor);
	int error = source->cursor ? source->impl->cursor(source, source->cursor) : -ENOMEM;
	if (!error)
		turn_cursor(source->turn, source->width, source->height, source->cursor, cursor);
	return error;
}

void source_destroy(struct source *source) {
	if (!source)
		return;
	free(source->cursor);
	source->impl->destroy(source);
}
