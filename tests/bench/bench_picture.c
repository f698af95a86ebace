/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_picture: what a frame costs while the previous picture is being read, so that it has to go into
 * another buffer. It measures from begin to publish, with the tiles that did not change copied after the
 * frame was converted. Beside that it measures copying everything that is stale beforehand, and a frame that
 * nobody reads (written in place).
 *
 * The rounds of all are interleaved, and medians are printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/clock.h"
#include "encode/cpu/cpu.h"
#include "encode/durations.h"

enum { ROUNDS = 101 };
enum way { IN_PLACE, COPY_AFTER, COPY_BEFORE, WAYS };

static const struct {
	const char *name;
	uint32_t every; /* every this many tiles changes; 0: none does */
} shares[] = {{"nothing changed", 0}, {"10 % of tiles", 10}, {"all changed", 1}};
enum { SHARES = ARRAY_LEN(shares) };

struct desk {
	uint32_t width, height;
	uint32_t *scanout;
	struct picture_store *store;
	struct converter *converter;
	struct damage damage;
};

static void change(struct desk *desk, uint32_t every, uint32_t seed) {
	for (uint32_t y = 0; every && y < desk->height; y++)
		for (uint32_t x = 0; x < desk->width; x++)
			if ((y / DAMAGE_TILE * desk->damage.columns + x / DAMAGE_TILE + seed) % every == 0)
				desk->scanout[(size_t)y * desk->width + x] ^= 0x555555;
}

static uint64_t convert(struct desk *desk, enum way way) {
	struct frame frame;
	struct converter_result result;
	struct reason reason;
	frame_set_memory(&frame, desk->width, desk->height, desk->scanout, desk->width * 4, 1);
	damage_clear(&desk->damage);
	uint64_t start = clock_now_ns();
	struct picture *picture = picture_store_begin(desk->store, desk->width, desk->height);
	bool fresh = picture_is_first(picture);
	if (way == COPY_BEFORE)
		picture_store_catch_up(desk->store, NULL);
	const struct conversion conversion = {
		.frame = &frame,
		.picture = picture,
		.fresh = fresh,
		.damage = &desk->damage,
		.result = &result,
		.reason = &reason,
	};
	if (desk->converter->impl->convert(desk->converter, &conversion) < 0)
		exit(1);
	picture_store_publish(desk->store, &desk->damage);
	uint64_t end = clock_now_ns();
	frame_finish(&frame);
	return end - start;
}

/* Each frame's picture is read while the next one is converted, as by a viewer that never rests. Only the
 * last counts are used: by then two buffers take turns. */
static uint64_t run(struct desk *desk, uint32_t every, uint32_t seed, enum way way) {
	uint64_t time = 0;
	for (uint32_t i = 0; i < 4; i++) {
		const struct picture *held = way == IN_PLACE ? NULL : picture_store_acquire(desk->store);
		change(desk, every, seed + i);
		time = convert(desk, way);
		if (held)
			picture_store_release(desk->store, held);
	}
	return time;
}

static void bench(uint32_t width, uint32_t height) {
	static struct durations lasted[SHARES][WAYS];
	memset(lasted, 0, sizeof lasted);
	struct desk desk = {width, height, calloc((size_t)width * height, 4), picture_store_create(),
		cpu_converter_create(), {0}};
	damage_init(&desk.damage);
	if (!desk.scanout || !desk.store || !desk.converter || damage_resize(&desk.damage, width, height) < 0)
		exit(1);
	convert(&desk, IN_PLACE);
	for (uint32_t round = 0; round < ROUNDS; round++)
		for (size_t share = 0; share < SHARES; share++)
			for (enum way way = 0; way < WAYS; way++)
				durations_add(
					&lasted[share][way], run(&desk, shares[share].every, round * 2, way));
	for (size_t share = 0; share < SHARES; share++) {
		printf("%4ux%-4u  %-16s", width, height, shares[share].name);
		for (enum way way = 0; way < WAYS; way++)
			printf("  %8.3f", durations_percentile(&lasted[share][way], 50));
		printf("\n");
	}
	damage_finish(&desk.damage);
	converter_destroy(desk.converter);
	picture_store_destroy(desk.store);
	free(desk.scanout);
}

int main(void) {
	printf("median ms                    in place     after    before\n");
	bench(1920, 1080);
	bench(3840, 2160);
	return 0;
}
