/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/bench_outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/clock.h"
#include "encode/durations.h"
#include "encode/picture.h"
#include "tests/encode/random.h"
#include "tests/test.h"

enum { OUTPUTS = 2, CONTENTS = 2, WARM_UP_NS = 200000000, TURNS = 5, IDLE_HZ = 5, PLAYING_HZ = 60 };

struct output {
	struct converter *converter;
	struct rect place;
	uint32_t *pixels[CONTENTS]; /* of which every one differs */
	struct frame frames[CONTENTS];
	unsigned lent[CONTENTS];
	int shown; /* which contents */
};

/* Outputs, and the picture that they fill. */
struct desk {
	const struct bench_outputs_path *path;
	int count;
	struct output outputs[OUTPUTS];
	uint32_t width, height;
	struct picture_store *store;
	struct damage damage, part;
	bool begun;     /* something was published */
	uint8_t *plain; /* the same picture, for the plainest program */
};

/* --- what is shown --- */

static void make_contents(struct desk *desk, struct output *output, int content) {
	uint32_t width = output->place.width, height = output->place.height;
	size_t count = (size_t)width * height, size = (count * 4 + 4095) / 4096 * 4096;
	struct random random = {.state = 3};
	uint32_t *pixels = aligned_alloc(4096, size);
	CHECK(pixels);
	for (size_t i = 0; i < count; i++)
		pixels[i] = ((uint32_t)random_next(&random) ^ (content ? 0x555555 : 0)) & 0xffffff;
	output->pixels[content] = pixels;
	frame_set_memory(&output->frames[content], width, height, pixels, width * 4, (uint64_t)(1 + content));
	if (desk->path->lend)
		output->lent[content] = desk->path->lend(output->converter, width, height, pixels);
}

static void desk_open(struct desk *desk, const struct bench_outputs_path *path, int count, uint32_t width,
	uint32_t height) {
	*desk = (struct desk){
		.path = path, .count = count, .width = width * (unsigned)count, .height = height};
	desk->store = picture_store_create();
	damage_init(&desk->damage);
	damage_init(&desk->part);
	CHECK(desk->store && !damage_resize(&desk->damage, desk->width, height) &&
		!damage_resize(&desk->part, desk->width, height));
	desk->plain = aligned_alloc(64, (size_t)desk->width * 4 * height);
	CHECK(desk->plain);
	for (int i = 0; i < count; i++) {
		struct output *output = &desk->outputs[i];
		output->place = (struct rect){(int32_t)(width * (unsigned)i), 0, width, height};
		output->converter = path->create(path->data);
		for (int content = 0; content < CONTENTS; content++)
			make_contents(desk, output, content);
	}
}

static void desk_close(struct desk *desk) {
	for (int i = 0; i < desk->count; i++) {
		struct output *output = &desk->outputs[i];
		for (int content = 0; content < CONTENTS; content++) {
			if (desk->path->take_back)
				desk->path->take_back(output->converter, output->lent[content]);
			frame_finish(&output->frames[content]);
			free(output->pixels[content]);
		}
		converter_destroy(output->converter);
	}
	damage_finish(&desk->damage);
	damage_finish(&desk->part);
	picture_store_destroy(desk->store);
	free(desk->plain);
}

/* --- one beat --- */

/* Which outputs are looked at, and which of those show something else than before. By bits. */
struct beat {
	unsigned looked, playing;
};

static struct conversion conversion_of(
	struct desk *desk, struct picture *picture, const struct output *output) {
	return (struct conversion){
		.frame = &output->frames[output->shown],
		.picture = picture,
		.x = (uint32_t)output->place.x,
		.y = (uint32_t)output->place.y,
		.fresh = !desk->begun,
		.damage = &desk->part,
	};
}

static void look(struct desk *desk, struct picture *picture, struct output *output) {
	struct converter_result result;
	struct reason reason;
	struct conversion conversion = conversion_of(desk, picture, output);
	conversion.result = &result;
	conversion.reason = &reason;
	damage_clear(&desk->part);
	picture_store_prepare(desk->store, &output->place);
	int error = desk->path->convert(output->converter, output->lent[output->shown], &conversion);
	CHECK_SAY(!error, "%s", reason.text);
	damage_merge(&desk->damage, &desk->part);
}

/* If several outputs are looked at, devices work on all of them at the same time. */
static void begin_all(struct desk *desk, struct picture *picture, struct beat beat) {
	unsigned all = (1u << desk->count) - 1;
	if (!desk->path->begin || !(beat.looked & all & ((beat.looked & all) - 1)))
		return;
	for (int i = 0; i < desk->count; i++) {
		const struct output *output = &desk->outputs[i];
		const struct conversion conversion = conversion_of(desk, picture, output);
		if (beat.looked >> i & 1)
			desk->path->begin(output->converter, output->lent[output->shown], &conversion);
	}
}

/* As the server does it. Returns how long it took. */
static uint64_t run_beat(struct desk *desk, struct beat beat) {
	uint64_t start = clock_now_ns();
	struct picture *picture = picture_store_begin(desk->store, desk->width, desk->height);
	CHECK(picture);
	damage_clear(&desk->damage);
	for (int i = 0; i < desk->count; i++)
		desk->outputs[i].shown ^= (int)(beat.playing >> i & 1);
	begin_all(desk, picture, beat);
	for (int i = 0; i < desk->count; i++) {
		if (beat.looked >> i & 1)
			look(desk, picture, &desk->outputs[i]);
	}
	if (damage_is_empty(&desk->damage))
		picture_store_cancel(desk->store, NULL);
	else
		picture_store_publish(desk->store, &desk->damage);
	desk->begun = true;
	return clock_now_ns() - start;
}

static void check_picture(const struct desk *desk) {
	const struct picture *picture = picture_store_acquire(desk->store);
	for (int i = 0; i < desk->count; i++) {
		const struct output *output = &desk->outputs[i];
		const struct rect *place = &output->place;
		for (uint32_t y = 0; y < place->height; y++)
			CHECK(!memcmp(picture->pixels + (size_t)y * picture->stride + (size_t)place->x * 4,
				output->pixels[output->shown] + (size_t)y * place->width,
				(size_t)place->width * 4));
	}
	picture_store_release(desk->store, picture);
}

/* --- the plainest program: memcmp() of what is still, memcpy() of what plays, row by row --- */

static void plain_look(const struct desk *desk, const struct output *output, bool plays) {
	size_t size = (size_t)output->place.width * 4, stride = (size_t)desk->width * 4;
	const uint8_t *from = (const uint8_t *)output->pixels[output->shown];
	uint8_t *to = desk->plain + (size_t)output->place.x * 4;
	for (uint32_t y = 0; y < output->place.height; y++, from += size, to += stride) {
		if (plays)
			memcpy(to, from, size);
		else
			CHECK(memcmp(to, from, size) == 0);
	}
}

static uint64_t run_plain(struct desk *desk, struct beat beat) {
	uint64_t start = clock_now_ns();
	for (int i = 0; i < desk->count; i++)
		desk->outputs[i].shown ^= (int)(beat.playing >> i & 1);
	for (int i = 0; i < desk->count; i++)
		if (beat.looked >> i & 1)
			plain_look(desk, &desk->outputs[i], beat.playing >> i & 1);
	return clock_now_ns() - start;
}

/* --- measurements --- */

enum measurement {
	ALONE_STILL,
	ALONE_PLAYING,
	SUM_STILL,
	PAIR_STILL,
	PAIR_ONE,
	PAIR_BOTH_LOOKED,
	PLAIN_ALONE_PLAYING,
	PLAIN_SUM_STILL,
	PLAIN_PAIR_STILL,
	PLAIN_PAIR_ONE,
	MEASUREMENTS
};

typedef uint64_t beat_function(struct desk *desk, struct beat beat);

/* `desk`: one output, one as large as two, or two of them. */
static const struct {
	beat_function *run;
	int desk;
	struct beat beat;
} measurements[MEASUREMENTS] = {
	[ALONE_STILL] = {run_beat, 0, {1, 0}},
	[ALONE_PLAYING] = {run_beat, 0, {1, 1}},
	[SUM_STILL] = {run_beat, 1, {1, 0}},
	[PAIR_STILL] = {run_beat, 2, {3, 0}},
	[PAIR_ONE] = {run_beat, 2, {1, 1}},
	[PAIR_BOTH_LOOKED] = {run_beat, 2, {3, 1}},
	[PLAIN_ALONE_PLAYING] = {run_plain, 0, {1, 1}},
	[PLAIN_SUM_STILL] = {run_plain, 1, {1, 0}},
	[PLAIN_PAIR_STILL] = {run_plain, 2, {3, 0}},
	[PLAIN_PAIR_ONE] = {run_plain, 2, {1, 1}},
};

static bool is_plain(enum measurement which) {
	return measurements[which].run == run_plain;
}

static void measure(struct desk *desks, enum measurement which, int rounds, struct durations *times) {
	struct desk *desk = &desks[measurements[which].desk];
	beat_function *run = measurements[which].run;
	for (int i = 0; is_plain(which) && i < desk->count; i++)
		plain_look(desk, &desk->outputs[i], true);
	for (uint64_t begin = clock_now_ns(); clock_now_ns() - begin < WARM_UP_NS;)
		run(desk, measurements[which].beat);
	for (int i = 0; i < rounds; i++)
		durations_add(times, run(desk, measurements[which].beat));
	if (is_plain(which))
		run_beat(desk, (struct beat){3, 0}); /* the picture follows again */
	check_picture(desk);
}

static void print_plain(const double *ms) {
	printf("  memcmp, both still  %7.3f ms: %.2f x one of twice the width (%.3f)\n", ms[PLAIN_PAIR_STILL],
		ms[PLAIN_PAIR_STILL] / ms[PLAIN_SUM_STILL], ms[PLAIN_SUM_STILL]);
	printf("  memcpy, one plays   %7.3f ms: %.2f x that one alone (%.3f)\n", ms[PLAIN_PAIR_ONE],
		ms[PLAIN_PAIR_ONE] / ms[PLAIN_ALONE_PLAYING], ms[PLAIN_ALONE_PLAYING]);
}

static void print(const struct durations *times, uint32_t width, uint32_t height, bool memory) {
	double ms[MEASUREMENTS];
	for (int i = 0; i < MEASUREMENTS; i++)
		ms[i] = durations_percentile(&times[i], 50);
	/* Of a second in which one plays and the other is looked at as rarely as the pacer lets it. */
	double idle = ms[PAIR_STILL] / OUTPUTS * IDLE_HZ / PLAYING_HZ;
	printf("two outputs of %ux%u\n", width, height);
	printf("  both still          %7.3f ms: %.2f x one of twice the width (%.3f), %.2f x one alone (%.3f)\n",
		ms[PAIR_STILL], ms[PAIR_STILL] / ms[SUM_STILL], ms[SUM_STILL],
		ms[PAIR_STILL] / ms[ALONE_STILL], ms[ALONE_STILL]);
	printf("  one plays           %7.3f ms: %.2f x that one alone (%.3f), %.2f x with %d looks a second at the other\n",
		ms[PAIR_ONE], ms[PAIR_ONE] / ms[ALONE_PLAYING], ms[ALONE_PLAYING],
		(ms[PAIR_ONE] + idle) / ms[ALONE_PLAYING], IDLE_HZ);
	printf("  both are looked at  %7.3f ms: %.2f x the playing one alone\n", ms[PAIR_BOTH_LOOKED],
		ms[PAIR_BOTH_LOOKED] / ms[ALONE_PLAYING]);
	if (memory)
		print_plain(ms);
}

void bench_outputs(const struct bench_outputs_path *path, uint32_t width, uint32_t height, int rounds) {
	static struct durations times[MEASUREMENTS];
	struct desk desks[3];
	bool memory = !path->lend; /* of the processor's */
	memset(times, 0, sizeof times);
	desk_open(&desks[0], path, 1, width, height);
	desk_open(&desks[1], path, 1, width * OUTPUTS, height);
	desk_open(&desks[2], path, OUTPUTS, width, height);
	for (int i = 0; i < 3; i++)
		run_beat(&desks[i], (struct beat){3, 0});
	/* In turns, so that what else the machine does meets all of them. */
	for (int turn = 0; turn < TURNS; turn++)
		for (int i = 0; i < MEASUREMENTS && (memory || !is_plain(i)); i++)
			measure(desks, (enum measurement)i, rounds / TURNS + 1, &times[i]);
	print(times, width, height, memory);
	for (int i = 0; i < 3; i++)
		desk_close(&desks[i]);
}
