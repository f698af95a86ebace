/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "capture/base/clock.h"
#include "server/frames/exposing.h"
#include "server/frames/frames_state.h"

static struct view *due_view(struct frames *frames, size_t index) {
	struct view *view = frames->desktop.views[index];
	return view->due && view->place.width && (!view->error || view->draw_notice) ? view : NULL;
}

static bool has_something_to_show(struct frames *frames) {
	for (size_t i = 0; i < frames->desktop.count; i++)
		if (due_view(frames, i))
			return true;
	return false;
}

static void fail_all(struct frames *frames, uint64_t now) {
	const struct desktop *desktop = &frames->desktop;
	for (size_t i = 0; i < desktop->count; i++) {
		struct view *view = due_view(frames, i);
		if (!view)
			continue;
		reason_set(&view->reason, -ENOMEM, "out of memory for a picture of %ux%u", desktop->width,
			desktop->height);
		frames_view_fail(frames, view, -ENOMEM, now);
		view->draw_notice = false;
	}
}

/* Makes black what no output is shown in, if outputs were moved since the last time. */
static void blank_gaps(struct frames *frames) {
	struct rect places[HEADS_MAX];
	size_t count = 0;
	if (!frames->gaps_are_old)
		return;
	frames->gaps_are_old = false;
	for (size_t i = 0; i < frames->desktop.count; i++) {
		const struct view *view = frames->desktop.views[i];
		if (view->place.width && view->shown != SHOWN_NOTHING)
			places[count++] = view->place;
	}
	drawing_blank_gaps(&frames->drawing, places, count);
}

void frames_catch_up(struct frames *frames) {
	uint64_t start = clock_now_ns();
	drawing_catch_up(&frames->drawing);
	frames_report_time(frames, &frames->copy_times, start);
}

/* If several outputs are converted, devices work on all of them at the same time. */
static void launch_all(struct frames *frames) {
	size_t due = 0;
	for (size_t i = 0; i < frames->desktop.count; i++)
		due += due_view(frames, i) != NULL;
	for (size_t i = 0; i < frames->desktop.count && due > 1; i++) {
		struct view *view = due_view(frames, i);
		if (view)
			frames_view_launch(frames, view);
	}
}

/* Writes all that was acquired into one picture and publishes it. Returns whether anything changed. */
static bool show(struct frames *frames, uint64_t now) {
	const struct desktop *desktop = &frames->desktop;
	if (drawing_begin(&frames->drawing, desktop->width, desktop->height) != 0) {
		fail_all(frames, now);
		return false;
	}
	exposing_begin(&frames->drawing, desktop);
	launch_all(frames);
	for (size_t i = 0; i < desktop->count; i++) {
		struct view *view = due_view(frames, i);
		if (view)
			frames_view_show(frames, view, now);
	}
	blank_gaps(frames);
	bool changed = !damage_is_empty(&frames->drawing.damage);
	if (changed)
		frames_catch_up(frames);
	drawing_end(&frames->drawing);
	return changed;
}

/* Draws the notices that are due; their sizes are needed to place them. If `all`, acquires first what is not
 * acquired yet. */
static void begin_all(struct frames *frames, bool all, uint64_t now) {
	for (size_t i = 0; i < frames->desktop.count; i++) {
		struct view *view = frames->desktop.views[i];
		if (all && !view->due)
			frames_view_begin(frames, view, now);
		if (all && view->error)
			view->draw_notice = true;
		if (view->draw_notice)
			frames_view_draw_notice(view);
	}
}

/* Whether the picture that was published last is of another size, so that every part has to be written. */
static bool has_other_size(struct frames *frames) {
	uint32_t width, height;
	uint64_t generation = picture_store_generation(frames->drawing.store, &width, &height);
	return !generation || width != frames->desktop.width || height != frames->desktop.height;
}

/* Places the outputs by what was acquired of each. If the picture becomes another one, the rest is acquired,
 * too. */
static void arrange(struct frames *frames, uint64_t now) {
	struct desktop *desktop = &frames->desktop;
	begin_all(frames, false, now);
	desktop_arrange(desktop);
	if (!desktop->moved && !has_other_size(frames))
		return;
	frames->gaps_are_old = true;
	begin_all(frames, true, now);
	desktop_arrange(desktop); /* those that were acquired only now may have changed, too */
	desktop_redraw(desktop);
	picture_store_set_screens(frames->drawing.store, desktop->screens, desktop->screen_count);
}

/* Counts what the looks at single outputs found as one look. */
static void end_views(struct frames *frames, uint64_t now) {
	bool looked = false, changed = false;
	for (size_t i = 0; i < frames->desktop.count; i++) {
		struct view *view = frames->desktop.views[i];
		if (!view->due)
			continue;
		looked |= !view->error;
		changed |= !view->error && view->changed;
		frames_view_end(view, now);
	}
	if (looked)
		frames_report_look(frames, changed);
}

/* Whether a card is to be closed so that the kernel can draw. */
static bool is_abandoned(const struct desktop *desktop) {
	for (size_t i = 0; i < desktop->count; i++)
		if (desktop->views[i]->due && desktop->views[i]->error && desktop->views[i]->abandoned)
			return true;
	return false;
}

/* Shows what was acquired, and tells of it. */
static void finish_look(struct frames *frames, uint64_t now) {
	arrange(frames, now);
	bool changed = has_something_to_show(frames) && show(frames, now);
	end_views(frames, now);
	frames_report_note(frames);
	if (changed)
		frames->options.events.published(frames->options.events.context);
	if (is_abandoned(&frames->desktop))
		frames_let_go(frames);
}

void frames_look(struct frames *frames, uint64_t now) {
	frames->let_go = false;
	for (size_t i = 0; i < frames->desktop.count; i++) {
		struct view *view = frames->desktop.views[i];
		view->draw_notice = false;
		if (view->due)
			frames_view_begin(frames, view, now);
	}
	finish_look(frames, now);
}

void frames_look_at_all(struct frames *frames, uint64_t now) {
	for (size_t i = 0; i < frames->desktop.count; i++)
		frames->desktop.views[i]->due = true;
	frames_look(frames, now);
}

void frames_let_go(struct frames *frames) {
	for (size_t i = 0; i < frames->desktop.count; i++)
		view_let_go(frames->desktop.views[i]);
	frames->let_go = true;
	frames->sprung = false; /* it was set before the cards were closed */
}

void frames_look_at_state(struct frames *frames, uint64_t now) {
	bool known = true, notice = false;
	frames->let_go = false;
	for (size_t i = 0; i < frames->desktop.count && known; i++) {
		known = frames_view_look_at_state(frames, frames->desktop.views[i], now);
		notice |= frames->desktop.views[i]->draw_notice;
	}
	if (!known) {
		frames_look_at_all(frames, now);
	} else if (notice) {
		finish_look(frames, now);
	} else {
		desktop_arrange(&frames->desktop);
		frames_report_note(frames);
	}
}
