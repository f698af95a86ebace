/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trimmed damage, by what it is for: viewers whose framebuffers get nothing but what it says must show the
 * screen. Random writers with several heads, new sizes, pictures that are cancelled, and readers that come
 * seldom, hold their pictures, park them and lose them in the middle of an update.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/rect.h"
#include "encode/picture.h"
#include "tests/encode/random.h"
#include "tests/test.h"

enum { STEPS = 6000, VIEWERS = 7, WIDEST = 330, HIGHEST = 200, HEADS = 2 };

/* What the scanouts show now, and where they lie. */
struct screen {
	struct random random;
	uint32_t width, height;
	uint32_t pixels[HIGHEST][WIDEST];
	struct rect heads[HEADS];
};

/* A part of the screen that an update sends, and the picture that is sent. */
struct viewer {
	uint32_t width, height;
	uint32_t pixels[HIGHEST][WIDEST];
	uint64_t seen;
	const struct picture *picture; /* held or parked in the middle of an update */
	uint64_t ticket;               /* if it is not 0, the picture is parked */
	struct rect rectangles[64];    /* that are left to be sent */
	size_t count;
};

static uint32_t between(struct random *random, uint32_t low, uint32_t high) {
	return low + random_below(random, high - low + 1);
}

static void resize(struct screen *screen) {
	uint32_t line;
	screen->width = between(&screen->random, 10, WIDEST);
	screen->height = between(&screen->random, 1, HIGHEST);
	line = between(&screen->random, 1, screen->width - 1);
	screen->heads[0] = (struct rect){0, 0, line, screen->height};
	screen->heads[1] = (struct rect){(int32_t)line, 0, screen->width - line, screen->height};
	memset(screen->pixels, 0, sizeof screen->pixels);
}

/* Changes a few pixels here and there; sometimes back to what they were. */
static void paint(struct screen *screen) {
	struct random *random = &screen->random;
	for (uint32_t i = random_below(random, 4); i > 0; i--) {
		uint32_t x = random_below(random, screen->width), y = random_below(random, screen->height);
		uint32_t side = random_below(random, 3) ? 6 : 120;
		uint32_t right = x + between(random, 1, side), bottom = y + between(random, 1, side);
		uint32_t colour = random_below(random, 3);
		for (uint32_t row = y; row < bottom && row < screen->height; row++)
			for (uint32_t column = x; column < right && column < screen->width; column++)
				screen->pixels[row][column] = colour;
	}
}

/* Stores what a head has of a tile as a converter does: all of it, if any of it differs. */
static void convert_cell(
	const struct screen *screen, struct picture *picture, struct rect cell, struct damage *damage) {
	const uint8_t *reference = picture->reference ? picture->reference : picture->pixels;
	uint32_t column = (uint32_t)cell.x / DAMAGE_TILE, row = (uint32_t)cell.y / DAMAGE_TILE;
	struct damage_box box = {DAMAGE_TILE, DAMAGE_TILE, 0, 0};
	for (uint32_t y = (uint32_t)cell.y; y < (uint32_t)cell.y + cell.height; y++) {
		const uint32_t *was =
			(const uint32_t *)(const void *)(reference + (size_t)y * picture->stride);
		for (uint32_t x = (uint32_t)cell.x; x < (uint32_t)cell.x + cell.width; x++) {
			uint8_t left = (uint8_t)(x % DAMAGE_TILE), top = (uint8_t)(y % DAMAGE_TILE);
			if (was[x] != screen->pixels[y][x])
				box = damage_box_unite(box, (struct damage_box){left, top,
								    (uint8_t)(left + 1), (uint8_t)(top + 1)});
		}
	}
	if (!box.right)
		return;
	damage_add_box(damage, column, row, box);
	for (uint32_t y = (uint32_t)cell.y; y < (uint32_t)cell.y + cell.height; y++)
		memcpy(picture->pixels + (size_t)y * picture->stride + (size_t)cell.x * 4,
			&screen->pixels[y][cell.x], (size_t)cell.width * 4);
}

static void convert(struct screen *screen, struct picture_store *store, struct picture *picture,
	const struct rect *head, struct damage *damage) {
	picture_store_prepare(store, head);
	for (uint32_t row = 0; row < damage->rows; row++) {
		for (uint32_t column = 0; column < damage->columns; column++) {
			struct rect cell = rect_intersect(damage_tile(damage, column, row), *head);
			if (cell.width)
				convert_cell(screen, picture, cell, damage);
		}
	}
}

/* A picture that is thrown away was nowhere stored, so it is drawn again from nothing. */
static void write_picture(struct screen *screen, struct picture_store *store, struct damage *damage) {
	struct random *random = &screen->random;
	uint32_t heads = between(random, 1, 3), width, height;
	struct picture *picture = picture_store_begin(store, screen->width, screen->height);
	CHECK(picture && damage_resize(damage, screen->width, screen->height) == 0);
	for (uint32_t i = 0; i < HEADS; i++)
		if (heads & 1u << i)
			convert(screen, store, picture, &screen->heads[i], damage);
	if (random_below(random, 4) == 0) { /* it changed while it was read */
		picture_store_catch_up(store, damage);
		paint(screen);
		for (uint32_t i = 0; i < HEADS; i++)
			convert(screen, store, picture, &screen->heads[i], damage);
	}
	picture_store_generation(store, &width, &height);
	if (random_below(random, 5) == 0 && width == screen->width && height == screen->height)
		picture_store_cancel(store, damage);
	else
		picture_store_publish(store, damage);
}

/* --- viewers --- */

static void send_rectangle(struct viewer *viewer, const struct rect *r) {
	for (uint32_t y = (uint32_t)r->y; y < (uint32_t)r->y + r->height; y++)
		memcpy(&viewer->pixels[y][r->x],
			viewer->picture->pixels + (size_t)y * viewer->picture->stride + (size_t)r->x * 4,
			(size_t)r->width * 4);
}

static void begin_update(struct viewer *viewer, struct random *random, struct damage *damage) {
	const struct picture *picture = viewer->picture;
	if (viewer->width != picture->width || viewer->height != picture->height)
		viewer->seen = 0;
	viewer->width = picture->width;
	viewer->height = picture->height;
	CHECK(picture_damage_since(picture, viewer->seen, damage) == 0);
	uint32_t spare = random_below(random, 2) ? 0 : random_below(random, 1000);
	size_t capacity = random_below(random, 4) ? ARRAY_LEN(viewer->rectangles) : 3;
	viewer->count = damage_trimmed(damage, spare, viewer->rectangles, capacity);
	viewer->seen = picture->generation;
}

static void check(const struct viewer *viewer, int step) {
	for (uint32_t y = 0; y < viewer->height; y++) {
		const void *row = viewer->picture->pixels + (size_t)y * viewer->picture->stride;
		CHECK_SAY(!memcmp(viewer->pixels[y], row, (size_t)viewer->width * 4), "step %d: row %u", step,
			y);
	}
}

/* Takes the picture that was parked, or a newer one if it is gone. False: there is none of that size. */
static bool go_on(struct viewer *viewer, struct picture_store *store, bool *whole) {
	const struct picture *picture =
		viewer->ticket ? picture_store_unpark(store, viewer->ticket) : viewer->picture;
	*whole = picture;
	if (!picture)
		picture = picture_store_acquire(store);
	viewer->picture = picture;
	viewer->ticket = 0;
	return picture->width == viewer->width && picture->height == viewer->height;
}

/* Sends some of what is left, and stops in the middle now and then. */
static void go_on_sending(
	struct viewer *viewer, struct picture_store *store, struct random *random, int step) {
	bool whole, same = go_on(viewer, store, &whole);
	while (same && viewer->count && random_below(random, 8))
		send_rectangle(viewer, &viewer->rectangles[--viewer->count]);
	if (same && whole && viewer->count) {
		if (random_below(random, 2))
			viewer->ticket = picture_store_park(store, viewer->picture);
		return;
	}
	while (same && viewer->count)
		send_rectangle(viewer, &viewer->rectangles[--viewer->count]);
	if (same && whole)
		check(viewer, step);
	picture_store_release(store, viewer->picture);
	viewer->picture = NULL;
}

static void view(struct viewer *viewer, struct picture_store *store, struct random *random,
	struct damage *damage, int step) {
	if (!viewer->picture) {
		viewer->picture = picture_store_acquire(store);
		begin_update(viewer, random, damage);
	}
	go_on_sending(viewer, store, random, step);
}

int main(void) {
	static struct screen screen = {.random = {21}};
	static struct viewer viewers[VIEWERS];
	struct picture_store *store = picture_store_create();
	struct damage damage;
	damage_init(&damage);
	for (int step = 0; step < STEPS; step++) {
		struct random *random = &screen.random;
		if (step == 0 || random_below(random, 150) == 0)
			resize(&screen);
		paint(&screen);
		write_picture(&screen, store, &damage);
		/* The first viewers come nearly always, the last ones seldom. At most three hold pictures
		 * without parking them, which leaves one to be given away. */
		for (uint32_t i = 0; i < VIEWERS; i++) {
			struct viewer *viewer = &viewers[i];
			if (random_below(random, 1 + i * i) == 0)
				view(viewer, store, random, &damage, step);
			if (i >= 3 && viewer->picture && !viewer->ticket)
				viewer->ticket = picture_store_park(store, viewer->picture);
		}
	}
	struct picture_store_report report;
	picture_store_report(store, &report);
	CHECK_SAY(report.taken_away > 20, "%u pictures were lost", (unsigned)report.taken_away);
	for (uint32_t i = 0; i < VIEWERS; i++)
		for (int turn = 0; viewers[i].picture || turn == 0; turn++)
			view(&viewers[i], store, &screen.random, &damage, STEPS);
	damage_finish(&damage);
	picture_store_destroy(store);
	return 0;
}
