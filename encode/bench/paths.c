/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/bench/paths.h"

#include <errno.h>

#include "capture/base/clock.h"
#include "encode/bench/own_frames.h"
#ifdef ZEROVNC_GL
#include "encode/gl/own_buffer.h"
#include "encode/gl/stand_in.h"
#endif

struct gpu {
	struct converter *converter; /* NULL if there is none */
	bool software;
	struct reason missing; /* why there is none */
};

static bool refuse_software(struct gpu *gpu, const char *renderer) {
	reason_set(&gpu->missing, 0,
		"the GL renderer is software (%.100s), which the server never chooses by itself; --path=gpu measures it",
		renderer);
	return false;
}

/* Whether it is worth making one. This is found out without loading the libraries in this process. */
static bool is_wanted(
	struct gpu *gpu, enum path_kind kind, const char *card_node, const struct path_makers *makers) {
	char renderer[128] = "";
	if (kind == PATH_CPU)
		reason_set(&gpu->missing, 0, "--path=cpu asks for the CPU alone");
	if (kind != PATH_AUTO || !makers->probe)
		return kind != PATH_CPU;
	int error = makers->probe(card_node, &gpu->software, renderer, &gpu->missing);
	if (error)
		return error == -ENOSYS; /* then the probe cannot be asked */
	return !gpu->software || refuse_software(gpu, renderer);
}

static void make(
	struct gpu *gpu, enum path_kind kind, const char *card_node, const struct path_makers *makers) {
	if (!is_wanted(gpu, kind, card_node, makers) ||
		makers->gpu(card_node, &gpu->converter, &gpu->software, &gpu->missing) != 0) {
		gpu->converter = NULL;
		return;
	}
	if (kind != PATH_AUTO || !gpu->software)
		return;
	refuse_software(gpu, gpu->converter->renderer);
	converter_destroy(gpu->converter);
	gpu->converter = NULL;
}

/* Moves our own frames to where the GPU can import them, or uses a texture in place of the import. */
static void share(struct bench *bench, struct gpu *gpu) {
#ifdef ZEROVNC_GL
	struct frame buffer;
	frame_init(&buffer);
	if (!gpu->converter)
		return;
	if (own_buffer_create(gpu->converter, own_frames_canvas(bench->source), &buffer, &gpu->missing) == 0)
		own_frames_set_buffer(bench->source, &buffer);
	else if (!(gpu->converter = stand_in_create(gpu->converter)))
		reason_set(&gpu->missing, 0, "out of memory");
#else
	(void)bench;
	(void)gpu;
#endif
}

void bench_add_paths(struct bench *bench, enum path_kind kind, const char *card_node, bool own,
	const struct path_makers *makers) {
	struct gpu gpu = {.missing = {"out of memory"}};
	make(&gpu, kind, card_node, makers);
	if (own)
		share(bench, &gpu);
	struct converter *cpu = makers->cpu();
	if (cpu)
		bench_add(bench, "cpu", cpu, false);
	else
		bench_add_missing(bench, "cpu", "out of memory");
	if (gpu.converter)
		bench_add(bench, "gpu", gpu.converter, gpu.software);
	else
		bench_add_missing(bench, "gpu", gpu.missing.text);
}

/* --- a few frames, by a path --- */

/* What bench_path() converts into. */
struct target {
	struct picture_store *store;
	struct picture *picture;
	struct damage damage;
};

static int convert_one(struct path *path, struct source *source, struct target *target, bool fresh,
	struct durations *durations, struct reason *reason) {
	struct converter_result result;
	struct frame frame;
	frame_init(&frame);
	int error = source_acquire(source, path_source_flags(path), &frame, reason);
	if (!error && !target->picture)
		target->picture = picture_store_begin(target->store, frame.width, frame.height);
	if (!error && (!target->picture || damage_resize(&target->damage, frame.width, frame.height) != 0))
		error = reason_set(reason, -ENOMEM, "out of memory");
	const struct conversion conversion = {
		.frame = &frame,
		.picture = target->picture,
		.fresh = fresh,
		.damage = &target->damage,
		.result = &result,
		.reason = reason,
	};
	uint64_t begin = clock_now_ns();
	if (!error)
		error = path_convert(path, source->card_node, &conversion);
	if (!error && durations)
		durations_add(durations, clock_now_ns() - begin);
	frame_finish(&frame);
	return error;
}

int bench_path(struct path *path, struct source *source, bool everything, struct durations *durations,
	struct reason *reason) {
	enum { FEW = 9, ENOUGH_NS = 500000000 };
	struct target target = {.store = picture_store_create()};
	if (!target.store)
		return reason_set(reason, -ENOMEM, "out of memory");
	int error = convert_one(path, source, &target, true, NULL, reason);
	uint64_t begin = clock_now_ns();
	for (int i = 0; i < FEW && !error && (i == 0 || clock_now_ns() - begin < ENOUGH_NS); i++)
		error = convert_one(path, source, &target, everything, durations, reason);
	if (target.picture)
		picture_store_cancel(target.store, NULL);
	picture_store_destroy(target.store);
	damage_finish(&target.damage);
	return error;
}
