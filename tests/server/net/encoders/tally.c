/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the encoder says that a viewer was sent is what a decoder of it counts: rectangles, bytes and pixels
 * of each class, in several encodings, and what copies saved. Of two viewers that want the same, each piece
 * was encoded for one. Updates of a few pixels end without LastRect.
 */
#include "encode/rfb/tally.h"

#include <math.h>
#include <string.h>
#include <uv.h>

#include "capture/base/array.h"
#include "encode/rfb/encoder.h"
#include "server/vnc/choice.h"
#include "tests/server/net/decode/decode.h"
#include "tests/server/net/encoders/content.h"
#include "tests/server/net/encoders/formats.h"
#include "tests/test.h"

enum { WIDTH = 800, HEIGHT = 500, CELL = 100, SCROLLED = 20, STEPS = 5 };
enum { RAW, COPYRECT, TIGHT = 7, ZRLE = 16, ZLIB = 6, LAST_RECT = -224, QUALITY_6 = -26 };

static const struct wish {
	int32_t list[5];
	size_t count;
} wishes[] = {
	{{TIGHT, LAST_RECT, COPYRECT}, 3},
	{{TIGHT, LAST_RECT, COPYRECT}, 3}, /* the same again */
	{{TIGHT, LAST_RECT, QUALITY_6}, 3},
	{{TIGHT, ZLIB, LAST_RECT, COPYRECT}, 4}, /* with the gradient filter */
	{{TIGHT}, 1},
	{{ZRLE, COPYRECT}, 2},
	{{RAW, COPYRECT}, 2},
};
enum { WATCHERS = ARRAY_LEN(wishes) };

struct watcher {
	struct encoder *encoder;
	struct decoder decoder;
	uint8_t *bytes;
	size_t size, capacity;
	double saved; /* by copies, at least */
};

static uv_loop_t loop;
static struct picture_store *store;
static struct encoders *encoders;
static struct damage damage;
static uint32_t truth[HEIGHT][WIDTH];
static struct watcher watchers[WATCHERS];

/* --- what is shown --- */

static void draw(unsigned step) {
	for (uint32_t y = 0; y < HEIGHT; y += CELL)
		for (uint32_t x = 0; x < WIDTH; x += CELL)
			content_draw(
				(x / CELL + y / CELL * 5 + step) % CONTENTS, &truth[y][x], WIDTH, CELL, CELL);
}

static void scroll(unsigned step) {
	memmove(truth[0], truth[SCROLLED], sizeof truth[0] * (HEIGHT - SCROLLED));
	for (uint32_t y = HEIGHT - SCROLLED; y < HEIGHT; y++)
		content_draw(CONTENT_NOISE, truth[y], WIDTH, WIDTH - step, 1);
}

static void publish(void) {
	struct picture *picture = picture_store_begin(store, WIDTH, HEIGHT);
	CHECK(picture && damage_resize(&damage, WIDTH, HEIGHT) == 0);
	for (uint32_t row = 0; row < damage.rows; row++)
		for (uint32_t column = 0; column < damage.columns; column++)
			damage_add(&damage, column, row);
	for (uint32_t y = 0; y < HEIGHT; y++)
		memcpy(picture->pixels + (size_t)y * picture->stride, truth[y], sizeof truth[y]);
	picture_store_publish(store, &damage);
	encoders_published(encoders);
}

/* --- viewers --- */

static void on_ready(void *context) {
	(void)context;
}

static void open_watcher(unsigned number) {
	struct watcher *watcher = &watchers[number];
	const struct encoder_viewer viewer = {.minor = 8, .ready = on_ready};
	struct reason reason;
	CHECK(encoder_create(encoders, &viewer, &watcher->encoder, &reason) == 0);
	CHECK(decode_init(&watcher->decoder, WIDTH, HEIGHT) == 0);
	decode_set_format(&watcher->decoder, formats_native.wire);
	decode_set_encodings(&watcher->decoder, wishes[number].list, wishes[number].count);
	encoder_set_encodings(watcher->encoder, wishes[number].list, wishes[number].count);
	encoder_draws_cursor(watcher->encoder, true);
}

static void take(struct watcher *watcher) {
	ssize_t taken = 1;
	while (taken > 0) {
		if (watcher->capacity - watcher->size < 1 << 16) {
			watcher->capacity += 1 << 20;
			watcher->bytes = realloc(watcher->bytes, watcher->capacity);
			CHECK(watcher->bytes);
		}
		taken = encoder_take(
			watcher->encoder, watcher->bytes + watcher->size, watcher->capacity - watcher->size);
		CHECK(taken >= 0);
		watcher->size += (size_t)taken;
	}
}

/* What the copies of this update saved if pixels take what they took before it. */
static void expect_saved(struct watcher *watcher, const struct decoded *before) {
	const struct decoded_sum *now = watcher->decoder.decoded.sorts, *then = before->sorts;
	double bytes = 0, pixels = 0, copied = (double)(now[DECODED_COPY].pixels - then[DECODED_COPY].pixels);
	for (unsigned i = 0; i < DECODED_COPY; i++) {
		bytes += (double)then[i].bytes;
		pixels += (double)then[i].pixels;
	}
	if (copied > 0)
		watcher->saved += floor(copied * bytes / pixels -
					(double)(now[DECODED_COPY].bytes - then[DECODED_COPY].bytes));
}

static void read_update(struct watcher *watcher, bool incremental) {
	struct decoded before = watcher->decoder.decoded;
	struct source source;
	struct reason reason = {""};
	encoder_request(watcher->encoder, incremental, &(struct rect){0, 0, WIDTH, HEIGHT});
	CHECK(encoder_flush(watcher->encoder) == 0);
	for (take(watcher); !encoder_is_idle(watcher->encoder); take(watcher))
		uv_run(&loop, UV_RUN_ONCE);
	source_memory(&source, watcher->bytes, watcher->size);
	while (source.size)
		CHECK_SAY(decode_message(&watcher->decoder, &source, &reason) == 0, "%s", reason.text);
	watcher->size = 0;
	expect_saved(watcher, &before);
}

static void read_updates(bool incremental) {
	for (unsigned i = 0; i < WATCHERS; i++)
		read_update(&watchers[i], incremental);
}

/* --- what is said of them --- */

static struct tally_sent sent_to(unsigned number) {
	struct encoder_report report;
	encoder_report(watchers[number].encoder, &report);
	return report.sent;
}

static void check_class(unsigned number, enum tally_class class, enum decoded_sort sort) {
	struct tally_sent sent = sent_to(number);
	const struct tally_class_sent *said = &sent.classes[class];
	const struct decoded_sum *seen = &watchers[number].decoder.decoded.sorts[sort];
	CHECK_SAY(said->rectangles == seen->rectangles && said->bytes == seen->bytes &&
			  said->pixels == seen->pixels,
		"viewer %u, %s: %llu rectangles, %llu bytes, %llu pixels instead of %llu, %llu, %llu", number,
		tally_class_name(class), (unsigned long long)said->rectangles,
		(unsigned long long)said->bytes, (unsigned long long)said->pixels,
		(unsigned long long)seen->rectangles, (unsigned long long)seen->bytes,
		(unsigned long long)seen->pixels);
}

static void check_counts(unsigned number) {
	static const enum decoded_sort sorts[TALLY_CLASSES] = {[TALLY_SOLID] = DECODED_SOLID,
		[TALLY_TWO_COLOURS] = DECODED_TWO_COLOURS,
		[TALLY_PALETTE] = DECODED_PALETTE,
		[TALLY_TRUE_COLOUR] = DECODED_TRUE_COLOUR,
		[TALLY_JPEG] = DECODED_JPEG,
		[TALLY_MIXED] = DECODED_TILES,
		[TALLY_RAW] = DECODED_PLAIN,
		[TALLY_COPY] = DECODED_COPY};
	struct tally_sent sent = sent_to(number);
	uint64_t ns = 0;
	for (unsigned i = 0; i < TALLY_CLASSES; i++) {
		if (i != TALLY_H264)
			check_class(number, i, sorts[i]);
		ns += sent.classes[i].ns;
		CHECK(sent.classes[i].shared_rectangles <= sent.classes[i].rectangles);
	}
	CHECK_SAY(sent.ns >= ns, "viewer %u: %llu ns, of which %llu", number, (unsigned long long)sent.ns,
		(unsigned long long)ns);
	CHECK_SAY((double)sent.copies_saved == watchers[number].saved,
		"viewer %u: %llu saved instead of %.0f", number, (unsigned long long)sent.copies_saved,
		watchers[number].saved);
}

static bool was_sent(enum tally_class class) {
	for (unsigned i = 0; i < WATCHERS; i++)
		if (sent_to(i).classes[class].rectangles)
			return true;
	return false;
}

/* Nobody else has these pieces. */
static void check_shares(void) {
	struct tally_sent one = sent_to(0), other = sent_to(1);
	CHECK(one.pieces == other.pieces && one.shared_pieces + other.shared_pieces == one.pieces);
	CHECK(other.shared_pieces > 0 && one.ns > 0);
	for (unsigned i = 0; i < TALLY_COPY; i++)
		CHECK_SAY(one.classes[i].shared_bytes + other.classes[i].shared_bytes == one.classes[i].bytes,
			"%s", tally_class_name(i));
	CHECK(sent_to(WATCHERS - 1).shared_pieces == 0);
}

/* A few pixels of many colours, as a key changes in a terminal. */
static void publish_key(unsigned number) {
	enum { SIDE = 16, COLOURS = 40 };
	struct picture *picture = picture_store_begin(store, WIDTH, HEIGHT);
	CHECK(picture && damage_resize(&damage, WIDTH, HEIGHT) == 0);
	damage_clear(&damage);
	damage_add_box(&damage, 3, 2, (struct damage_box){0, 0, SIDE, SIDE});
	for (uint32_t y = 0; y < SIDE; y++)
		for (uint32_t x = 0; x < SIDE; x++)
			truth[2 * DAMAGE_TILE + y][3 * DAMAGE_TILE + x] =
				(y * SIDE + x) * (number + 1) % COLOURS * 0x060606;
	for (uint32_t y = 0; y < HEIGHT; y++)
		memcpy(picture->pixels + (size_t)y * picture->stride, truth[y], sizeof truth[y]);
	picture_store_publish(store, &damage);
	encoders_published(encoders);
}

/* The rectangles of an update of one piece are counted, so that it does not end by LastRect. */
static void check_keys(void) {
	for (unsigned number = 0; number < 4; number++) {
		publish_key(number);
		for (unsigned i = 0; i < WATCHERS; i++) {
			unsigned ends = watchers[i].decoder.decoded.last_rects;
			read_update(&watchers[i], true);
			CHECK(watchers[i].decoder.decoded.last_rects == ends);
			check_class(i, TALLY_PALETTE, DECODED_PALETTE);
			check_class(i, TALLY_TRUE_COLOUR, DECODED_TRUE_COLOUR);
		}
	}
}

int main(void) {
	uv_loop_init(&loop);
	store = picture_store_create();
	encoders = vnc_choice_encoders(&loop, store);
	CHECK(store && encoders);
	damage_init(&damage);
	draw(0);
	publish();
	for (unsigned i = 0; i < WATCHERS; i++)
		open_watcher(i);
	read_updates(false);
	for (unsigned step = 1; step <= STEPS; step++) {
		if (step % 4)
			scroll(step);
		else
			draw(step);
		publish();
		read_updates(true);
		for (unsigned i = 0; i < WATCHERS; i++)
			check_counts(i);
	}
	for (unsigned i = 0; i < TALLY_CLASSES; i++)
		CHECK_SAY(was_sent(i) || i == TALLY_H264, "%s",
			tally_class_name(i)); /* tests/encode/rfb/video.c */
	check_shares();
	check_keys();
	for (unsigned i = 0; i < WATCHERS; i++) {
		encoder_destroy(watchers[i].encoder);
		decode_finish(&watchers[i].decoder);
		free(watchers[i].bytes);
	}
	uv_run(&loop, UV_RUN_NOWAIT);
	encoders_destroy(encoders);
	uv_run(&loop, UV_RUN_NOWAIT);
	picture_store_destroy(store);
	damage_finish(&damage);
	uv_loop_close(&loop);
	return 0;
}
