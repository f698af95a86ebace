/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/bench/bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/base/clock.h"

static const uint64_t interval_ns = 16666667;

const char *const bench_pace_names[BENCH_PACES] = {
	[BENCH_BACK_TO_BACK] = "back to back",
	[BENCH_60HZ] = "at 60 Hz",
};

const char *const bench_kind_names[BENCH_KINDS] = {
	[BENCH_NOTHING] = "nothing changed",
	[BENCH_TENTH] = "a tenth changed",
	[BENCH_ALL] = "everything changed",
	[BENCH_NEW_BUFFER] = "nothing, new buffer",
};

/* Shares of the available time. There are fewer frames in a share with sleeps. */
static const unsigned weights[BENCH_PACES] = {[BENCH_BACK_TO_BACK] = 1, [BENCH_60HZ] = 2};

/* --- frames --- */

static int acquire(struct bench *bench, unsigned flags, struct frame *frame, struct reason *reason) {
	frame_init(frame);
	int error = source_acquire(bench->source, flags, frame, reason);
	if (error || (frame->width == bench->width && frame->height == bench->height))
		return error;
	frame_finish(frame);
	return reason_set(reason, -EAGAIN, "the mode changed in the meantime");
}

int bench_create(struct source *source, struct bench **bench, struct reason *reason) {
	struct frame frame;
	frame_init(&frame);
	int error = source_acquire(source, 0, &frame, reason);
	if (error)
		return error;
	struct bench *new = calloc(1, sizeof *new);
	if (!new || damage_resize(&new->forgotten, frame.width, frame.height) != 0) {
		frame_finish(&frame);
		free(new);
		return reason_set(reason, -ENOMEM, "out of memory");
	}
	new->source = source;
	new->width = frame.width;
	new->height = frame.height;
	new->fourcc = frame.layer_count ? frame.layers[0].fourcc : 0;
	new->tiles = new->forgotten.columns *new->forgotten.rows;
	frame_finish(&frame);
	*bench = new;
	return 0;
}

void bench_destroy(struct bench *bench) {
	if (!bench)
		return;
	for (int i = 0; i < bench->column_count; i++) {
		converter_destroy(bench->columns[i].converter);
		damage_finish(&bench->columns[i].damage);
		free(bench->columns[i].picture.pixels);
	}
	damage_finish(&bench->forgotten);
	free(bench);
}

/* --- columns --- */

/* What one conversion took. */
struct sample {
	uint64_t acquire_ns, wall_ns, cpu_ns;
	struct converter_result result;
};

static int convert(struct bench *bench, struct bench_column *column, struct sample *sample) {
	struct frame frame;
	struct reason reason = {""};
	uint64_t begin = clock_now_ns();
	int error = acquire(bench, column->source_flags, &frame, &reason);
	sample->acquire_ns = clock_now_ns() - begin;
	if (!error) {
		damage_clear(&column->damage);
		uint64_t cpu = clock_process_cpu_ns();
		begin = clock_now_ns();
		const struct conversion conversion = {
			.frame = &frame,
			.picture = &column->picture,
			.fresh = column->fresh,
			.damage = &column->damage,
			.result = &sample->result,
			.reason = &reason,
		};
		error = column->converter->impl->convert(column->converter, &conversion);
		sample->wall_ns = clock_now_ns() - begin;
		sample->cpu_ns = clock_process_cpu_ns() - cpu;
		column->fresh = error != 0;
	}
	frame_finish(&frame);
	if (error)
		column->missing = reason;
	return error;
}

static int make_picture(struct bench *bench, struct bench_column *column) {
	struct picture *picture = &column->picture;
	*picture = (struct picture){
		.width = bench->width, .height = bench->height, .stride = (bench->width * 4 + 63) / 64 * 64};
	picture->pixels = aligned_alloc(64, (size_t)picture->stride * picture->height);
	if (!picture->pixels || damage_resize(&column->damage, bench->width, bench->height) != 0)
		return reason_set(&column->missing, -ENOMEM, "out of memory");
	memset(picture->pixels, 0, (size_t)picture->stride * picture->height);
	return 0;
}

int bench_add(struct bench *bench, const char *name, struct converter *converter, bool software) {
	struct bench_column *column = &bench->columns[bench->column_count++];
	struct sample sample;
	*column = (struct bench_column){
		.name = name, .converter = converter, .software = software, .fresh = true};
	int error = make_picture(bench, column);
	if (!error)
		error = convert(bench, column, &sample);
	if (error == -ENODATA) {
		column->source_flags = SOURCE_MAP_MEMORY;
		error = convert(bench, column, &sample);
	}
	if (error)
		return error;
	column->missing.text[0] = '\0';
	column->import = sample.result.import;
	return 0;
}

void bench_add_missing(struct bench *bench, const char *name, const char *why) {
	struct bench_column *column = &bench->columns[bench->column_count++];
	*column = (struct bench_column){.name = name};
	reason_set(&column->missing, 0, "%s", why);
}

bool bench_has(const struct bench_column *column, enum bench_kind kind) {
	return kind != BENCH_NEW_BUFFER || column->import == CONVERTER_IMPORT_DMABUF_EGL ||
	       column->import == CONVERTER_IMPORT_DMABUF_MMAP;
}

/* --- measuring --- */

static bool is_stopped(const struct bench_options *options) {
	return options->stop && *options->stop;
}

/* Makes the next frame one of this kind. */
static void prepare(struct bench *bench, struct bench_column *column, enum bench_kind kind) {
	struct damage *forgotten = &bench->forgotten;
	uint32_t count = kind == BENCH_ALL ? bench->tiles : kind == BENCH_TENTH ? (bench->tiles + 9) / 10 : 0;
	uint32_t first = (bench->tiles - count) / 2;
	damage_clear(forgotten);
	for (uint32_t tile = first; tile < first + count; tile++)
		damage_add(forgotten, tile % forgotten->columns, tile / forgotten->columns);
	if (count)
		column->converter->impl->forget(column->converter, &column->picture, forgotten);
	if (kind == BENCH_NEW_BUFFER)
		column->converter->impl->release(column->converter);
}

/* Sleeps until the next beat, or until a signal comes. */
static void sleep_until(uint64_t ns) {
	struct timespec until = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void add(
	struct bench *bench, struct bench_series *series, enum bench_pace pace, const struct sample *sample) {
	durations_add(&bench->acquire[pace], sample->acquire_ns);
	durations_add(&series->wall, sample->wall_ns);
	durations_add(&series->cpu, sample->cpu_ns);
	series->frames++;
	series->tiles_changed = sample->result.tiles_changed;
	series->bytes_read_back = sample->result.bytes_read_back;
}

/* Measures one series, for `lasts_ns`. A quarter of that, but at least one frame, is to warm up the converter
 * and the machine, and is not counted. Then at least one frame is counted. */
static void measure(struct bench *bench, struct bench_column *column, enum bench_pace pace,
	enum bench_kind kind, uint64_t lasts_ns, const struct bench_options *options) {
	struct bench_series *series = &column->series[pace][kind];
	uint64_t begin = clock_now_ns(), due = begin, now = begin;
	for (bool first = true; now < begin + lasts_ns || !series->frames; first = false) {
		struct sample sample;
		bool counts = !first && now >= begin + lasts_ns / 4;
		prepare(bench, column, kind);
		if (pace == BENCH_60HZ) {
			now = clock_now_ns();
			due = due + interval_ns > now ? due + interval_ns : now;
			sleep_until(due);
		}
		if (is_stopped(options) || convert(bench, column, &sample) != 0)
			return;
		if (counts)
			add(bench, series, pace, &sample);
		now = clock_now_ns();
	}
}

static bool is_due(const struct bench_column *column, enum bench_kind kind) {
	return column->converter && !column->missing.text[0] && bench_has(column, kind);
}

/* The shares of all series that are due. */
static unsigned total_weight(const struct bench *bench) {
	unsigned weight = 0;
	for (int i = 0; i < bench->column_count; i++) {
		for (int kind = 0; kind < BENCH_KINDS; kind++) {
			if (is_due(&bench->columns[i], (enum bench_kind)kind))
				weight += weights[BENCH_BACK_TO_BACK] + weights[BENCH_60HZ];
		}
	}
	return weight;
}

/* Measures the converters one after the other on the same kind of frame, so that whatever else the machine
 * does affects them all. */
static void run_kind(struct bench *bench, enum bench_pace pace, enum bench_kind kind, uint64_t lasts_ns,
	const struct bench_options *options) {
	for (int i = 0; i < bench->column_count && !is_stopped(options); i++) {
		if (is_due(&bench->columns[i], kind))
			measure(bench, &bench->columns[i], pace, kind, lasts_ns, options);
	}
}

bool bench_run(struct bench *bench, const struct bench_options *options) {
	unsigned weight = total_weight(bench), done = 0;
	uint64_t all_ns = (uint64_t)options->seconds * 1000000000u;
	for (int pace = 0; pace < BENCH_PACES; pace++) {
		for (int kind = 0; kind < BENCH_KINDS && !is_stopped(options); kind++) {
			if (options->progress)
				options->progress(options->context, done++, BENCH_PACES * BENCH_KINDS);
			run_kind(bench, (enum bench_pace)pace, (enum bench_kind)kind,
				weight ? all_ns * weights[pace] / weight : 0, options);
		}
	}
	bench->interrupted = is_stopped(options);
	return bench->acquire[BENCH_BACK_TO_BACK].count > 0;
}
