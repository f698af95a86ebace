/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames/view.h"

#include <errno.h>
#include <stdlib.h>

#include "capture/base/clock.h"
#include "server/frames/choice.h"

static const uint64_t cursor_slow_ns = 4 * 1000000ull, longest_cursor_pause_ns = 500 * 1000000ull;

struct view *view_create(const struct source_options *options, enum path_kind path, unsigned fps) {
	struct view *view = calloc(1, sizeof *view);
	if (!view)
		return NULL;
	view->options = *options;
	view->path_kind = path;
	view->path = path_create(path);
	view->notice = notice_create();
	frame_init(&view->frame);
	pacer_init(&view->pacer, fps);
	vblank_init(&view->vblank);
	if (view->path && view->notice)
		return view;
	view_destroy(view);
	return NULL;
}

struct view *view_create_of_head(
	const struct head *head, const struct source_options *options, enum path_kind path, unsigned fps) {
	struct view *view = view_create(options, path, fps);
	if (!view)
		return NULL;
	view->head = *head;
	view->options = choice_source(options, &view->head);
	return view;
}

void view_destroy(struct view *view) {
	if (!view)
		return;
	frame_finish(&view->frame);
	source_destroy(view->source);
	path_destroy(view->path);
	notice_destroy(view->notice);
	free(view);
}

int view_open(struct view *view, struct reason *why) {
	int error = source_open(&view->options, &view->source, why);
	view->source_seen |= error == 0;
	view->token = 0;
	vblank_init(&view->vblank);
	view->shown = SHOWN_NOTHING;
	return error;
}

bool view_can_peek(const struct view *view) {
	return view->source && view->source->impl->peek;
}

bool view_peek(struct view *view) {
	uint64_t token;
	if (!view_can_peek(view) || view->source->impl->peek(view->source, &token) < 0)
		return false;
	pacer_peeked(&view->pacer, clock_now_ns());
	if (token == view->token)
		return false;
	view->token = token;
	view->flipped = true;
	return true;
}

void view_arm(struct view *view, uint64_t now_ns) {
	struct source *source = view->source;
	view->armed = false;
	if (!source || source->event_fd < 0 || !source->impl->arm_vblank || view->retry_ns ||
		!vblank_is_usable(&view->vblank, now_ns) || !pacer_wants_vblank(&view->pacer, now_ns))
		return;
	int error = source->impl->arm_vblank(source);
	vblank_asked(&view->vblank, error, now_ns);
	view->armed = error == 0;
}

void view_disarm(struct view *view, bool came, uint64_t now_ns) {
	view->armed = false;
	if (came)
		vblank_came(&view->vblank);
	else
		vblank_missed(&view->vblank, now_ns);
}

uint64_t view_wait_ns(const struct view *view, uint64_t now_ns) {
	if (view->retry_ns)
		return view->retry_ns > now_ns ? view->retry_ns - now_ns : 0;
	return pacer_wait_ns(&view->pacer, now_ns, view_can_peek(view));
}

/* Reading the cursor may have waited for a client that holds the card's locks. If so, reading it at each beat
 * would cost pictures. */
static uint64_t next_cursor_look(uint64_t begin_ns, uint64_t end_ns) {
	uint64_t took = end_ns - begin_ns;
	if (took < cursor_slow_ns)
		return 0;
	return end_ns + (16 * took < longest_cursor_pause_ns ? 16 * took : longest_cursor_pause_ns);
}

bool view_look_at_cursor(struct view *view) {
	struct source *source = view->source;
	uint64_t now = clock_now_ns();
	if (now < view->cursor_ns)
		return false;
	if (!source || !source->impl->cursor || view->retry_ns || source_cursor(source, &view->cursor) < 0)
		view->cursor.visible = false;
	view->cursor_ns = next_cursor_look(now, clock_now_ns());
	return true;
}

void view_release(struct view *view) {
	path_release(view->path);
	if (view->source && view->source->impl->release)
		view->source->impl->release(view->source);
}

/* What the converters keep open of the card is closed first, because the source's close must be the last. */
void view_let_go(struct view *view) {
	if (!view->source || !view->source->impl->let_go)
		return;
	path_let_go(view->path);
	view->source->impl->let_go(view->source);
	view->let_go = true;
}

void view_lose_source(struct view *view) {
	struct path *empty = path_create(view->path_kind), *full = view->path;
	source_destroy(view->source);
	view->source = NULL;
	if (!empty)
		return;
	view->path = empty;
	path_destroy(full);
}

bool view_was_replaced(struct view *view, int error) {
	bool replaced = error == -ENODEV && view->let_go && view->source;
	view->let_go = false;
	if (replaced)
		view_lose_source(view);
	return replaced;
}
