/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Viewers that know CopyRect see what those see that do not, whatever moves, below whatever cursor and
 * banner, however slowly they read and whatever part they ask for. And they are sent copies.
 */
#include <string.h>
#include <uv.h>

#include "capture/base/array.h"
#include "encode/rfb/encoder.h"
#include "server/vnc/choice.h"
#include "server/vnc/link.h"
#include "tests/encode/random.h"
#include "tests/server/net/decode/decode.h"
#include "tests/server/net/encoders/formats.h"
#include "tests/test.h"

enum {
	WIDTH = 420,
	HEIGHT = 360,
	STEPS = 400,
	TIGHT = 7,
	COPYRECT = 1,
	HEXTILE = 5,
	ZRLE = 16,
	LAST_RECT = -224
};

/* They come in pairs, of which only the first knows CopyRect. */
enum { WATCHERS = 6 };

struct watcher {
	struct encoder *encoder;
	struct decoder decoder;
	uint8_t *bytes; /* what was taken and not decoded */
	size_t size, capacity;
	unsigned copies;
};

struct stage {
	struct random random;
	uv_loop_t loop;
	struct picture_store *store;
	struct encoders *encoders;
	struct damage damage;
	uint32_t truth[HEIGHT][WIDTH];
	struct cursor cursor;
	struct watcher watchers[WATCHERS];
};

static bool one_in(struct stage *stage, uint32_t count) {
	return random_below(&stage->random, count) == 0;
}

/* --- what is shown --- */

static struct rect random_rect(struct stage *stage) {
	uint32_t x = random_below(&stage->random, WIDTH), y = random_below(&stage->random, HEIGHT);
	return (struct rect){(int32_t)x, (int32_t)y, 1 + random_below(&stage->random, WIDTH - x),
		1 + random_below(&stage->random, HEIGHT - y)};
}

static void write_rows(struct stage *stage, struct rect r) {
	for (uint32_t y = (uint32_t)r.y; y < (uint32_t)r.y + r.height; y++) {
		uint32_t ink = (uint32_t)random_next(&stage->random),
			 end = random_below(&stage->random, r.width);
		for (uint32_t x = 0; x < r.width; x++)
			stage->truth[y][(uint32_t)r.x + x] =
				x < end && ink >> x % 32 & 1 ? 0x203040 : 0xffffff;
	}
}

/* What comes in is new. */
static void scroll(struct stage *stage, struct rect pane, int32_t by) {
	int32_t height = (int32_t)pane.height, far = by < 0 ? -by : by;
	if (far >= height)
		return;
	size_t size = pane.width * sizeof(uint32_t);
	for (int32_t i = 0; i < height - far; i++) {
		int32_t to = pane.y + (by < 0 ? i : height - 1 - i);
		memcpy(&stage->truth[to][pane.x], &stage->truth[to - by][pane.x], size);
	}
	write_rows(stage,
		(struct rect){pane.x, by < 0 ? pane.y + height - far : pane.y, pane.width, (uint32_t)far});
}

static void note_tile(struct stage *stage, const struct picture *picture, uint32_t column, uint32_t row) {
	struct rect tile = damage_tile(&stage->damage, column, row);
	for (uint32_t y = (uint32_t)tile.y; y < (uint32_t)tile.y + tile.height; y++) {
		const uint8_t *known = picture->reference ? picture->reference : picture->pixels;
		if (memcmp(known + (size_t)y * picture->stride + (size_t)tile.x * 4, &stage->truth[y][tile.x],
			    tile.width * 4) == 0)
			continue;
		damage_add(&stage->damage, column, row);
		return;
	}
}

static void write_tile(const struct stage *stage, const struct picture *picture, struct rect tile) {
	for (uint32_t y = (uint32_t)tile.y; y < (uint32_t)tile.y + tile.height; y++)
		memcpy(picture->pixels + (size_t)y * picture->stride + (size_t)tile.x * 4,
			&stage->truth[y][tile.x], tile.width * 4);
}

static void publish(struct stage *stage) {
	struct picture *picture = picture_store_begin(stage->store, WIDTH, HEIGHT);
	CHECK(picture && damage_resize(&stage->damage, WIDTH, HEIGHT) == 0);
	for (uint32_t row = 0; row < stage->damage.rows; row++)
		for (uint32_t column = 0; column < stage->damage.columns; column++) {
			note_tile(stage, picture, column, row);
			if (damage_has(&stage->damage, column, row))
				write_tile(stage, picture, damage_tile(&stage->damage, column, row));
		}
	picture_store_publish(stage->store, &stage->damage);
	encoders_published(stage->encoders);
}

static void change_something(struct stage *stage) {
	int32_t by = (int32_t)random_below(&stage->random, 120) - 60;
	switch (random_below(&stage->random, 6)) {
	case 0:
		write_rows(stage, random_rect(stage));
		break;
	case 1:
		scroll(stage, (struct rect){0, 0, WIDTH, HEIGHT}, by);
		break;
	default:
		scroll(stage, (struct rect){37, 41, 333, 301}, by);
	}
	if (one_in(stage, 3)) {
		stage->cursor.x = (int32_t)random_below(&stage->random, WIDTH);
		stage->cursor.y = (int32_t)random_below(&stage->random, HEIGHT);
		stage->cursor.visible = !one_in(stage, 5);
		encoders_set_cursor(stage->encoders, &stage->cursor);
	}
}

/* --- viewers --- */

static void on_ready(void *context) {
	(void)context;
}

static void open_watcher(struct stage *stage, unsigned number) {
	static const int32_t encodings[WATCHERS / 2] = {TIGHT, ZRLE, HEXTILE};
	struct watcher *watcher = &stage->watchers[number];
	const struct encoder_viewer viewer = {.minor = 8, .ready = on_ready};
	const int32_t list[] = {encodings[number / 2], LAST_RECT, COPYRECT};
	size_t count = number % 2 ? 2 : 3;
	struct reason reason;
	CHECK(encoder_create(stage->encoders, &viewer, &watcher->encoder, &reason) == 0);
	CHECK(decode_init(&watcher->decoder, WIDTH, HEIGHT) == 0);
	decode_set_format(&watcher->decoder, formats_native.wire);
	decode_set_encodings(&watcher->decoder, list, count);
	encoder_set_encodings(watcher->encoder, list, count);
	encoder_draws_cursor(watcher->encoder, number / 2 == 1);
}

static void close_watcher(struct watcher *watcher) {
	encoder_destroy(watcher->encoder);
	decode_finish(&watcher->decoder);
	free(watcher->bytes);
}

static void take(struct watcher *watcher) {
	for (;;) {
		if (watcher->capacity - watcher->size < 1 << 16) {
			watcher->capacity += 1 << 18;
			watcher->bytes = realloc(watcher->bytes, watcher->capacity);
			CHECK(watcher->bytes);
		}
		ssize_t taken = encoder_take(
			watcher->encoder, watcher->bytes + watcher->size, watcher->capacity - watcher->size);
		CHECK(taken >= 0);
		if (!taken)
			return;
		watcher->size += (size_t)taken;
	}
}

/* Decodes everything that was taken, which is whole updates. */
static void decode(struct watcher *watcher) {
	struct source source;
	struct reason reason = {""};
	source_memory(&source, watcher->bytes, watcher->size);
	while (source.size)
		CHECK_SAY(decode_message(&watcher->decoder, &source, &reason) == 0, "%s", reason.text);
	source_finish(&source);
	watcher->copies += watcher->decoder.decoded.rectangles[COPYRECT];
	decode_clear(&watcher->decoder, &(struct decode_area){0});
	watcher->size = 0;
}

static void ask(struct stage *stage, struct watcher *watcher) {
	struct rect area = {0, 0, WIDTH, HEIGHT};
	bool incremental = !one_in(stage, 15);
	if (!encoder_accepts(watcher->encoder))
		return;
	if (!incremental || one_in(stage, 6))
		area = random_rect(stage);
	encoder_request(watcher->encoder, incremental, &area);
	CHECK(encoder_flush(watcher->encoder) == 0);
}

/* Reads everything that the viewer has asked for. */
static void finish(struct stage *stage, struct watcher *watcher) {
	encoder_settle(watcher->encoder);
	CHECK(encoder_flush(watcher->encoder) == 0);
	for (take(watcher); !encoder_is_idle(watcher->encoder); take(watcher))
		uv_run(&stage->loop, UV_RUN_ONCE);
	decode(watcher);
}

static void finish_all(struct stage *stage, bool incremental) {
	for (unsigned i = 0; i < WATCHERS; i++) {
		struct watcher *watcher = &stage->watchers[i];
		finish(stage, watcher);
		encoder_request(watcher->encoder, incremental, &(struct rect){0, 0, WIDTH, HEIGHT});
		finish(stage, watcher);
	}
}

static void check_pair(const struct stage *stage, unsigned number, unsigned step) {
	const uint32_t *pixels = stage->watchers[number].decoder.pixels,
		       *others = stage->watchers[number + 1].decoder.pixels;
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++)
			CHECK_SAY(pixels[y * WIDTH + x] == others[y * WIDTH + x],
				"step %u, viewer %u: %06x instead of %06x at %u,%u", step, number,
				pixels[y * WIDTH + x], others[y * WIDTH + x], x, y);
}

/* Viewer 2 draws the cursor itself, so only the banner may be above the picture. */
static void check_truth(const struct stage *stage, unsigned step) {
	for (uint32_t y = 64; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++)
			CHECK_SAY(stage->watchers[2].decoder.pixels[y * WIDTH + x] == stage->truth[y][x],
				"step %u: %u,%u", step, x, y);
}

/* A viewer is not told the same words twice, so all of them must have been told the words before. */
static void say_something(struct stage *stage, unsigned step) {
	char words[64] = "";
	if (step % 2)
		snprintf(words, sizeof words, "In step %u, something is missing", step);
	encoders_set_banner(stage->encoders, words, 60000);
	finish_all(stage, true);
}

static void everything_moves(struct stage *stage) {
	for (unsigned step = 1; step <= STEPS; step++) {
		change_something(stage);
		publish(stage);
		for (unsigned i = 0; i < WATCHERS; i++) {
			if (!one_in(stage, 5))
				ask(stage, &stage->watchers[i]);
			if (!one_in(stage, 5))
				take(&stage->watchers[i]);
		}
		uv_run(&stage->loop, UV_RUN_NOWAIT);
		if (!one_in(stage, 5))
			continue;
		finish_all(stage, true);
		for (unsigned i = 0; i < WATCHERS; i += 2)
			check_pair(stage, i, step);
		check_truth(stage, step);
		if (one_in(stage, 3))
			say_something(stage, step);
	}
}

/* Each step is seen, and only the rest of it is sent as pixels. */
static void nearly_all_is_copied(struct stage *stage) {
	finish_all(stage, true);
	for (unsigned step = 1; step <= 20; step++) {
		scroll(stage, (struct rect){37, 41, 333, 301}, step % 3 ? -19 : 31);
		publish(stage);
		for (unsigned i = 0; i < WATCHERS; i++)
			stage->watchers[i].copies = 0;
		finish_all(stage, true);
		for (unsigned i = 0; i < WATCHERS; i += 2) {
			CHECK_SAY(stage->watchers[i].copies > 0, "step %u, viewer %u", step, i);
			check_pair(stage, i, step);
		}
		check_truth(stage, step);
	}
}

/* RFC 6143, 7.5.3: a request that is not incremental is answered by pixels. */
static void nothing_is_copied_into_nothing(struct stage *stage) {
	scroll(stage, (struct rect){0, 0, WIDTH, HEIGHT}, -20);
	for (unsigned i = 0; i < WATCHERS; i++)
		stage->watchers[i].copies = 0;
	for (unsigned i = 0; i < WATCHERS; i++) {
		encoder_request(stage->watchers[i].encoder, false, &(struct rect){0, 0, WIDTH, HEIGHT});
		publish(stage);
		finish(stage, &stage->watchers[i]);
		CHECK_SAY(stage->watchers[i].copies == 0, "viewer %u", i);
		scroll(stage, (struct rect){0, 0, WIDTH, HEIGHT}, -20);
	}
}

/* "library": by libvncserver alone. */
int main(int argc, char **argv) {
	static struct stage stage = {.random = {3}};
	bool library = argc > 1 && strcmp(argv[1], "library") == 0;
	stage.cursor =
		(struct cursor){.visible = true, .placed = true, .shape = 1, .width = 24, .height = 24};
	for (uint32_t i = 0; i < 24 * 24; i++)
		stage.cursor.pixels[i] = 0xff000000 | i * 0x123;
	uv_loop_init(&stage.loop);
	stage.store = picture_store_create();
	stage.encoders = (library ? vnc_link_encoders : vnc_choice_encoders)(&stage.loop, stage.store);
	CHECK(stage.store && stage.encoders);
	damage_init(&stage.damage);
	write_rows(&stage, (struct rect){0, 0, WIDTH, HEIGHT});
	publish(&stage);
	for (unsigned i = 0; i < WATCHERS; i++)
		open_watcher(&stage, i);
	everything_moves(&stage);
	nearly_all_is_copied(&stage);
	nothing_is_copied_into_nothing(&stage);
	for (unsigned i = 0; i < WATCHERS; i++)
		close_watcher(&stage.watchers[i]);
	uv_run(&stage.loop, UV_RUN_NOWAIT);
	encoders_destroy(stage.encoders);
	uv_run(&stage.loop, UV_RUN_NOWAIT);
	picture_store_destroy(stage.store);
	damage_finish(&stage.damage);
	uv_loop_close(&stage.loop);
	return 0;
}
