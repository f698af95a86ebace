/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames/desktop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "capture/base/clock.h"
#include "capture/base/hash.h"
#include "server/frames/choice.h"
#include "server/log.h"

/* A mode set makes an output dark for a moment, and a desktop that goes to sleep makes one after the other
 * dark. Neither changes what the desktop consists of. */
static const uint64_t absent_limit_ns = 3000 * 1000000ull;

static void add_view(struct desktop *desktop, struct view *view) {
	if (view)
		desktop->views[desktop->count++] = view;
}

static int add_head(struct desktop *desktop, const struct head *head) {
	struct view *view = view_create_of_head(head, &desktop->source, desktop->path, desktop->fps);
	add_view(desktop, view);
	return view ? 0 : -ENOMEM;
}

/* A view that is there as long as no output is lit, and shows why. */
static int add_stand_in(struct desktop *desktop) {
	struct source_options options = choice_source(&desktop->source, NULL);
	struct view *view = view_create(&options, desktop->path, desktop->fps);
	add_view(desktop, view);
	return view ? 0 : -ENOMEM;
}

int desktop_create(struct desktop *desktop, const struct source_options *source, enum path_kind path,
	unsigned fps, bool told, struct reason *reason) {
	struct head heads[HEADS_MAX];
	size_t count = 0;
	memset(desktop, 0, sizeof *desktop);
	desktop->source = *source;
	desktop->path = path;
	desktop->fps = fps;
	desktop->lookout.told = told;
	desktop->several = choice_is_several(source);
	int error = heads_layout_parse(source->layout_outputs, &desktop->layout, reason);
	if (!error && desktop->several) {
		lookout_looked(&desktop->lookout, clock_now_ns());
		desktop->fingerprint = heads_fingerprint("");
	}
	if (!error)
		error = choice_find(source, heads, &count, reason);
	if (error)
		return error;
	error = count ? 0 : add_stand_in(desktop);
	for (size_t i = 0; i < count && !error; i++)
		error = add_head(desktop, &heads[i]);
	return error ? reason_set(reason, error, "out of memory") : 0;
}

void desktop_set_fps(struct desktop *desktop, unsigned fps) {
	desktop->fps = fps;
	for (size_t i = 0; i < desktop->count; i++)
		pacer_set_fps(&desktop->views[i]->pacer, fps);
}

void desktop_destroy(struct desktop *desktop) {
	while (desktop->count)
		view_destroy(desktop->views[--desktop->count]);
	free(desktop->switched);
}

/* --- outputs that come and go --- */

static bool is_of(const struct view *view, const struct head *head) {
	return view->head.id == head->id;
}

static bool has_view(const struct desktop *desktop, const struct head *head) {
	for (size_t i = 0; i < desktop->count; i++)
		if (is_of(desktop->views[i], head))
			return true;
	return false;
}

/* The place of the view's output among the heads; `count` if it is not there. */
static size_t order_of(const struct head *heads, size_t count, const struct view *view) {
	size_t i = 0;
	while (i < count && !is_of(view, &heads[i]))
		i++;
	return i;
}

/* Whether this view is to be dropped: it stood in, or its output has been away for long enough. */
static bool is_over(
	struct view *view, const struct head *heads, size_t count, uint64_t now, uint64_t limit_ns) {
	if (!view->head.id)
		return true;
	if (order_of(heads, count, view) < count) {
		view->absent_ns = 0;
		return false;
	}
	if (!view->absent_ns)
		view->absent_ns = now;
	return now - view->absent_ns >= limit_ns;
}

static void drop_view(struct desktop *desktop, size_t index) {
	struct view *view = desktop->views[index];
	desktop->count--;
	for (size_t i = index; i < desktop->count; i++)
		desktop->views[i] = desktop->views[i + 1];
	if (view->head.id)
		log_info("%s is not part of the desktop any more", view->head.output);
	view_destroy(view);
}

/* Views come in the order of the heads. */
static bool add_new(struct desktop *desktop, const struct head *heads, size_t count) {
	bool added = false;
	for (size_t i = 0; i < count && desktop->count < HEADS_MAX; i++) {
		if (has_view(desktop, &heads[i]) || add_head(desktop, &heads[i]) != 0)
			continue;
		log_info("%s is part of the desktop now", heads[i].output);
		added = true;
	}
	return added;
}

/* Those whose output is away for a moment keep their places. */
static void sort_views(struct desktop *desktop, const struct head *heads, size_t count) {
	for (size_t i = 0; i < desktop->count; i++) {
		for (size_t k = i + 1; k < desktop->count; k++) {
			struct view *one = desktop->views[i], *other = desktop->views[k];
			size_t order = order_of(heads, count, one);
			if (order == count || order <= order_of(heads, count, other))
				continue;
			desktop->views[i] = other;
			desktop->views[k] = one;
		}
	}
}

/* What the views know of their outputs. If one is lit, goes dark or changes its mode, so may others. */
static uint64_t known(const struct desktop *desktop) {
	uint64_t hash = HASH_START;
	for (size_t i = 0; i < desktop->count; i++) {
		const struct view *view = desktop->views[i];
		hash = hash_add(hash_add(hash_add(hash, view->retry_ns != 0), view->width), view->height);
	}
	return hash;
}

/* Whether the cards are to be asked. First sysfs is, which costs less and disturbs nobody. */
static bool is_time(struct desktop *desktop, uint64_t now) {
	bool absent = false, told = !now;
	if (told) {
		now = clock_now_ns();
		lookout_sign(&desktop->lookout, now);
	}
	lookout_see(&desktop->lookout, known(desktop), now);
	if (!lookout_due(&desktop->lookout, now))
		return false;
	for (size_t i = 0; i < desktop->count; i++)
		absent |= desktop->views[i]->absent_ns != 0;
	uint64_t fingerprint = heads_fingerprint("");
	bool changed = fingerprint != desktop->fingerprint;
	if (changed)
		lookout_sign(&desktop->lookout, now);
	lookout_looked(&desktop->lookout, clock_now_ns());
	desktop->fingerprint = fingerprint;
	return changed || absent || told || !desktop->views[0]->head.id;
}

/* Makes the views those of these heads. Those that are not among them are dropped once they have been away
 * for `limit_ns`. Returns whether anything changed. */
static bool take_heads(struct desktop *desktop, const struct head *heads, size_t count, uint64_t limit_ns) {
	size_t before = desktop->count;
	uint64_t now = clock_now_ns();
	for (size_t i = desktop->count; i-- > 0;)
		if (is_over(desktop->views[i], heads, count, now, limit_ns))
			drop_view(desktop, i);
	bool changed = desktop->count != before;
	changed |= add_new(desktop, heads, count);
	sort_views(desktop, heads, count);
	desktop->moved |= changed;
	return changed;
}

/* No output is lit, so none is away from the others, and nothing is to be asked until sysfs tells of a
 * change. */
static void forgive_absence(struct desktop *desktop) {
	for (size_t i = 0; i < desktop->count; i++)
		desktop->views[i]->absent_ns = 0;
}

bool desktop_follow(struct desktop *desktop, uint64_t now_ns) {
	struct head heads[HEADS_MAX];
	struct reason ignored;
	size_t count = 0;
	if (!desktop->several || !is_time(desktop, now_ns))
		return false;
	int error = choice_heads(&desktop->source, desktop->source.output, heads, &count, &ignored);
	if (error == -EAGAIN)
		forgive_absence(desktop);
	return !error && take_heads(desktop, heads, count, absent_limit_ns);
}

/* Whether the view shows this output. A source that was not opened for a head tells by its name only. */
static bool shows(const struct view *view, const struct head *head) {
	char name[sizeof head->card + sizeof head->output];
	if (view->head.id || !view->source)
		return is_of(view, head);
	int length = snprintf(name, sizeof name, "%s %s ", head_card_name(head), head->output);
	return strncmp(view->source->output, name, (size_t)length) == 0;
}

/* Of the lit outputs, leaves the one that comes after the first that is shown. */
static void choose_next(const struct desktop *desktop, struct head *heads, size_t *count) {
	size_t next = 0;
	for (size_t i = 0; i < *count; i++)
		if (shows(desktop->views[0], &heads[i]))
			next = (i + 1) % *count;
	heads[0] = heads[next];
	*count = 1;
}

int desktop_switch(struct desktop *desktop, const char *outputs, struct reason *reason) {
	struct head heads[HEADS_MAX];
	size_t count = 0;
	bool next = strcasecmp(outputs, "next") == 0;
	if (desktop->source.kind == SOURCE_PATTERN || desktop->source.kind == SOURCE_FBDEV)
		return reason_set(reason, -ENOTSUP, "this source has only one output");
	int error = choice_heads(&desktop->source, next ? "all" : outputs, heads, &count, reason);
	if (error)
		return error;
	char chosen[CHOICE_NAME_SIZE];
	if (next) {
		choose_next(desktop, heads, &count);
		choice_name(&heads[0], chosen);
	}
	char *name = strdup(next ? chosen : outputs);
	if (!name)
		return reason_set(reason, -ENOMEM, "out of memory");
	free(desktop->switched);
	desktop->source.output = desktop->switched = name;
	desktop->several = true;
	desktop->fingerprint = heads_fingerprint("");
	take_heads(desktop, heads, count, 0);
	desktop->moved = true;
	return desktop->count || add_stand_in(desktop) == 0 ? 0
							    : reason_set(reason, -ENOMEM, "out of memory");
}

uint64_t desktop_wait_ns(const struct desktop *desktop, uint64_t now_ns) {
	return desktop->several ? lookout_wait_ns(&desktop->lookout, now_ns) : UINT64_MAX;
}

/* --- places --- */

/* The size that a view has in the picture: that of its scanout, or of the notice if it was never lit. */
static void fill(struct layout_head *to, const struct view *view) {
	*to = (struct layout_head){.head = &view->head,
		.width = view->width ? view->width : view->frame.width,
		.height = view->height ? view->height : view->frame.height,
		.shared = view->shared,
		.turn = view->options.turn};
	if (!to->width) {
		to->width = view->place.width;
		to->height = view->place.height;
	}
}

static bool move(struct view *view, struct rect place) {
	bool same = rect_equals(view->place, place);
	view->place = place;
	return !same;
}

void desktop_arrange(struct desktop *desktop) {
	struct layout_head heads[HEADS_MAX];
	struct rect places[HEADS_MAX];
	for (size_t i = 0; i < desktop->count; i++)
		fill(&heads[i], desktop->views[i]);
	layout_place(heads, desktop->count, &desktop->layout, places, &desktop->width, &desktop->height,
		&desktop->left_out);
	desktop->screen_count = 0;
	for (size_t i = 0; i < desktop->count; i++) {
		struct view *view = desktop->views[i];
		desktop->moved |= move(view, places[i]);
		if (desktop->several && view->head.id && view->place.width)
			desktop->screens[desktop->screen_count++] =
				(struct picture_screen){view->head.id, view->place};
	}
}

void desktop_redraw(struct desktop *desktop) {
	desktop->moved = false;
	for (size_t i = 0; i < desktop->count; i++)
		desktop->views[i]->shown = SHOWN_NOTHING;
}
