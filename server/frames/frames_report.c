/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "capture/base/clock.h"
#include "capture/base/utf8.h"
#include "server/frames/frames_state.h"
#include "server/frames/look.h"
#include "server/log.h"

void frames_report_conversion(struct frames *frames, const struct converter_result *result) {
	pthread_mutex_lock(&frames->lock);
	struct frames_report *report = &frames->report;
	report->tiles_changed += result->tiles_changed;
	report->bytes_read_back += result->bytes_read_back;
	report->fences_waited += result->fence_waited;
	snprintf(report->import, sizeof report->import, "%s", converter_import_name(result->import));
	pthread_mutex_unlock(&frames->lock);
}

void frames_report_look(struct frames *frames, bool changed) {
	pthread_mutex_lock(&frames->lock);
	frames->report.frames++;
	frames->report.frames_changed += changed;
	pthread_mutex_unlock(&frames->lock);
}

void frames_report_time(struct frames *frames, struct durations *durations, uint64_t since_ns) {
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

static const char *output_name(const struct view *view) {
	return view->source ? view->source->output : view->head.output;
}

static void say_output(struct frames *frames, struct frames_output *output, const struct view *view) {
	utf8_copy(output->name, sizeof output->name, output_name(view));
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

/* Whether the report tells of this output what is so by now. How it is converted is not compared: whoever
 * wants to know that asks, by frames_check(). */
static bool is_told(const struct frames_output *output, const struct view *view) {
	return strcmp(output->name, output_name(view)) == 0 && output->id == view->head.id &&
	       rect_equals(output->place, view->place) && strcmp(output->state, view->trouble.text) == 0;
}

static bool state_is_told(const struct frames *frames) {
	const struct frames_report *report = &frames->report; /* written only by this thread */
	const struct desktop *desktop = &frames->desktop;
	if (report->output_count != desktop->count)
		return false;
	for (size_t i = 0; i < desktop->count; i++)
		if (!is_told(&report->outputs[i], desktop->views[i]))
			return false;
	return true;
}

void frames_report_state(struct frames *frames) {
	struct frames_report *report = &frames->report;
	struct desktop *desktop = &frames->desktop;
	const struct source *source = desktop->views[0]->source;
	struct reason output = {""}, state = {""};
	pthread_mutex_lock(&frames->lock);
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
	frames->state_ns = clock_now_ns();
	pthread_mutex_unlock(&frames->lock);
}

void frames_report_note(struct frames *frames) {
	note_desktop(frames);
	note_darkness(frames);
	if (!state_is_told(frames))
		frames_report_state(frames);
	note_shortfall(frames);
}

/* --- for other threads --- */

void frames_report(struct frames *frames, struct frames_report *report) {
	pthread_mutex_lock(&frames->lock);
	*report = frames->report;
	report->state_age_ms = (double)(clock_now_ns() - frames->state_ns) / 1e6;
	report->capture.p50 = durations_percentile(&frames->capture_times, 50);
	report->capture.p95 = durations_percentile(&frames->capture_times, 95);
	report->convert.p50 = durations_percentile(&frames->convert_times, 50);
	report->convert.p95 = durations_percentile(&frames->convert_times, 95);
	report->copy.p50 = durations_percentile(&frames->copy_times, 50);
	report->copy.p95 = durations_percentile(&frames->copy_times, 95);
	report->beat = frames->beat;
	pthread_mutex_unlock(&frames->lock);
}

void frames_desktop(struct frames *frames, struct frames_desktop *desktop) {
	pthread_mutex_lock(&frames->lock);
	*desktop = frames->shared;
	pthread_mutex_unlock(&frames->lock);
}

unsigned frames_darkness(const struct frames *frames) {
	return frames->darkness;
}
