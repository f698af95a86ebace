/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The picture store. What each step paints is decided before any thread starts (struct script), so a reader
 * can tell from the generation alone what every pixel of a whole, unmixed picture must be.
 */
#include "encode/picture.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/encode/known_colours.h"
#include "tests/encode/random.h"
#include "tests/test.h"

enum { STEPS = 1500, COLUMNS = 5, ROWS = 3, TILES = COLUMNS * ROWS, READERS = 8 };

/* Two sizes, both of 5x3 tiles with narrow ones at the right and lower edge. */
static const uint32_t widths[2] = {4 * 64 + 9, 4 * 64 + 40}, heights[2] = {2 * 64 + 5, 2 * 64 + 30};

struct script {
	uint8_t size[STEPS + 1];
	bool paints[STEPS + 1][TILES];
	uint32_t expected[STEPS + 1][TILES]; /* colour of each tile when the step is done */
	uint64_t changed[STEPS + 1][TILES];  /* the step that painted it last */
};
static struct script script;

static void script_write(void) {
	struct random random = {42};
	for (uint32_t step = 1; step <= STEPS; step++) {
		bool other = random_below(&random, 100) == 0;
		script.size[step] = script.size[step - 1] ^ other;
		uint32_t percent = random_below(&random, 4) ? 20 : 100;
		uint32_t always = random_below(&random, TILES);
		for (uint32_t tile = 0; tile < TILES; tile++) {
			bool paints = tile == always || random_below(&random, 100) < percent;
			script.paints[step][tile] = paints;
			uint32_t before = other ? 0 : script.expected[step - 1][tile];
			script.expected[step][tile] = paints ? step * 16 + tile : before;
			script.changed[step][tile] =
				paints || other || step == 1 ? step : script.changed[step - 1][tile];
		}
	}
}

static void paint_tile(struct picture *picture, uint32_t tile, uint32_t colour) {
	uint32_t x0 = tile % COLUMNS * 64, y0 = tile / COLUMNS * 64;
	for (uint32_t y = y0; y < y0 + 64 && y < picture->height; y++) {
		uint32_t *row = (uint32_t *)(picture->pixels + (size_t)y * picture->stride);
		for (uint32_t x = x0; x < x0 + 64 && x < picture->width; x++)
			row[x] = colour;
	}
}

static bool tile_is(const struct picture *picture, uint32_t tile, uint32_t colour) {
	uint32_t x0 = tile % COLUMNS * 64, y0 = tile / COLUMNS * 64;
	for (uint32_t y = y0; y < y0 + 64 && y < picture->height; y++) {
		const uint32_t *row = (const uint32_t *)(picture->pixels + (size_t)y * picture->stride);
		for (uint32_t x = x0; x < x0 + 64 && x < picture->width; x++) {
			if (row[x] != colour)
				return false;
		}
	}
	return true;
}

static void leave_colour(struct picture *picture, uint32_t tile, uint32_t colour, struct damage *damage) {
	struct tile_colours **colours = &picture->colours[tile];
	*colours = tile_colours_renew(*colours, false);
	CHECK(*colours);
	(*colours)->count = 1;
	(*colours)->colours[0] = colour;
	damage_add_colours(damage, tile % COLUMNS, tile / COLUMNS);
}

static void step_do(struct picture_store *store, uint64_t step, struct damage *damage) {
	uint32_t width = widths[script.size[step]], height = heights[script.size[step]];
	CHECK(damage_resize(damage, width, height) == 0);
	struct picture *picture = picture_store_begin(store, width, height);
	CHECK(picture && picture->width == width && picture->height == height);
	for (uint32_t tile = 0; tile < TILES; tile++) {
		if (!script.paints[step][tile])
			continue;
		paint_tile(picture, tile, script.expected[step][tile]);
		damage_add(damage, tile % COLUMNS, tile / COLUMNS);
		if (picture->wants_colours && (step + tile) % 3)
			leave_colour(picture, tile, script.expected[step][tile], damage);
	}
	CHECK(picture_store_publish(store, damage) == step);
	struct picture_store_report report;
	picture_store_report(store, &report);
	CHECK_SAY(report.held <= PICTURE_HELD_MAX, "%u pictures are held", report.held);
	/* and the newest, the next, and two spare ones */
	CHECK_SAY(report.pictures <= PICTURE_HELD_MAX + 4, "%u pictures", report.pictures);
}

static void check_whole(const struct picture *picture) {
	uint64_t step = picture->generation;
	CHECK(step >= 1 && step <= STEPS);
	CHECK(picture->width == widths[script.size[step]] && picture->height == heights[script.size[step]]);
	CHECK(picture->stride % 64 == 0 && (uintptr_t)picture->pixels % 64 == 0);
	for (uint32_t tile = 0; tile < TILES; tile++) {
		CHECK_SAY(tile_is(picture, tile, script.expected[step][tile]), "step %u tile %u",
			(unsigned)step, tile);
		CHECK(picture->tile_generation[tile] == script.changed[step][tile]);
	}
	known_colours_check(picture);
}

static void check_damage_since(const struct picture *picture, uint64_t seen, struct damage *damage) {
	CHECK(picture_damage_since(picture, seen, damage) == 0);
	for (uint32_t tile = 0; tile < TILES; tile++)
		CHECK(damage_has(damage, tile % COLUMNS, tile / COLUMNS) ==
			(script.changed[picture->generation][tile] > seen));
}

struct reading {
	struct picture_store *store;
	uint64_t seed;
	atomic_bool *over;
};

static void *read_all_the_time(void *argument) {
	struct reading *reading = argument;
	struct random random = {reading->seed};
	struct damage damage;
	damage_init(&damage);
	uint64_t seen = 0;
	while (!atomic_load(reading->over)) {
		uint32_t width, height;
		uint64_t known = picture_store_generation(reading->store, &width, &height);
		const struct picture *picture = picture_store_acquire(reading->store);
		if (!picture)
			continue;
		CHECK(picture->generation >= seen && picture->generation >= known);
		uint64_t generation = picture->generation;
		check_damage_since(picture, seen, &damage);
		check_whole(picture);
		CHECK(picture_has_pixels(picture, &(struct rect){0, 0, picture->width, picture->height}));
		seen = generation;
		if (random_below(&random, 4) == 0) {
			uint64_t ticket = picture_store_park(reading->store, picture);
			nanosleep(&(struct timespec){.tv_nsec = 1000 * random_below(&random, 2000)}, NULL);
			picture = picture_store_unpark(reading->store, ticket);
			if (!picture)
				continue; /* others needed it more */
		} else if (random_below(&random, 4) == 0) {
			nanosleep(&(struct timespec){.tv_nsec = 1000 * random_below(&random, 500)}, NULL);
		}
		check_whole(picture);
		CHECK(picture->generation == generation);
		picture_store_release(reading->store, picture);
		if (random_below(&random, 2))
			nanosleep(&(struct timespec){.tv_nsec = 1000 * random_below(&random, 500)}, NULL);
		if (random_below(&random, 200) == 0)
			picture_store_want_moves(reading->store);
		if (random_below(&random, 50) == 0)
			picture_store_want_colours(reading->store);
		if (random_below(&random, 20) == 0)
			picture_store_spare(reading->store, &(struct rect){0, 0, 100, 100}, 1);
		if (random_below(&random, 100) == 0)
			picture_store_want_pixels(reading->store);
	}
	damage_finish(&damage);
	return NULL;
}

static void readers_never_see_two_moments(void) {
	struct picture_store *store = picture_store_create();
	CHECK(store);
	atomic_bool over = false;
	pthread_t threads[READERS];
	struct reading readings[READERS];
	for (int i = 0; i < READERS; i++) {
		readings[i] = (struct reading){store, (uint64_t)i + 1, &over};
		CHECK(pthread_create(&threads[i], NULL, read_all_the_time, &readings[i]) == 0);
	}
	struct damage damage;
	damage_init(&damage);
	for (uint64_t step = 1; step <= STEPS; step++) {
		step_do(store, step, &damage);
		if (step % 3 == 0)
			nanosleep(&(struct timespec){.tv_nsec = 300 * 1000}, NULL);
	}
	atomic_store(&over, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	const struct picture *last = picture_store_acquire(store);
	CHECK(last && last->generation == STEPS);
	check_whole(last);
	picture_store_release(store, last);
	damage_finish(&damage);
	picture_store_destroy(store);
}

/* Pictures of many moments are parked and never unparked, by the writer's own thread: if any of them could
 * block the writer or a reader, this would never end. The newest few are there still in the end. */
static void a_slow_reader_blocks_nobody(void) {
	struct picture_store *store = picture_store_create();
	struct damage damage;
	damage_init(&damage);
	enum { EVERY = 100, HELD = STEPS / EVERY };
	uint64_t tickets[HELD], others[HELD];
	for (uint64_t step = 1; step <= STEPS; step++) {
		step_do(store, step, &damage);
		if (step % EVERY != 1)
			continue;
		const struct picture *picture = picture_store_acquire(store);
		CHECK(picture && picture->generation == step);
		CHECK(picture_store_acquire(store) == picture);
		tickets[step / EVERY] = picture_store_park(store, picture);
		others[step / EVERY] = picture_store_park(store, picture);
	}
	struct picture_store_report report;
	picture_store_report(store, &report);
	CHECK(report.held == PICTURE_HELD_MAX && report.taken_away == 2 * (HELD - PICTURE_HELD_MAX));
	for (uint64_t i = 0; i < HELD; i++) {
		const struct picture *picture = picture_store_unpark(store, tickets[i]);
		bool kept = i >= HELD - PICTURE_HELD_MAX;
		CHECK((picture != NULL) == kept && picture == picture_store_unpark(store, others[i]));
		if (!kept)
			continue;
		CHECK(picture->generation == i * EVERY + 1);
		check_whole(picture);
		picture_store_release(store, picture);
		picture_store_release(store, picture);
	}
	picture_store_report(store, &report);
	CHECK(report.held == 0);
	damage_finish(&damage);
	picture_store_destroy(store);
}

struct acquiring {
	struct picture_store *store;
	const struct picture *picture;
	atomic_int thread;
	atomic_bool done;
};

static void *acquire_one(void *argument) {
	struct acquiring *acquiring = argument;
	acquiring->thread = (int)syscall(SYS_gettid);
	acquiring->picture = picture_store_acquire(acquiring->store);
	acquiring->done = true;
	return NULL;
}

/* Until the kernel says that the thread sleeps, which it does in the store only to wait for a picture. */
static void wait_until_asleep(const struct acquiring *acquiring) {
	char path[64], state = 0;
	while (state != 'S' && !acquiring->done) {
		nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
		snprintf(path, sizeof path, "/proc/self/task/%d/stat", acquiring->thread);
		FILE *file = acquiring->thread ? fopen(path, "re") : NULL;
		if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		if (file)
			fclose(file);
	}
}

/* A picture that is being read is not taken away. A reader that needs another one waits until one is parked
 * or released. A picture that is already held is available to everybody. */
static void what_is_read_is_not_taken(bool park) {
	struct picture_store *store = picture_store_create();
	struct damage damage;
	damage_init(&damage);
	const struct picture *held[PICTURE_HELD_MAX];
	for (uint64_t step = 1; step <= PICTURE_HELD_MAX; step++) {
		step_do(store, step, &damage);
		held[step - 1] = picture_store_acquire(store);
	}
	CHECK(picture_store_acquire(store) == held[PICTURE_HELD_MAX - 1]);
	uint64_t ticket = picture_store_park(store, held[PICTURE_HELD_MAX - 1]); /* its other reader reads */
	step_do(store, PICTURE_HELD_MAX + 1, &damage);
	struct acquiring acquiring = {.store = store};
	pthread_t thread;
	CHECK(pthread_create(&thread, NULL, acquire_one, &acquiring) == 0);
	wait_until_asleep(&acquiring);
	CHECK(!acquiring.done);
	uint64_t parked = 0;
	if (park)
		parked = picture_store_park(store, held[1]);
	else
		picture_store_release(store, held[1]);
	/* It was given one immediately. If it had to find one when it wakes, others could be there first. */
	step_do(store, PICTURE_HELD_MAX + 2, &damage);
	pthread_join(thread, NULL);
	CHECK(acquiring.picture->generation == PICTURE_HELD_MAX + 1);
	CHECK(!park || picture_store_unpark(store, parked) == NULL);
	CHECK(picture_store_unpark(store, ticket) == held[PICTURE_HELD_MAX - 1]);
	check_whole(held[0]);
	check_whole(held[2]);
	damage_finish(&damage);
	picture_store_destroy(store);
}

static void in_place_when_nobody_reads(void) {
	struct picture_store *store = picture_store_create();
	CHECK(picture_store_acquire(store) == NULL);
	CHECK(picture_store_generation(store, NULL, NULL) == 0);
	struct damage damage;
	damage_init(&damage);
	step_do(store, 1, &damage);
	struct picture *first = picture_store_begin(store, widths[0], heights[0]);
	picture_store_cancel(store, NULL);
	CHECK(picture_store_begin(store, widths[0], heights[0]) == first);
	damage_clear(&damage);
	CHECK(picture_store_publish(store, &damage) == 1);

	const struct picture *reader = picture_store_acquire(store);
	CHECK(reader == first);
	/* What is being read is compared with where it lies; what was not written is copied, and at no other
	 * time. */
	struct picture *second = picture_store_begin(store, widths[0], heights[0]);
	CHECK(second && second != first && second->reference == first->pixels);
	CHECK(!picture_is_first(second) && tile_is(second, 0, 0));
	picture_store_cancel(store, NULL);
	CHECK(picture_store_begin(store, widths[0], heights[0]) == second && tile_is(second, 0, 0));
	paint_tile(second, 2, 77);
	damage_add(&damage, 2, 0);
	picture_store_catch_up(store, &damage);
	CHECK(!second->reference && second->generation == 1 && tile_is(second, 2, 77));
	for (uint32_t tile = 0; tile < TILES; tile++)
		CHECK(tile == 2 || tile_is(second, tile, script.expected[1][tile]));
	paint_tile(second, 2, script.expected[1][2]);
	picture_store_cancel(store, NULL);
	CHECK(picture_store_acquire(store) == first);
	picture_store_release(store, first);
	picture_store_release(store, reader);
	CHECK(picture_store_begin(store, widths[0], heights[0]) == first);
	picture_store_cancel(store, NULL);
	damage_finish(&damage);
	picture_store_destroy(store);
}

static void cancel_with_damage_counts_as_changed(void) {
	struct picture_store *store = picture_store_create();
	struct damage damage;
	damage_init(&damage);
	step_do(store, 1, &damage);
	struct picture *picture = picture_store_begin(store, widths[0], heights[0]);
	paint_tile(picture, 2, 77);
	damage_clear(&damage);
	damage_add(&damage, 2, 0);
	picture_store_cancel(store, &damage);
	const struct picture *newest = picture_store_acquire(store);
	CHECK(newest->generation == 2 && tile_is(newest, 2, 77));
	CHECK(picture_damage_since(newest, 1, &damage) == 0);
	CHECK(damage_count(&damage) == 1 && damage_has(&damage, 2, 0));
	picture_store_release(store, newest);

	/* Of another size: forgotten, and black when that size comes again. */
	CHECK(damage_resize(&damage, 100, 100) == 0);
	picture = picture_store_begin(store, 100, 100);
	CHECK(picture->generation == 0);
	memset(picture->pixels, 0xee, (size_t)picture->stride * 100);
	damage_fill(&damage);
	picture_store_cancel(store, &damage);
	uint32_t width, height;
	CHECK(picture_store_generation(store, &width, &height) == 2);
	CHECK(width == widths[0] && height == heights[0]);
	picture = picture_store_begin(store, 100, 100);
	CHECK(picture->generation == 0);
	for (size_t i = 0; i < (size_t)picture->stride * 100; i++)
		CHECK(picture->pixels[i] == 0);
	damage_clear(&damage);
	CHECK(picture_store_publish(store, &damage) == 3);
	newest = picture_store_acquire(store);
	CHECK(picture_damage_since(newest, 2, &damage) == 0 && damage_count(&damage) == 4);
	picture_store_release(store, newest);
	damage_finish(&damage);
	picture_store_destroy(store);
}

static void a_size_that_no_memory_holds(void) {
	struct picture_store *store = picture_store_create();
	CHECK(picture_store_begin(store, UINT32_MAX, 1) == NULL);
	struct damage damage;
	damage_init(&damage);
	step_do(store, 1, &damage);
	damage_finish(&damage);
	picture_store_destroy(store);
}

/* The next picture that is published, in place or in another buffer, has the screens. What a reader holds
 * keeps its own. */
static void screens_come_with_the_next_picture(void) {
	struct picture_store *store = picture_store_create();
	struct damage damage;
	damage_init(&damage);
	CHECK(damage_resize(&damage, 128, 64) == 0);
	damage_add(&damage, 0, 0);
	const struct picture_screen two[2] = {{7, {0, 0, 100, 64}}, {9, {100, 3, 28, 40}}};
	CHECK(picture_store_begin(store, 128, 64)->screen_count == 0);
	picture_store_publish(store, &damage);
	const struct picture *before = picture_store_acquire(store);
	CHECK(picture_store_set_screens(store, two, PICTURE_MAX_SCREENS + 1) == -EINVAL);
	CHECK(picture_store_set_screens(store, two, 2) == 0);
	for (int i = 0; i < 2; i++) { /* another buffer, then in place */
		CHECK(picture_store_begin(store, 128, 64));
		picture_store_publish(store, &damage);
	}
	CHECK(before->screen_count == 0);
	const struct picture *after = picture_store_acquire(store);
	CHECK(after != before && after->screen_count == 2);
	CHECK(memcmp(after->screens, two, sizeof two) == 0);
	CHECK(picture_store_set_screens(store, NULL, 0) == 0);
	CHECK(after->screen_count == 2);
	picture_store_release(store, before);
	picture_store_release(store, after);
	CHECK(picture_store_begin(store, 128, 64)->screen_count == 0);
	picture_store_cancel(store, NULL);
	damage_finish(&damage);
	picture_store_destroy(store);
}

enum { PAPER = 256 };

/* Publishes a paper that is scrolled down to this row. */
static const struct moves *scroll_to(struct picture_store *store, uint32_t row, struct damage *damage) {
	struct picture *picture = picture_store_begin(store, PAPER, PAPER);
	CHECK(picture && picture->moves.count == 0);
	for (uint32_t y = 0; y < PAPER; y++)
		for (uint32_t x = 0; x < PAPER; x++)
			((uint32_t *)(picture->pixels + (size_t)y * picture->stride))[x] =
				(row + y) * 0x10203 % 0xffffff + x;
	CHECK(damage_resize(damage, PAPER, PAPER) == 0);
	damage_fill(damage);
	picture_store_publish(store, damage);
	return &picture->moves;
}

static bool is_scroll(const struct moves *moves, uint64_t from, int32_t by) {
	const struct rect target = {0, by > 0 ? by : 0, PAPER, PAPER - (uint32_t)(by > 0 ? by : -by)};
	return moves->from == from && moves->count == 1 && moves->list[0].by.x == 0 &&
	       moves->list[0].by.y == by && rect_equals(moves->list[0].target, target);
}

/* Moves are looked for while somebody wants them, and of each picture since the one before it. */
static void moves_come_with_the_picture(void) {
	struct picture_store *store = picture_store_create();
	struct damage damage;
	damage_init(&damage);
	scroll_to(store, 100, &damage);
	CHECK(scroll_to(store, 120, &damage)->count == 0);
	picture_store_want_moves(store);
	CHECK(is_scroll(scroll_to(store, 150, &damage), 2, -30));
	CHECK(is_scroll(scroll_to(store, 110, &damage), 3, 40));
	/* What was written and not published is forgotten. */
	picture_store_begin(store, PAPER, PAPER);
	picture_store_cancel(store, NULL);
	CHECK(is_scroll(scroll_to(store, 120, &damage), 4, -10));
	/* Of a picture of another size there is none. */
	damage_resize(&damage, 64, 64);
	picture_store_begin(store, 64, 64);
	picture_store_publish(store, &damage);
	CHECK(scroll_to(store, 130, &damage)->count == 0);
	CHECK(is_scroll(scroll_to(store, 0, &damage), 7, 130));
	/* A still screen does not change what is wanted, pictures that nobody asks about do. */
	for (int i = 0; i < 2 * PICTURE_MOVES_WANTED; i++) {
		picture_store_begin(store, PAPER, PAPER);
		picture_store_cancel(store, NULL);
	}
	picture_store_want_moves(store);
	const uint64_t last = 8 + PICTURE_MOVES_WANTED;
	for (uint64_t generation = 9; generation <= last; generation++)
		CHECK(is_scroll(scroll_to(store, generation % 2 * 10, &damage), generation - 1,
			generation % 2 ? -10 : 10));
	CHECK(scroll_to(store, 150, &damage)->count == 0);
	/* Who asks between begin and publish asks for the next one. */
	CHECK(picture_store_begin(store, PAPER, PAPER));
	picture_store_want_moves(store);
	picture_store_publish(store, &damage);
	CHECK(is_scroll(scroll_to(store, 160, &damage), last + 2, -10));
	damage_finish(&damage);
	picture_store_destroy(store);
}

enum { PARTS_WIDTH = 200, PARTS_HEIGHT = 150 };

/* What is published, pixel by pixel. */
static uint32_t model[PARTS_HEIGHT][PARTS_WIDTH];

/* Writes a colour into what the part has of some tiles. */
static void paint_part(struct random *random, struct picture *picture, struct rect part, uint32_t colour,
	struct damage *damage) {
	for (uint32_t tile = 0; tile < damage->columns * damage->rows; tile++) {
		uint32_t column = tile % damage->columns, row = tile / damage->columns;
		struct rect at = rect_intersect(damage_tile(damage, column, row), part);
		if (!at.width || random_below(random, 3) == 0)
			continue;
		damage_add(damage, column, row);
		for (uint32_t y = (uint32_t)at.y; y < (uint32_t)at.y + at.height; y++) {
			uint32_t *pixels = (uint32_t *)(picture->pixels + (size_t)y * picture->stride);
			for (uint32_t x = (uint32_t)at.x; x < (uint32_t)at.x + at.width; x++)
				pixels[x] = model[y][x] = colour;
		}
	}
}

static void check_model(const struct picture *picture, int step) {
	for (uint32_t y = 0; y < PARTS_HEIGHT; y++) {
		const uint32_t *row = (const uint32_t *)(picture->pixels + (size_t)y * picture->stride);
		for (uint32_t x = 0; x < PARTS_WIDTH; x++)
			CHECK_SAY(row[x] == model[y][x], "step %d: pixel %u,%u is %u, not %u", step, x, y,
				row[x], model[y][x]);
	}
}

/* Two parts on one side of a line and the other, which cuts tiles, are written by turns or together, while
 * some pictures are held. */
static void parts_share_tiles(void) {
	enum { PARTS_STEPS = 600, HOLD = 3 };
	struct random random = {9};
	struct picture_store *store = picture_store_create();
	const struct picture *held[HOLD] = {NULL};
	struct damage damage;
	damage_init(&damage);
	CHECK(damage_resize(&damage, PARTS_WIDTH, PARTS_HEIGHT) == 0);
	CHECK(picture_store_begin(store, PARTS_WIDTH, PARTS_HEIGHT));
	picture_store_publish(store, &damage);
	for (int step = 0; step < PARTS_STEPS; step++) {
		uint32_t line = 1 + random_below(&random, PARTS_WIDTH - 2), top = random_below(&random, 70);
		const struct rect parts[2] = {{3, 0, line - 1, PARTS_HEIGHT - 20},
			{(int32_t)line + 2, (int32_t)top, PARTS_WIDTH - line - 2, PARTS_HEIGHT - top}};
		uint32_t which = 1 + random_below(&random, 3);
		struct picture *picture = picture_store_begin(store, PARTS_WIDTH, PARTS_HEIGHT);
		damage_clear(&damage);
		for (uint32_t i = 0; i < 2; i++) {
			if (!(which & 1u << i))
				continue;
			picture_store_prepare(store, &parts[i]);
			paint_part(&random, picture, parts[i], (uint32_t)step * 2 + i + 1, &damage);
		}
		if (random_below(&random, 4))
			picture_store_publish(store, &damage);
		else
			picture_store_cancel(store, &damage);
		const struct picture **slot = &held[random_below(&random, HOLD)];
		if (*slot)
			picture_store_release(store, *slot);
		*slot = picture_store_acquire(store);
		check_model(*slot, step);
		if (random_below(&random, 2)) {
			picture_store_release(store, *slot);
			*slot = NULL;
		}
	}
	for (int i = 0; i < HOLD; i++)
		if (held[i])
			picture_store_release(store, held[i]);
	damage_finish(&damage);
	picture_store_destroy(store);
}

/* Colours are there if they were wanted, for as long as nobody else writes the tile, in whichever buffer the
 * picture is, and only of tiles that are known to begin where the part does. */
static void colours_stay_with_their_tiles(void) {
	struct picture_store *store = picture_store_create();
	struct damage damage;
	damage_init(&damage);
	step_do(store, 1, &damage);
	const struct picture *first = picture_store_acquire(store);
	CHECK(!known_colours_check(first));
	picture_store_want_colours(store);
	for (uint32_t number = 0; number < 6; number++) {
		/* The same tile by turns with colours and, last, without; another one only once. */
		CHECK(damage_resize(&damage, widths[0], heights[0]) == 0);
		struct picture *picture = picture_store_begin(store, widths[0], heights[0]);
		CHECK(picture && picture->wants_colours);
		paint_tile(picture, 7, 0x100 + number);
		damage_add(&damage, 7 % COLUMNS, 7 / COLUMNS);
		if (number < 5)
			leave_colour(picture, 7, 0x100 + number, &damage);
		if (number == 0) {
			paint_tile(picture, 8, 0x200);
			damage_add(&damage, 8 % COLUMNS, 8 / COLUMNS);
			leave_colour(picture, 8, 0x200, &damage);
		}
		picture_store_publish(store, &damage);
		const struct picture *shown = picture_store_acquire(store);
		CHECK(known_colours_check(shown) == (number < 5 ? 2 : 1));
		struct picture_store_report report;
		picture_store_report(store, &report);
		size_t one = tile_colours_bytes(shown->colours[8]);
		CHECK(one > 0 &&
			report.bytes >= report.pictures * (uint64_t)shown->stride * shown->height + one);
		const struct rect part = {7 % COLUMNS * 64, 7 / COLUMNS * 64, 64, 64};
		struct tile_colours_grid grid = picture_colours(shown, &part);
		CHECK(grid.columns == COLUMNS && !grid.tiles[0] == (number == 5) && grid.tiles[1]);
		CHECK(!picture_colours(shown, &(struct rect){part.x + 1, part.y, 9, 9}).tiles);
		CHECK(!picture_colours(shown, &(struct rect){part.x, part.y + 63, 9, 9}).tiles);
		picture_store_release(store, shown);
	}
	CHECK(!known_colours_check(first));
	picture_store_release(store, first);
	damage_finish(&damage);
	picture_store_destroy(store);
}

/* A tile that another part shares is completed before, and nobody writes to it: its colours come with it. */
static void colours_come_with_what_is_prepared(void) {
	struct picture_store *store = picture_store_create();
	struct damage damage;
	damage_init(&damage);
	step_do(store, 1, &damage);
	const struct picture *held = NULL;
	for (uint32_t number = 0; number < 6; number++) {
		picture_store_want_colours(store);
		CHECK(damage_resize(&damage, widths[0], heights[0]) == 0);
		struct picture *picture = picture_store_begin(store, widths[0], heights[0]);
		if (number % 2) {
			picture_store_prepare(store, &(struct rect){0, 0, 100, 100});
			paint_tile(picture, 0, number);
			damage_add(&damage, 0, 0);
		} else {
			paint_tile(picture, 1, 0x300 + number);
			damage_add(&damage, 1, 0);
			leave_colour(picture, 1, 0x300 + number, &damage);
		}
		picture_store_publish(store, &damage);
		const struct picture *shown = picture_store_acquire(store);
		CHECK(known_colours_check(shown) == 1 && shown->colours[1]);
		if (held)
			picture_store_release(store, held);
		held = shown;
	}
	picture_store_release(store, held);
	damage_finish(&damage);
	picture_store_destroy(store);
}

/* Begins pictures and throws them away. Returns how many parts were spared in the last one. */
static uint32_t spared_after(struct picture_store *store, int begins) {
	uint32_t count = 0;
	for (int i = 0; i < begins; i++) {
		count = picture_store_begin(store, widths[0], heights[0])->spared_count;
		picture_store_cancel(store, NULL);
	}
	return count;
}

static void parts_are_spared_for_a_while(void) {
	const struct rect parts[PICTURE_SPARED_MAX + 1] = {
		{0, 0, 64, 64}, {-5, -5, 900, 900}, {7, 8, 9, 10}, {1, 0, 0, 0}, {9, 9, 9, 9}};
	struct picture_store *store = picture_store_create();
	struct damage damage;
	damage_init(&damage);
	picture_store_spare(store, parts, 1);
	CHECK(picture_store_begin(store, widths[0], heights[0])->spared_count ==
		0); /* there is nothing yet */
	picture_store_cancel(store, NULL);
	step_do(store, 1, &damage);
	picture_store_spare(store, parts, 1);
	CHECK(spared_after(store, PICTURE_SPARED_FOR) == 1 && spared_after(store, 1) == 0);
	picture_store_spare(store, parts, 1);
	picture_store_spare(store, parts + 1, 2);
	struct picture *picture = picture_store_begin(store, widths[0], heights[0]);
	CHECK(picture->spared_count == 2 && memcmp(picture->spared, parts + 1, 2 * sizeof *parts) == 0);
	picture_store_spare(store, parts, PICTURE_SPARED_MAX + 1); /* of the next one */
	CHECK(picture->spared_count == 2);
	damage_clear(&damage);
	damage_add(&damage, 0, 0);
	picture_store_publish(store, &damage);
	CHECK(picture->spared_count == 0);
	CHECK(spared_after(store, PICTURE_SPARED_FOR) == PICTURE_SPARED_MAX);
	picture_store_spare(store, parts, 1);
	CHECK(picture_store_begin(store, 100, 100)->spared_count == 0); /* its first one */
	picture_store_cancel(store, NULL);
	picture_store_spare(store, NULL, 0);
	CHECK(spared_after(store, 1) == 0);
	damage_finish(&damage);
	picture_store_destroy(store);
}

static void all_pixels_are_wanted_for_a_while(void) {
	const struct rect part = {0, 0, 64, 64};
	struct picture_store *store = picture_store_create();
	struct damage damage;
	damage_init(&damage);
	step_do(store, 1, &damage);
	picture_store_spare(store, &part, 1);
	picture_store_want_pixels(store);
	for (int i = 0; i < PICTURE_PIXELS_WANTED; i++) {
		CHECK(spared_after(store, 1) == 0);
		if (i + 1 < PICTURE_PIXELS_WANTED)
			picture_store_spare(store, &part, 1);
	}
	CHECK(spared_after(store, 1) == 0); /* what was said in the meantime is not remembered */
	picture_store_spare(store, &part, 1);
	CHECK(spared_after(store, 1) == 1);
	damage_finish(&damage);
	picture_store_destroy(store);
}

/* What is published of each tile: its colour, unless it is absent. */
struct absence {
	uint32_t colours[TILES];
	bool absent[TILES];
	uint32_t count;
};

static bool absence_is(const struct absence *shown, const struct picture *picture) {
	for (uint32_t tile = 0; tile < TILES; tile++) {
		if (picture->absent[tile] != shown->absent[tile])
			return false;
		if (!shown->absent[tile] && !picture->reference &&
			!tile_is(picture, tile, shown->colours[tile]))
			return false;
		if (shown->absent[tile] && !picture->reference && picture->colours[tile])
			return false;
	}
	return true;
}

static void check_has_pixels(
	struct random *random, const struct absence *shown, const struct picture *picture) {
	for (int i = 0; i < 8; i++) {
		const struct rect part = {(int32_t)random_below(random, 400) - 60,
			(int32_t)random_below(random, 250) - 60, random_below(random, 150),
			random_below(random, 150)};
		const struct damage grid = {.width = picture->width, .height = picture->height};
		bool all = true;
		for (uint32_t tile = 0; tile < TILES; tile++) {
			struct rect at = damage_tile(&grid, tile % COLUMNS, tile / COLUMNS);
			all &= !shown->absent[tile] || !rect_area(rect_intersect(at, part));
		}
		CHECK(picture_has_pixels(picture, &part) == all);
	}
}

/* Stores some tiles, and leaves some changes unstored. */
static void write_some(
	struct random *random, struct picture *picture, struct absence *shown, struct damage *damage) {
	uint32_t way = random_below(random, 4); /* 3: nothing changes */
	for (uint32_t tile = 0; tile < TILES && way < 3; tile++) {
		uint32_t choice = random_below(random, 8), column = tile % COLUMNS, row = tile / COLUMNS;
		if (choice > 1)
			continue;
		bool absent = choice == 0 && way > 0 && picture->spared_count;
		damage_add(damage, column, row);
		picture->absent[tile] = absent;
		shown->absent[tile] = absent;
		if (absent)
			continue;
		shown->colours[tile] = (uint32_t)random_next(random) & 0xffffff;
		paint_tile(picture, tile, shown->colours[tile]);
		if (choice)
			leave_colour(picture, tile, shown->colours[tile], damage);
	}
	shown->count = 0;
	for (uint32_t tile = 0; tile < TILES; tile++)
		shown->count += shown->absent[tile];
}

/* In whichever buffer the picture is, it has the flags of what was published last, and of what it was told
 * since. */
static void absence_goes_with_the_tiles(void) {
	enum { ABSENCE_STEPS = 3000, HOLD = 3 };
	const struct rect all = {0, 0, 400, 400};
	struct random random = {77};
	struct picture_store *store = picture_store_create();
	const struct picture *held[HOLD] = {NULL};
	struct absence shown, held_shown[HOLD];
	struct damage damage;
	uint32_t size = 0, most = 0;
	damage_init(&damage);
	for (int step = 0; step < ABSENCE_STEPS; step++) {
		bool other = step == 0 || random_below(&random, 200) == 0;
		size ^= other;
		if (other)
			memset(&shown, 0, sizeof shown);
		picture_store_want_colours(store);
		picture_store_spare(store, &all, 1);
		struct picture *picture = picture_store_begin(store, widths[size], heights[size]);
		CHECK(picture && damage_resize(&damage, widths[size], heights[size]) == 0);
		CHECK(absence_is(&shown, picture) && picture->spared_count == !other);
		if (random_below(&random, 3) == 0)
			picture_store_prepare(store, &(struct rect){50, 10, 100, 100});
		write_some(&random, picture, &shown, &damage);
		check_has_pixels(&random, &shown, picture);
		if (random_below(&random, 3) == 0)
			picture_store_catch_up(store, &damage);
		if (other || random_below(&random, 4))
			picture_store_publish(store, &damage);
		else
			picture_store_cancel(store, &damage);
		uint32_t slot = random_below(&random, HOLD);
		if (held[slot])
			picture_store_release(store, held[slot]);
		held[slot] = picture_store_acquire(store);
		held_shown[slot] = shown;
		CHECK_SAY(absence_is(&shown, held[slot]), "step %d", step);
		CHECK(held[slot]->absent_count == shown.count);
		check_has_pixels(&random, &shown, held[slot]);
		most = shown.count > most ? shown.count : most;
		for (int i = 0; i < HOLD; i++) {
			CHECK(!held[i] || absence_is(&held_shown[i], held[i]));
			if (held[i] && random_below(&random, 3) == 0) {
				picture_store_release(store, held[i]);
				held[i] = NULL;
			}
		}
	}
	CHECK(most > 2);
	for (int i = 0; i < HOLD; i++)
		if (held[i])
			picture_store_release(store, held[i]);
	damage_finish(&damage);
	picture_store_destroy(store);
}

static void what_is_stored_is_not_absent(void) {
	struct picture_store *store = picture_store_create();
	struct damage damage;
	damage_init(&damage);
	step_do(store, 1, &damage);
	picture_store_spare(store, &(struct rect){0, 0, 400, 400}, 1);
	struct picture *picture = picture_store_begin(store, widths[0], heights[0]);
	memset(picture->absent, true, TILES * sizeof *picture->absent);
	picture_note_stored(picture, &(struct rect){64, 63, 129, 2});
	for (uint32_t tile = 0; tile < TILES; tile++) {
		bool inside = tile % COLUMNS >= 1 && tile % COLUMNS <= 3 && tile / COLUMNS <= 1;
		CHECK(picture->absent[tile] == !inside);
	}
	picture_note_stored(picture, &(struct rect){-10, -10, 1000, 1000});
	CHECK(picture_has_pixels(picture, &(struct rect){0, 0, 400, 400}));
	picture_store_cancel(store, NULL);
	struct picture none = {.width = 100, .height = 100, .spared_count = 1};
	picture_note_stored(&none, &(struct rect){0, 0, 100, 100});
	CHECK(picture_has_pixels(&none, &(struct rect){0, 0, 100, 100}));
	damage_finish(&damage);
	picture_store_destroy(store);
}

/* What an absent tile shows is not known, neither before nor after. */
static void absent_tiles_do_not_move(void) {
	struct picture_store *store = picture_store_create();
	struct damage damage;
	damage_init(&damage);
	scroll_to(store, 100, &damage);
	picture_store_want_moves(store);
	CHECK(is_scroll(scroll_to(store, 110, &damage), 1, -10));
	struct picture *picture = picture_store_begin(store, PAPER, PAPER);
	picture->absent[5] = true;
	damage_clear(&damage);
	damage_add(&damage, 1, 1);
	picture_store_publish(store, &damage);
	CHECK(scroll_to(store, 120, &damage)->count == 0);
	picture = picture_store_begin(store, PAPER, PAPER);
	picture_note_stored(picture, &(struct rect){0, 0, PAPER, PAPER});
	damage_fill(&damage);
	picture_store_publish(store, &damage);
	scroll_to(store, 130, &damage);
	CHECK(is_scroll(scroll_to(store, 150, &damage), 6, -20));
	damage_finish(&damage);
	picture_store_destroy(store);
}

int main(void) {
	colours_stay_with_their_tiles();
	colours_come_with_what_is_prepared();
	script_write();
	in_place_when_nobody_reads();
	cancel_with_damage_counts_as_changed();
	a_size_that_no_memory_holds();
	screens_come_with_the_next_picture();
	moves_come_with_the_picture();
	parts_are_spared_for_a_while();
	all_pixels_are_wanted_for_a_while();
	absence_goes_with_the_tiles();
	what_is_stored_is_not_absent();
	absent_tiles_do_not_move();
	parts_share_tiles();
	a_slow_reader_blocks_nobody();
	what_is_read_is_not_taken(true);
	what_is_read_is_not_taken(false);
	readers_never_see_two_moments();
	return 0;
}
