/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a benchmark measures, and what it says if something cannot be measured. Nothing is timed: a run of no
 * seconds measures one frame of each kind. */
#include "capture/base/array.h"
#include "encode/bench/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encode/bench/own_frames.h"
#include "encode/bench/table.h"
#include "encode/cpu/cpu.h"
#include "tests/test.h"

enum { WIDTH = 640, HEIGHT = 400, TILES = 10 * 7 };

/* --- a screen, and a gpu that is the cpu --- */

static struct screen {
	struct source base;
	struct source *picture;
	int left; /* frames until `error`; -1: for ever */
	int error;
	bool needs_map, was_mapped;
} screen;

static int screen_acquire(struct source *source, unsigned flags, struct frame *frame, struct reason *reason) {
	(void)source;
	if (screen.left == 0)
		return reason_set(reason, screen.error, "the screen went dark");
	screen.left -= screen.left > 0;
	screen.was_mapped |= flags & SOURCE_MAP_MEMORY;
	int error = screen.picture->impl->acquire(screen.picture, flags, frame, reason);
	if (!error && screen.needs_map && !(flags & SOURCE_MAP_MEMORY)) {
		frame->layers[0].memory = NULL;
		frame->layers[0].planes[0].fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	}
	return error;
}

static const struct source_impl screen_impl = {.name = "screen", .acquire = screen_acquire};

static void open_screen(void) {
	struct reason reason;
	screen = (struct screen){.left = -1, .error = -EAGAIN, .base.impl = &screen_impl};
	CHECK(own_frames_open(WIDTH, HEIGHT, &screen.picture, &reason) == 0);
}

static struct gpu {
	int make_error, probe_error;
	bool software;
	int made, probed, destroyed;
} gpu;

static int gpu_make(
	const char *card_node, struct converter **converter, bool *software, struct reason *reason) {
	gpu.made++;
	CHECK(!strcmp(card_node, "/dev/dri/card7"));
	if (gpu.make_error)
		return reason_set(reason, gpu.make_error, "libEGL is missing");
	*converter = cpu_converter_create();
	*software = gpu.software;
	return 0;
}

static int gpu_probe(const char *card_node, bool *software, char renderer[128], struct reason *reason) {
	(void)card_node;
	gpu.probed++;
	*software = gpu.software;
	snprintf(renderer, 128, "fakepipe");
	return gpu.probe_error ? reason_set(reason, gpu.probe_error, "the GL driver crashed") : 0;
}

static const struct path_makers makers = {gpu_make, cpu_converter_create, gpu_probe};

static struct bench *start(enum path_kind kind) {
	struct bench *bench;
	struct reason reason = {""};
	CHECK_SAY(bench_create(&screen.base, &bench, &reason) == 0, "%s", reason.text);
	bench_add_paths(bench, kind, "/dev/dri/card7", false, &makers);
	CHECK(bench->column_count == 2 && !strcmp(bench->columns[0].name, "cpu") &&
		!strcmp(bench->columns[1].name, "gpu"));
	return bench;
}

static void finish(struct bench *bench) {
	bench_destroy(bench);
	source_destroy(screen.picture);
	gpu = (struct gpu){0};
}

static char *table_of(const struct bench *bench) {
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	CHECK(stream);
	bench_print(bench, stream);
	fclose(stream);
	return text;
}

/* --- the cases --- */

static void progress(void *context, unsigned done, unsigned total) {
	unsigned *calls = context;
	CHECK(done == (*calls)++ && total == BENCH_PACES * BENCH_KINDS);
}

static void both_are_measured(void) {
	static const uint32_t tiles[BENCH_KINDS] = {0, TILES / 10, TILES, 0};
	unsigned calls = 0;
	open_screen();
	struct bench *bench = start(PATH_AUTO);
	CHECK(bench->width == WIDTH && bench->height == HEIGHT && bench->tiles == TILES && gpu.probed == 1);
	CHECK(bench_run(bench, &(struct bench_options){.progress = progress, .context = &calls}));
	CHECK(!bench->interrupted && calls == BENCH_PACES * BENCH_KINDS);
	for (int i = 0; i < 2; i++) {
		const struct bench_column *column = &bench->columns[i];
		CHECK(!column->missing.text[0] && column->import == CONVERTER_IMPORT_MEMORY);
		for (int pace = 0; pace < BENCH_PACES; pace++) {
			for (int kind = 0; kind < BENCH_KINDS; kind++) {
				const struct bench_series *series = &column->series[pace][kind];
				/* Memory is not imported: there are no new buffers. */
				CHECK((series->frames > 0) == (kind != BENCH_NEW_BUFFER));
				CHECK(series->wall.count == series->frames &&
					series->cpu.count == series->frames);
				CHECK_SAY(series->tiles_changed == tiles[kind], "%s: %u tiles",
					bench_kind_names[kind], series->tiles_changed);
			}
		}
	}
	CHECK(bench->acquire[BENCH_BACK_TO_BACK].count > 0 && bench->acquire[BENCH_60HZ].count > 0);
	finish(bench);
}

/* A second run of a longer time measures more frames, and no more than it is told. */
static void frames_are_many(void) {
	open_screen();
	struct bench *bench = start(PATH_CPU);
	CHECK(bench_run(bench, &(struct bench_options){.seconds = 1}));
	CHECK(bench->columns[0].series[BENCH_BACK_TO_BACK][BENCH_NOTHING].frames > 1);
	finish(bench);
}

static void what_is_missing_says_why(void) {
	static const struct {
		struct gpu gpu;
		enum path_kind kind;
		const char *said; /* NULL: it is measured */
		int made;
	} rows[] = {
		{{.make_error = -ENOSYS}, PATH_AUTO, "libEGL is missing", 1},
		{{.probe_error = -EIO}, PATH_AUTO, "the GL driver crashed", 0},
		{{.probe_error = -ENOSYS}, PATH_AUTO, NULL, 1},
		{{.software = true}, PATH_AUTO, "software (fakepipe)", 0},
		{{.software = true, .probe_error = -ENOSYS}, PATH_AUTO, "--path=gpu measures it", 1},
		{{.software = true}, PATH_GPU, NULL, 1},
		{{0}, PATH_CPU, "--path=cpu", 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		open_screen();
		gpu = rows[i].gpu;
		struct bench *bench = start(rows[i].kind);
		CHECK(bench_run(bench, &(struct bench_options){0}));
		char *table = table_of(bench);
		bool measured = bench->columns[1].series[BENCH_60HZ][BENCH_ALL].frames > 0;
		CHECK_SAY(gpu.made == rows[i].made, "row %zu: made %d times", i, gpu.made);
		CHECK_SAY(measured == !rows[i].said, "row %zu: %s", i, table);
		CHECK_SAY(!rows[i].said || strstr(table, rows[i].said), "row %zu: %s", i, table);
		CHECK_SAY(strstr(table, "\ngpu: not measured: ") || measured, "row %zu: %s", i, table);
		CHECK((strstr(table, "(software, no GPU)") != NULL) == (measured && gpu.software));
		CHECK(bench->columns[0].series[BENCH_60HZ][BENCH_ALL].frames > 0);
		free(table);
		finish(bench);
	}
}

/* The converter asks for mapped memory; the screen goes dark in the middle. */
static void the_screen_has_its_ways(void) {
	open_screen();
	screen.needs_map = true;
	struct bench *bench = start(PATH_CPU);
	CHECK(screen.was_mapped && !bench->columns[0].missing.text[0]);
	screen.left = 5;
	CHECK(bench_run(bench, &(struct bench_options){0}));
	CHECK(bench->columns[0].series[BENCH_BACK_TO_BACK][BENCH_TENTH].frames == 1);
	CHECK(bench->columns[0].series[BENCH_BACK_TO_BACK][BENCH_ALL].frames == 0);
	char *table = table_of(bench);
	CHECK_SAY(strstr(table, "ended early: the screen went dark"), "%s", table);
	free(table);
	struct bench *none;
	struct reason reason;
	CHECK(bench_create(&screen.base, &none, &reason) == -EAGAIN && strstr(reason.text, "dark"));
	finish(bench);
}

static volatile sig_atomic_t stopped;

static void stop_at_third(void *context, unsigned done, unsigned total) {
	(void)context;
	(void)total;
	stopped = done == 2;
}

static void it_ends_when_told(void) {
	open_screen();
	struct bench *bench = start(PATH_AUTO);
	CHECK(bench_run(bench, &(struct bench_options){.stop = &stopped, .progress = stop_at_third}));
	CHECK(bench->interrupted);
	CHECK(bench->columns[1].series[BENCH_BACK_TO_BACK][BENCH_TENTH].frames > 0);
	CHECK(bench->columns[1].series[BENCH_BACK_TO_BACK][BENCH_ALL].frames == 0);
	char *table = table_of(bench);
	CHECK_SAY(strstr(table, "Interrupted"), "%s", table);
	free(table);
	finish(bench);

	open_screen();
	bench = start(PATH_AUTO);
	CHECK(stopped && !bench_run(bench, &(struct bench_options){.stop = &stopped}));
	table = table_of(bench);
	CHECK_SAY(strstr(table, "cpu: not measured: ") && !strstr(table, "milliseconds"), "%s", table);
	free(table);
	finish(bench);
}

/* Figures that are known, as they are printed. */
static void the_table_is_legible(void) {
	open_screen();
	struct bench *bench = start(PATH_GPU);
	for (int i = 0; i < 100; i++) {
		struct bench_series *cpu = &bench->columns[0].series[BENCH_60HZ][BENCH_ALL];
		struct bench_series *other = &bench->columns[1].series[BENCH_60HZ][BENCH_ALL];
		durations_add(&cpu->wall, (uint64_t)(i + 1) * 100000);
		durations_add(&cpu->cpu, 4321000);
		durations_add(&other->wall, 1000000);
		durations_add(&other->cpu, 7000);
		cpu->frames = other->frames = 100;
	}
	char *table = table_of(bench), *row = strstr(table, "  everything changed");
	double figures[7];
	CHECK_SAY(row, "%s", table);
	CHECK(strstr(table, "at 60 Hz\n") < row && strstr(row, "nothing changed") == NULL);
	CHECK_SAY(sscanf(row, " everything changed %lf %lf %lf %lf %lf %lf %lf", &figures[0], &figures[1],
			  &figures[2], &figures[3], &figures[4], &figures[5], &figures[6]) == 7,
		"%s", row);
	static const double expected[7] = {5, 9.5, 4.321, 1, 1, 0.007, 0.2};
	for (int i = 0; i < 7; i++)
		CHECK_SAY(figures[i] == expected[i], "figure %d: %g", i, figures[i]);
	CHECK(bench_ratio(&bench->columns[1].series[0][0], &bench->columns[0].series[0][0]) == 0);
	free(table);
	finish(bench);
}

static void a_path_is_timed(void) {
	struct durations still = {0}, all = {0};
	struct reason reason = {""};
	open_screen();
	struct path *path = path_create_with(PATH_CPU, &makers);
	CHECK(bench_path(path, &screen.base, false, &still, &reason) == 0 && still.count > 0);
	CHECK(bench_path(path, &screen.base, true, &all, &reason) == 0 && all.count > 0);
	screen.left = 1;
	CHECK(bench_path(path, &screen.base, true, &all, &reason) == -EAGAIN);
	path_destroy(path);
	source_destroy(screen.picture);
}

int main(void) {
	both_are_measured();
	frames_are_many();
	what_is_missing_says_why();
	the_screen_has_its_ways();
	it_ends_when_told();
	the_table_is_legible();
	a_path_is_timed();
	return 0;
}
