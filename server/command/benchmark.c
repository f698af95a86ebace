/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/benchmark.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/inventory.h"
#include "encode/bench/own_frames.h"
#include "encode/bench/paths.h"
#include "encode/bench/table.h"
#include "encode/pixel_format.h"
#include "server/frames/choice.h"
#include "server/log.h"
#include "server/printable.h"
#include "server/printable_json.h"

/* --- which frames --- */

struct subject {
	struct source *source;
	struct bench *bench;
	bool own;           /* frames of our own, because the screen cannot be read */
	char card_node[64]; /* the card whose GPU is measured; "": any */
	char others[CHOICE_NAME_SIZE +
		    96];      /* how to measure the other outputs, if there are several; else "" */
	struct reason reason; /* why the frames are our own, or why there are none */
};

static void close_subject(struct subject *subject) {
	bench_destroy(subject->bench);
	source_destroy(subject->source);
	subject->bench = NULL;
	subject->source = NULL;
}

/* Of several outputs, one is measured: the first that is lit. */
static const struct head *choose(struct subject *subject, const struct head *heads, size_t count) {
	size_t chosen = 0;
	while (chosen < count && !heads[chosen].lit)
		chosen++;
	chosen = chosen < count ? chosen : 0;
	if (count > 1) {
		char other[CHOICE_NAME_SIZE];
		choice_name(&heads[chosen ? 0 : 1], other);
		snprintf(subject->others, sizeof subject->others,
			"; of %zu outputs only this one is measured, --output=%s measures another", count,
			other);
	}
	return count ? &heads[chosen] : NULL;
}

/* Opens what is being scanned out. */
static int open_screen(struct subject *subject, const struct config *config) {
	struct source_options options = {
		.kind = SOURCE_KMS, .broker = config->broker, .card = config->card, .output = config->output};
	struct head heads[HEADS_MAX];
	size_t count;
	int error = choice_find(&options, heads, &count, &subject->reason);
	if (!error) {
		options = choice_source(&options, choose(subject, heads, count));
		error = source_open(&options, &subject->source, &subject->reason);
	}
	if (!error) {
		snprintf(subject->card_node, sizeof subject->card_node, "%s", subject->source->card_node);
		error = bench_create(subject->source, &subject->bench, &subject->reason);
	}
	if (error)
		close_subject(subject);
	return error;
}

/* Finds the card whose GPU is measured without its screen. */
static void find_card(struct subject *subject, const struct config *config) {
	struct inventory *inventory;
	if (config->card || subject->card_node[0]) {
		if (config->card)
			snprintf(subject->card_node, sizeof subject->card_node, "%s", config->card);
		return;
	}
	if (inventory_create(&inventory) != 0)
		return;
	if (inventory->card_count)
		snprintf(subject->card_node, sizeof subject->card_node, "%s", inventory->cards[0].node);
	inventory_destroy(inventory);
}

static int open_own(struct subject *subject, const struct config *config) {
	unsigned width = 1920, height = 1080;
	struct reason reason;
	if (config->pattern_size)
		config_parse_size(config->pattern_size, &width, &height);
	find_card(subject, config);
	subject->own = true;
	int error = own_frames_open(width, height, &subject->source, &reason);
	if (!error)
		error = bench_create(subject->source, &subject->bench, &reason);
	if (error) {
		subject->reason = reason;
		close_subject(subject);
	}
	return error;
}

static int open_subject(struct subject *subject, const struct config *config) {
	if (config->source == SOURCE_PATTERN) {
		reason_set(&subject->reason, 0, "--source=pattern asks for it");
		return open_own(subject, config);
	}
	int error = open_screen(subject, config);
	/* If the user named a card or an output, nothing else takes its place. */
	bool insists = config->source == SOURCE_KMS || (error == -ENODEV && (config->card || config->output));
	return error && !insists ? open_own(subject, config) : error;
}

static void describe(const struct subject *subject, char *text, size_t size) {
	const struct bench *bench = subject->bench;
	struct pixel_format_text format;
	if (subject->own)
		snprintf(text, size, "%s; the screen is not read: %s", subject->source->output,
			subject->reason.text);
	else if (bench->fourcc)
		snprintf(text, size, "%s as it is being scanned out, %ux%u %s%s", subject->source->output,
			bench->width, bench->height, pixel_format_describe(bench->fourcc, &format),
			subject->others);
	else
		snprintf(text, size, "%s, %ux%u, black: nothing is being drawn%s", subject->source->output,
			bench->width, bench->height, subject->others);
}

/* --- as JSON --- */

static json_t *build_column(const struct bench_column *column) {
	const struct converter *converter = column->converter;
	json_t *json = json_pack("{s:s, s:b, s:o}", "path", column->name, "software", column->software,
		"reason", printable_string(column->missing.text));
	if (converter && column->import != CONVERTER_IMPORT_NONE) {
		json_object_set_new(json, "renderer", printable_string(converter->renderer));
		json_object_set_new(json, "detail", printable_string(converter->detail));
		json_object_set_new(json, "import", json_string(converter_import_name(column->import)));
	}
	return json;
}

static json_t *build_times(const struct durations *durations) {
	return json_pack("{s:f, s:f}", "p50", durations_percentile(durations, 50), "p95",
		durations_percentile(durations, 95));
}

static const char *const kind_keys[] = {
	[BENCH_NOTHING] = "nothing",
	[BENCH_TENTH] = "tenth",
	[BENCH_ALL] = "everything",
	[BENCH_NEW_BUFFER] = "new-buffer",
};

static json_t *build_series(
	const struct bench_column *column, const struct bench_series *series, int pace, int kind) {
	static const char *const paces[] = {[BENCH_BACK_TO_BACK] = "back-to-back", [BENCH_60HZ] = "60hz"};
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o}", "path", column->name, "pace",
		paces[pace], "changed", kind_keys[kind], "frames", (json_int_t)series->frames,
		"tiles_changed", (json_int_t)series->tiles_changed, "bytes_read_back",
		(json_int_t)series->bytes_read_back, "ms", build_times(&series->wall), "cpu_ms",
		build_times(&series->cpu));
}

static json_t *build_results(const struct bench *bench) {
	json_t *results = json_array();
	for (int pace = 0; pace < BENCH_PACES; pace++) {
		for (int kind = 0; kind < BENCH_KINDS; kind++) {
			for (int i = 0; i < bench->column_count; i++) {
				const struct bench_column *column = &bench->columns[i];
				const struct bench_series *series = &column->series[pace][kind];
				if (series->frames)
					json_array_append_new(
						results, build_series(column, series, pace, kind));
			}
		}
	}
	return results;
}

json_t *benchmark_build(const struct bench *bench, bool own, const char *note) {
	json_t *columns = json_array();
	for (int i = 0; i < bench->column_count; i++)
		json_array_append_new(columns, build_column(&bench->columns[i]));
	return json_pack("{s:s, s:s, s:o, s:i, s:i, s:i, s:b, s:[s, s], s:{s:o, s:o}, s:o, s:o}", "version",
		ZEROVNC_VERSION, "frames", own ? "own" : "scanout", "note", printable_string(note), "width",
		(int)bench->width, "height", (int)bench->height, "tiles", (int)bench->tiles, "interrupted",
		bench->interrupted, "forced", kind_keys[BENCH_TENTH], kind_keys[BENCH_ALL], "acquire_ms",
		"back-to-back", build_times(&bench->acquire[BENCH_BACK_TO_BACK]), "60hz",
		build_times(&bench->acquire[BENCH_60HZ]), "paths", columns, "results", build_results(bench));
}

/* --- the command --- */

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
	(void)number;
	stopped = 1;
}

/* Without SA_RESTART, so that a signal also ends a sleep. */
static void watch_signals(void) {
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal}, before;
	for (int i = 0; i < 3; i++) {
		if (sigaction(numbers[i], &action, &before) == 0 && before.sa_handler == SIG_IGN)
			sigaction(numbers[i], &before, NULL); /* nohup ignores this signal: leave it so */
	}
}

static void show_progress(void *context, unsigned done, unsigned total) {
	(void)context;
	fprintf(stderr, "\rmeasuring: %u of %u ", done + 1, total);
}

/* The names of drivers and outputs come from outside: make each line printable. */
static void print_lines(char *text) {
	char line[1024];
	for (char *at = text, *end; *at; at = end + 1) {
		end = strchr(at, '\n');
		*end = '\0';
		printable(line, sizeof line, at);
		puts(line);
	}
}

static void print(const struct subject *subject, const char *note) {
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return;
	fprintf(stream, "frames: %s\n", note);
	bench_print(subject->bench, stream);
	fclose(stream);
	if (text)
		print_lines(text);
	free(text);
}

static int measure(struct subject *subject, const struct config *config) {
	char note[512];
	bool watched = isatty(STDERR_FILENO);
	struct bench_options options = {
		.seconds = config->seconds, .stop = &stopped, .progress = watched ? show_progress : NULL};
	bench_add_paths(subject->bench, (enum path_kind)config->path, subject->card_node, subject->own,
		&path_default_makers);
	bool measured = bench_run(subject->bench, &options);
	if (watched)
		fputs("\r\033[K", stderr);
	describe(subject, note, sizeof note);
	if (config->json) {
		json_t *json = benchmark_build(subject->bench, subject->own, note);
		printable_dump(json, stdout);
		json_decref(json);
	} else {
		print(subject, note);
	}
	return measured ? 0 : 1;
}

int benchmark_run(const struct config *config) {
	struct subject subject = {.source = NULL};
	watch_signals();
	if (open_subject(&subject, config) != 0) {
		log_error("%s", subject.reason.text);
		return 1;
	}
	int status = measure(&subject, config);
	close_subject(&subject);
	return status;
}
