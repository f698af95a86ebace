/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "capture/base/clock.h"
#include "capture/base/utf8.h"
#include "server/frames/desktop.h"
#include "server/frames/frames_state.h"
#include "server/frames/look.h"
#include "server/log.h"

static const uint64_t dark_interval_ns = 250 * 1000000ull;  /* between two attempts while the output is dark
							     * */
static const uint64_t lost_interval_ns = 2000 * 1000000ull; /* the same while the source is gone */

/* --- the report --- */

/* Adds the results of a conversion to the report. */
static void count(struct frames *frames, const struct converter_result *result) {
	pthread_mutex_lock(&frames->lock);
	struct frames_report *report = &frames->report;
	report->tiles_changed += result->tiles_changed;
	report->bytes_read_back += result->bytes_read_back;
	report->fences_waited += result->fence_waited;
	snprintf(report->import, sizeof report->import, "%s", converter_import_name(result->import));
	pthread_mutex_unlock(&frames->lock);
}

static void count_look(struct frames *frames, bool changed) {
	pthread_mutex_lock(&frames->lock);
	frames->report.frames++;
	frames->report.frames_changed += changed;
	pthread_mutex_unlock(&frames->lock);
}

static void add_time(struct frames *frames, struct durations *durations, uint64_t since_ns) {
	pthread_mutex_lock(&frames->lock);
	durations_add(durations, clock_now_ns() - since_ns);
	pthread_mutex_unlock(&frames->lock);
}

/* Adds a part to a list in words. With one output there is nothing to name it for. */
static void append(struct reason *list, const char *between, const char *name, const char *part) {
	if (part[0])
		reason_append(
			list, "%s%s%s%s", list->text[0] ? between : "", name, name[0] ? ": " : "", part);
}

static const char *name_of(const struct frames *frames, const struct view *view) {
	return frames->desktop.count > 1 ? view->head.output : "";
}

static void say_output(struct frames *frames, struct frames_output *output, const struct view *view) {
	utf8_copy(output->name, sizeof output->name, view->source ? view->source->output : view->head.output);
	output->id = view->head.id;
	output->place = view->place;
	utf8_copy(output->state, sizeof output->state, view->trouble.text);
	path_report(view->path, &output->path);
	if (frames->desktop.views[0] == view)
		frames->report.path = output->path;
}

static bool was_lit(const struct desktop *desktop) {
	for (size_t i = 0; i < desktop->count; i++)
		if (desktop->views[i]->width)
			return true;
	return false;
}

/* Writes into the report what is known about the display by now. */
static void say_state(struct frames *frames) {
	struct frames_report *report = &frames->report;
	struct desktop *desktop = &frames->desktop;
	const struct source *source = desktop->views[0]->source;
	struct reason output = {""}, state = {""};
	pthread_mutex_lock(&frames->lock);
	frames->state_ns = clock_now_ns();
	report->width = was_lit(desktop) ? desktop->width : 0;
	report->height = was_lit(desktop) ? desktop->height : 0;
	snprintf(report->source, sizeof report->source, "%s", source ? source->impl->name : "");
	report->output_count = desktop->count;
	for (size_t i = 0; i < desktop->count; i++) {
		const struct view *view = desktop->views[i];
		say_output(frames, &report->outputs[i], view);
		append(&output, ", ", "", view->source ? view->source->output : "");
		append(&state, "; ", name_of(frames, view), view->trouble.text);
	}
	utf8_copy(report->output, sizeof report->output, output.text);
	utf8_copy(report->state, sizeof report->state, state.text);
	pthread_mutex_unlock(&frames->lock);
}

/* --- one output --- */

struct acquiring {
	struct frames *frames;
	struct view *view;
};

static void on_acquired(void *context, uint64_t start_ns, int error) {
	struct acquiring *acquiring = context;
	if (!error)
		add_time(acquiring->frames, &acquiring->frames->capture_times, start_ns);
	if (acquiring->view->source->waited)
		vblank_yield(&acquiring->view->vblank, clock_now_ns());
}

static struct look look_of(struct view *view, struct acquiring *acquiring) {
	return (struct look){.source = view->source,
		.path = view->path,
		.x = (uint32_t)view->place.x,
		.y = (uint32_t)view->place.y,
		.acquired = on_acquired,
		.context = acquiring};
}

/* If the output shows an unscaled part of a framebuffer, other outputs may show the rest of it. */
static void note_shared(struct view *view) {
	const struct frame *frame = &view->frame;
	const struct frame_layer *layer = &frame->layers[0];
	view->shared = (struct layout_shared){0};
	if (frame->layer_count > 0 && layer->source.width >> 16 == frame->width &&
		layer->source.height >> 16 == frame->height)
		view->shared = (struct layout_shared){layer->fb_id, layer->width, layer->height,
			layer->source.x >> 16, layer->source.y >> 16};
}

/* Records what a frame tells before it is converted. */
static void note_frame(struct view *view) {
	view->width = view->frame.width;
	view->height = view->frame.height;
	notice_seen(view->notice, &view->frame);
	note_shared(view);
}

/* A look tells what a peek would have told, and may be newer than the peek of this beat. */
static void note_token(struct view *view, uint64_t token, uint64_t now) {
	if (view->source->impl->peek && token != view->token) {
		view->flipped = true;
		pacer_spring(&view->pacer, now);
	}
	view->token = token;
}

/* Reports each new trouble once in the log, and in the picture for as long as it lasts. */
static void in_trouble(struct frames *frames, struct view *view, const char *headline, uint64_t retry_ns) {
	bool told = strcmp(view->trouble.text, view->reason.text) == 0;
	if (!told)
		log_warning("%s: %s", headline, view->reason.text);
	view->trouble = view->reason;
	view->headline = headline;
	view->retry_ns = retry_ns;
	view->unreadable = false;
	/* the clock in the notice goes on while viewers watch */
	view->draw_notice = !told || frames->wanted || view->shown != SHOWN_NOTICE;
}

static void out_of_trouble(struct view *view) {
	if (view->trouble.text[0])
		log_info("serving %s, %ux%u", view->source->output, view->width, view->height);
	view->trouble.text[0] = '\0';
	view->retry_ns = 0;
	view->unreadable = false;
}

/* Decides what follows from a look that failed. */
static void fail_to_look(struct frames *frames, struct view *view, int error, uint64_t now) {
	view->error = error;
	frame_finish(&view->frame);
	pacer_captured(&view->pacer, now, false);
	if (error == -EAGAIN) {
		in_trouble(frames, view, "The display is dark", now + dark_interval_ns);
		frames->abandoned |= view->source->abandoned;
	} else if (error == -ENOTSUP || error == -ENOMEM || error == -ETIMEDOUT) {
		/* this framebuffer or its painter is the trouble; the next one may do better */
		in_trouble(frames, view, "The display cannot be read", now + dark_interval_ns);
		view->unreadable = true;
	} else {
		const char *headline = view->source_seen ? "The display is lost" : "There is no display";
		in_trouble(frames, view, headline, now + lost_interval_ns);
		view_lose_source(view);
	}
}

static int open_and_acquire(struct frames *frames, struct view *view) {
	struct acquiring acquiring = {frames, view};
	int error = view->source ? 0 : view_open(view, &view->reason);
	if (error)
		return error;
	struct look look = look_of(view, &acquiring);
	return look_acquire(&look, &view->frame, &view->reason);
}

/* Begins the present look at this output: acquires its frame, or finds out why there is none. */
static void begin_view(struct frames *frames, struct view *view, uint64_t now) {
	view->due = true;
	view->draw_notice = view->changed = false;
	view->reason.text[0] = '\0';
	int error = open_and_acquire(frames, view);
	if (view_was_replaced(view, error))
		error = open_and_acquire(frames, view);
	view->error = error;
	if (error)
		fail_to_look(frames, view, error, now);
	else
		note_frame(view);
}

/* --- conversion --- */

enum { MAX_AGAIN = 3 };

/*
 * Returns whether what was read may mix two pictures. It does if the scanout flipped in the meantime: its
 * owner may have drawn into what we were reading. It may if reading took so long that the scanout may have
 * flipped there and back. Then `stored` decides, which says whether this pass still found something to store:
 * a pass that found nothing saw what the previous pass saw.
 */
static bool may_be_torn(const struct view *view, bool stored) {
	struct source *source = view->source;
	if (!source->impl->is_current)
		return false;
	uint64_t refresh_mhz = source->refresh_mhz ? source->refresh_mhz : 60000;
	bool slow = clock_now_ns() - view->frame.time_ns > 2 * 1000000000000u / refresh_mhz;
	return !source->impl->is_current(source, &view->frame) || (slow && stored);
}

/* Fetches the tiles that were not converted from the previous picture, if viewers still read that one. */
static void catch_up(struct frames *frames) {
	uint64_t start = clock_now_ns();
	picture_store_catch_up(frames->options.store, &frames->damage);
	add_time(frames, &frames->copy_times, start);
}

/* Reads the scanout once more into the same picture. False: it cannot be read, or has another size now. */
static bool convert_again(
	struct frames *frames, struct view *view, struct picture *picture, struct converter_result *result) {
	struct converter_result again;
	struct reason ignored;
	struct acquiring acquiring = {frames, view};
	struct look look = look_of(view, &acquiring);
	frame_finish(&view->frame);
	if (look_acquire(&look, &view->frame, &ignored) < 0 || view->frame.width != view->width ||
		view->frame.height != view->height)
		return false;
	if (!damage_is_empty(&frames->damage)) /* the next pass compares with this picture */
		catch_up(frames);
	int error = look_convert(&look, &view->frame, picture, false, &frames->part_damage, &again, &ignored);
	damage_merge(&frames->damage, &frames->part_damage);
	result->tiles_changed += again.tiles_changed;
	result->bytes_read_back += again.bytes_read_back;
	return error == 0;
}

/* Reads again until the picture shows one moment. We do not wait for a painter that never rests: the next
 * look finds what still differs, because it compares with what was sent. */
static void settle(
	struct frames *frames, struct view *view, struct picture *picture, struct converter_result *result) {
	bool stored = !damage_is_empty(&frames->part_damage);
	for (int i = 0; i < MAX_AGAIN && may_be_torn(view, stored); i++) {
		if (!convert_again(frames, view, picture, result))
			return;
		stored = !damage_is_empty(&frames->part_damage);
		view->changed |= stored;
	}
}

/* Converts the view's frame into its part of the picture. 0, or -errno with a reason. */
static int convert(struct frames *frames, struct view *view, struct picture *picture) {
	struct converter_result result;
	struct acquiring acquiring = {frames, view};
	struct look look = look_of(view, &acquiring);
	uint64_t start = clock_now_ns();
	view->first = view->shown != SHOWN_SCANOUT;
	int error = look_convert(&look, &view->frame, picture, view->first || picture_is_first(picture),
		&frames->part_damage, &result, &view->reason);
	damage_merge(&frames->damage, &frames->part_damage);
	view->shown = error ? SHOWN_NOTHING : SHOWN_SCANOUT;
	if (error)
		return error;
	view->left_out = result.layers_left_out;
	view->left_out_reason = view->reason;
	view->changed = !damage_is_empty(&frames->part_damage);
	settle(frames, view, picture, &result);
	add_time(frames, &frames->convert_times, start);
	count(frames, &result);
	return 0;
}

/* Draws the notice, which is as large as what it stands in for. */
static void draw_notice(struct view *view) {
	frame_finish(&view->frame);
	if (notice_draw(view->notice, view->headline, view->trouble.text, time(NULL), &view->frame) < 0)
		view->draw_notice = false;
}

static void convert_notice(struct frames *frames, struct view *view, struct picture *picture) {
	struct converter_result result;
	struct reason reason;
	const struct conversion conversion = {
		.frame = &view->frame,
		.picture = picture,
		.x = (uint32_t)view->place.x,
		.y = (uint32_t)view->place.y,
		.fresh = view->shown != SHOWN_NOTICE || picture_is_first(picture),
		.damage = &frames->part_damage,
		.result = &result,
		.reason = &reason,
	};
	damage_clear(&frames->part_damage);
	int error = path_convert(frames->notice_path, "", &conversion);
	damage_merge(&frames->damage, &frames->part_damage);
	view->shown = error ? SHOWN_NOTHING : SHOWN_NOTICE;
}

/* What follows from the look at one output. */
static void end_view(struct view *view, uint64_t now) {
	if (!view->error) {
		if (view->frame.token) /* 0: the frame could not be acquired again */
			note_token(view, view->frame.token, now);
		pacer_captured(&view->pacer, now, view->changed);
		if (view->changed && !view->first)
			pacer_learn(&view->pacer, view->flipped);
		view->flipped = false;
		out_of_trouble(view);
	}
	frame_finish(&view->frame);
}

/* Writes what was acquired of one output into the picture: its scanout, or the notice in place of it. */
static void show_view(struct frames *frames, struct view *view, struct picture *picture, uint64_t now) {
	picture_store_prepare(frames->options.store, &view->place);
	int error = view->error ? 0 : convert(frames, view, picture);
	if (error) {
		fail_to_look(frames, view, error, now);
		draw_notice(view);
	}
	if (view->error && view->draw_notice)
		convert_notice(frames, view, picture);
}

/* --- all outputs --- */

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
		fail_to_look(frames, view, -ENOMEM, now);
		view->draw_notice = false;
	}
}

/* Writes all that was acquired into one picture and publishes it. Returns whether anything changed. */
static bool show(struct frames *frames, uint64_t now) {
	struct picture_store *store = frames->options.store;
	const struct desktop *desktop = &frames->desktop;
	struct picture *picture = picture_store_begin(store, desktop->width, desktop->height);
	if (!picture || damage_resize(&frames->damage, desktop->width, desktop->height) < 0 ||
		damage_resize(&frames->part_damage, desktop->width, desktop->height) < 0) {
		if (picture)
			picture_store_cancel(store, NULL);
		fail_all(frames, now);
		return false;
	}
	for (size_t i = 0; i < desktop->count; i++) {
		struct view *view = due_view(frames, i);
		if (view)
			show_view(frames, view, picture, now);
	}
	bool changed = !damage_is_empty(&frames->damage);
	if (changed) {
		catch_up(frames);
		picture_store_publish(store, &frames->damage);
	} else {
		picture_store_cancel(store, NULL);
	}
	return changed;
}

/* Reports what the picture lacks, if that is news. A notice lacks nothing (NULL). */
static void note_missing(struct frames *frames, const char *missing) {
	if (frames->missing == missing)
		return;
	frames->missing = missing;
	frames->options.events.missing_changed(frames->options.events.context, missing);
}

/* Reports once what the monitor shows and viewers do not see. */
static void note_shortfall(struct frames *frames) {
	const struct desktop *desktop = &frames->desktop;
	char *told = frames->report.shortfall; /* written only by this thread */
	struct reason lacks = {""};
	const char *missing = NULL;
	for (size_t i = 0; i < desktop->count; i++) {
		const struct view *view = desktop->views[i];
		if (!view->source || view->trouble.text[0])
			continue;
		struct shortfall of = look_shortfall(view->source, view->left_out, &view->left_out_reason);
		append(&lacks, "; ", name_of(frames, view), of.text);
		missing = missing ? missing : of.missing;
	}
	append(&lacks, "; ", "", desktop->left_out.text);
	note_missing(frames, missing);
	if (strcmp(told, lacks.text) == 0)
		return;
	if (lacks.text[0])
		log_warning("%s: not all of the screen is served: %s", frames->report.output, lacks.text);
	else
		log_info("%s: all of the screen is served again", frames->report.output);
	pthread_mutex_lock(&frames->lock);
	snprintf(told, sizeof frames->report.shortfall, "%s", lacks.text);
	pthread_mutex_unlock(&frames->lock);
}

/* It is dark while no output shows anything. */
static void note_darkness(struct frames *frames) {
	const struct desktop *desktop = &frames->desktop;
	bool dark = true;
	for (size_t i = 0; i < desktop->count; i++)
		dark &= desktop->views[i]->trouble.text[0] != '\0';
	if (!dark)
		frames->darkness = 0;
	else if (!frames->darkness)
		frames->darkness = ++frames->darknesses;
}

/* A framebuffer that is larger than the output is the desktop of several outputs. */
static void note_desktop(struct frames *frames) {
	const struct view *view = frames->desktop.views[0];
	const struct layout_shared *shared = &view->shared;
	struct frames_desktop desktop = {0};
	if (shared->width && (shared->width != view->width || shared->height != view->height))
		desktop = (struct frames_desktop){shared->width, shared->height,
			(int32_t)shared->x - view->place.x, (int32_t)shared->y - view->place.y};
	pthread_mutex_lock(&frames->lock);
	frames->shared = desktop;
	pthread_mutex_unlock(&frames->lock);
}

static void note_all(struct frames *frames) {
	note_desktop(frames);
	note_darkness(frames);
	say_state(frames);
	note_shortfall(frames);
}

/* The first error of the outputs that were looked at, whose reason is kept for the start. */
static int first_error(struct frames *frames) {
	const struct desktop *desktop = &frames->desktop;
	for (size_t i = 0; i < desktop->count; i++) {
		struct view *view = desktop->views[i];
		if (!view->due || !view->error)
			continue;
		frames->start_reason = view->reason;
		return view->error;
	}
	return 0;
}

/* Draws the notices that are due; their sizes are needed to place them. If `all`, acquires first what is not
 * acquired yet. */
static void begin_all(struct frames *frames, bool all, uint64_t now) {
	for (size_t i = 0; i < frames->desktop.count; i++) {
		struct view *view = frames->desktop.views[i];
		if (all && !view->due)
			begin_view(frames, view, now);
		if (all && view->error)
			view->draw_notice = true;
		if (view->draw_notice)
			draw_notice(view);
	}
}

/* Whether the picture that was published last is of another size, so that every part has to be written. */
static bool has_other_size(struct frames *frames) {
	uint32_t width, height;
	uint64_t generation = picture_store_generation(frames->options.store, &width, &height);
	return !generation || width != frames->desktop.width || height != frames->desktop.height;
}

/* Places the outputs by what was acquired of each. If the picture becomes another one, the rest is acquired,
 * too. */
static void arrange(struct frames *frames, uint64_t now) {
	struct desktop *desktop = &frames->desktop;
	begin_all(frames, false, now);
	frames->moved |= desktop_arrange(desktop);
	if (!frames->moved && !has_other_size(frames))
		return;
	frames->moved = false;
	desktop_redraw(desktop);
	begin_all(frames, true, now);
	desktop_arrange(desktop); /* those that were acquired only now may have changed, too */
	picture_store_set_screens(frames->options.store, desktop->screens, desktop->screen_count);
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
		end_view(view, now);
	}
	if (looked)
		count_look(frames, changed);
}

/* Shows what was acquired, and tells of it. */
static int finish_look(struct frames *frames, uint64_t now) {
	arrange(frames, now);
	bool changed = has_something_to_show(frames) && show(frames, now);
	end_views(frames, now);
	int error = first_error(frames);
	note_all(frames);
	if (changed)
		frames->options.events.published(frames->options.events.context);
	if (frames->abandoned)
		frames_let_go(frames);
	frames->abandoned = false;
	return error;
}

int frames_look(struct frames *frames, uint64_t now) {
	frames->let_go = false;
	for (size_t i = 0; i < frames->desktop.count; i++) {
		struct view *view = frames->desktop.views[i];
		view->draw_notice = false;
		if (view->due)
			begin_view(frames, view, now);
	}
	return finish_look(frames, now);
}

int frames_look_at_all(struct frames *frames, uint64_t now) {
	for (size_t i = 0; i < frames->desktop.count; i++)
		frames->desktop.views[i]->due = true;
	return frames_look(frames, now);
}

void frames_let_go(struct frames *frames) {
	for (size_t i = 0; i < frames->desktop.count; i++)
		view_let_go(frames->desktop.views[i]);
	frames->let_go = true;
	frames->sprung = false; /* it was set before the cards were closed */
}

/* Looks at the state of one output, without reading a pixel. Returns false if only a look can tell. */
static bool look_at_state_of(struct frames *frames, struct view *view, uint64_t now) {
	if (!view->source || view->unreadable)
		return false;
	view->draw_notice = view->changed = false;
	view->reason.text[0] = '\0';
	view->error = source_acquire(view->source, 0, &view->frame, &view->reason);
	if (view_was_replaced(view, view->error))
		return false;
	if (view->error) {
		fail_to_look(frames, view, view->error, now);
	} else {
		note_frame(view);
		frame_finish(&view->frame);
		out_of_trouble(view);
	}
	view->due = view->draw_notice;
	return true;
}

void frames_look_at_state(struct frames *frames, uint64_t now) {
	bool known = true, notice = false;
	frames->let_go = false;
	for (size_t i = 0; i < frames->desktop.count && known; i++) {
		known = look_at_state_of(frames, frames->desktop.views[i], now);
		notice |= frames->desktop.views[i]->draw_notice;
	}
	if (!known) {
		frames_look_at_all(frames, now);
	} else if (notice) {
		finish_look(frames, now);
	} else {
		frames->moved |= desktop_arrange(&frames->desktop);
		note_all(frames);
	}
}
