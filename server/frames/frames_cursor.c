/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>

#include "server/frames/frames_state.h"

/* The pointer is on one output, whose cursor shows it. While it crosses an edge, two outputs show a cursor,
 * and the one that the image begins on is taken. */
static const struct view *view_of_cursor(const struct desktop *desktop) {
	const struct view *best = NULL;
	for (size_t i = 0; i < desktop->count; i++) {
		const struct view *view = desktop->views[i];
		const struct cursor *cursor = &view->cursor;
		if (!cursor->visible || !view->place.width)
			continue;
		bool inside = cursor->x + cursor->hotspot_x >= 0 && cursor->y + cursor->hotspot_y >= 0 &&
			      cursor->x + cursor->hotspot_x < (int32_t)view->place.width &&
			      cursor->y + cursor->hotspot_y < (int32_t)view->place.height;
		if (!best || inside)
			best = view;
	}
	return best;
}

void frames_cursor_note(struct frames *frames) {
	const struct view *view = view_of_cursor(&frames->desktop);
	const struct cursor *shown = view ? &view->cursor : &frames->desktop.views[0]->cursor;
	struct cursor *cursor = &frames->looked_at;
	cursor_copy(cursor, shown);
	if (view) {
		cursor->x += view->place.x;
		cursor->y += view->place.y;
	}
	pthread_mutex_lock(&frames->lock);
	bool changed = cursor_differs(cursor, &frames->cursor);
	bool moved = changed && cursor_differs_in_place_only(cursor, &frames->cursor);
	if (changed)
		cursor_copy(&frames->cursor, cursor);
	pthread_mutex_unlock(&frames->lock);
	if (changed)
		frames->options.events.cursor_changed(frames->options.events.context, moved);
}

void frames_cursor(struct frames *frames, struct cursor *cursor) {
	pthread_mutex_lock(&frames->lock);
	cursor_copy(cursor, &frames->cursor);
	pthread_mutex_unlock(&frames->lock);
}
