/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/doctor_screens.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "encode/bench/paths.h"
#include "encode/pixel_format.h"
#include "server/frames/choice.h"
#include "server/frames/look.h"

/* One output that is being examined. */
struct screen {
	struct findings *findings;
	const struct config *config;
	struct source *source; /* NULL: it could not be opened */
};

static void check_source(struct screen *screen, const struct source_options *options) {
	struct reason why;
	if (source_open(options, &screen->source, &why) != 0) {
		findings_cannot_serve(screen->findings, "source", why.text);
		return;
	}
	findings_note(screen->findings, "source", screen->source->impl->name);
	findings_note(screen->findings, "output", screen->source->output);
	findings_note(screen->findings, "source_reason", why.text);
	findings_say(screen->findings, "source", FINDINGS_OK, "%s: %s", screen->source->output, why.text);
}

static void check_beat(struct screen *screen) {
	if (!screen->source || screen->source->card_node[0] == 0)
		return;
	int error = screen->source->impl->arm_vblank ? screen->source->impl->arm_vblank(screen->source)
						     : -EOPNOTSUPP;
	findings_note(screen->findings, "beat", error ? "timer" : "vblank");
	if (!error)
		findings_say(screen->findings, "beat", FINDINGS_OK, "the card reports its vertical blanks");
	else
		findings_say(screen->findings, "beat", FINDINGS_OK, "a timer: %s",
			error == -EOPNOTSUPP ? "this driver does not report vertical blanks"
			: error == -EAGAIN   ? "a dark output has no vertical blanks"
					     : strerror(-error));
}

static void describe_frame(struct screen *screen, const struct frame *frame) {
	json_object_set_new(screen->findings->facts, "width", json_integer(frame->width));
	json_object_set_new(screen->findings->facts, "height", json_integer(frame->height));
	const struct frame_layer *layer = &frame->layers[0];
	struct pixel_format_text format, modifier;
	pixel_format_describe(layer->fourcc, &format);
	pixel_format_describe_modifier(layer->modifier, &modifier);
	findings_note(screen->findings, "format", format.text);
	findings_note(screen->findings, "modifier", modifier.text);
	findings_say(screen->findings, "frame", FINDINGS_OK,
		"%ux%u from a framebuffer of %ux%u, %s, layout %s%s", frame->width, frame->height,
		layer->width, layer->height, format.text, modifier.text,
		layer->implicit_linear ? " (but linear with this driver)" : "");
}

static void describe_path(struct screen *screen, struct path *path, const struct converter_result *result,
	const char *failure) {
	struct path_report report;
	path_report(path, &report);
	findings_note(screen->findings, "path", report.path);
	findings_note(screen->findings, "path_reason", failure ? failure : report.reason);
	findings_note(screen->findings, "renderer", report.renderer);
	if (failure) {
		findings_cannot_serve(screen->findings, "path", failure);
		return;
	}
	findings_note(screen->findings, "import", converter_import_name(result->import));
	findings_say(screen->findings, "path", FINDINGS_OK, "%s by %s, pixels by %s%s%s: %s", report.path,
		report.renderer, converter_import_name(result->import), report.detail[0] ? ", " : "",
		report.detail, report.reason);
}

static void note_speed(struct screen *screen, const struct durations *still, const struct durations *all) {
	double still_ms = durations_percentile(still, 50), all_ms = durations_percentile(all, 50);
	json_object_set_new(screen->findings->facts, "frame_ms",
		json_pack("{s:f, s:f}", "nothing", still_ms, "everything", all_ms));
	findings_say(screen->findings, "speed", FINDINGS_OK,
		"a frame takes %.3f ms if nothing changed and %.3f ms if everything did (median of %zu); `zerovnc bench` compares the paths",
		still_ms, all_ms, still->count);
}

/* Measures the path that was just tried. */
static void check_speed(struct screen *screen, struct path *path) {
	struct durations still = {0}, all = {0};
	struct reason reason = {""};
	int error = bench_path(path, screen->source, true, &all, &reason);
	if (!error)
		error = bench_path(path, screen->source, false, &still, &reason);
	if (error)
		findings_say(
			screen->findings, "speed", FINDINGS_WARNING, "it was not measured: %s", reason.text);
	else
		note_speed(screen, &still, &all);
}

static void see_nothing(struct screen *screen, const struct reason *reason) {
	findings_note(screen->findings, "state", reason->text);
	findings_say(screen->findings, "frame", FINDINGS_WARNING,
		"nothing to see at the moment, and viewers see a picture that says so: %s", reason->text);
}

/* Converts one frame into a picture that nobody sees. */
static int convert(const struct look *look, struct frame *frame, struct picture *picture,
	struct converter_result *result, struct reason *reason) {
	struct damage damage;
	damage_init(&damage);
	int error = look_convert(look, frame, picture, true, &damage, result, reason);
	damage_finish(&damage);
	return error;
}

static void describe_shortfall(
	struct screen *screen, const struct converter_result *result, const struct reason *reason) {
	struct shortfall shortfall = look_shortfall(screen->source, result->layers_left_out, reason);
	findings_note(screen->findings, "shortfall", shortfall.text);
	if (shortfall.text[0])
		findings_say(screen->findings, "shortfall", FINDINGS_WARNING,
			"not all of the screen is served: %s", shortfall.text);
}

static void try_path(struct screen *screen, const struct look *look, struct frame *frame) {
	struct picture_store *store = picture_store_create();
	struct picture *picture = store ? picture_store_begin(store, frame->width, frame->height) : NULL;
	struct converter_result result = {0};
	struct reason reason = {"out of memory"};
	int error = picture ? convert(look, frame, picture, &result, &reason) : -ENOMEM;
	if (error == -EAGAIN)
		see_nothing(screen, &reason);
	else
		describe_path(screen, look->path, &result, error ? reason.text : NULL);
	describe_shortfall(screen, &result, &reason);
	if (picture)
		picture_store_cancel(store, NULL);
	picture_store_destroy(store);
	if (!error)
		check_speed(screen, look->path);
}

static void check_frame(struct screen *screen) {
	if (!screen->source)
		return;
	struct look look = {
		.source = screen->source, .path = path_create((enum path_kind)screen->config->path)};
	struct frame frame;
	struct reason reason = {"out of memory"};
	frame_init(&frame);
	int error = look.path ? look_acquire(&look, &frame, &reason) : -ENOMEM;
	if (error == -EAGAIN) {
		see_nothing(screen, &reason);
	} else if (error) {
		findings_cannot_serve(screen->findings, "frame", reason.text);
	} else {
		describe_frame(screen, &frame);
		try_path(screen, &look, &frame);
	}
	frame_finish(&frame);
	path_destroy(look.path);
}

/* What is found out about one output. `name`: how people tell it from the others; NULL: there are none. */
static void examine(struct findings *findings, const struct config *config,
	const struct source_options *options, const char *name) {
	struct screen screen = {.findings = findings, .config = config};
	json_t *facts = json_object(), *outputs = json_object_get(findings->report, "outputs");
	findings->facts = facts;
	findings->output = name;
	check_source(&screen, options);
	check_frame(&screen);
	check_beat(&screen);
	source_destroy(screen.source);
	findings->facts = findings->report;
	findings->output = NULL;
	if (json_array_size(outputs) == 0)
		json_object_update(findings->report, facts);
	json_array_append_new(outputs, facts);
}

void doctor_screens_examine(struct findings *findings, const struct config *config) {
	const struct source_options all = config_source(config);
	struct head heads[HEADS_MAX];
	struct reason reason;
	size_t count;
	json_object_set_new(findings->report, "outputs", json_array());
	if (choice_find(&all, heads, &count, &reason) != 0) {
		findings_cannot_serve(findings, "source", reason.text);
		return;
	}
	for (size_t i = 0; i < (count ? count : 1); i++) {
		const struct head *head = count ? &heads[i] : NULL;
		struct source_options options = choice_source(&all, head);
		char name[CHOICE_NAME_SIZE];
		if (head)
			choice_name(head, name);
		examine(findings, config, &options, count > 1 ? name : NULL);
	}
}
