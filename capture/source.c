/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/source.h"

#include <errno.h>
#include <stdlib.h>

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
