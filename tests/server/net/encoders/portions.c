/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Viewers that stop reading in the middle of updates keep no more than a certain number of bytes, all
 * together, each of another picture that has nothing in common with the others. When they read again, with
 * everything moving in between, each of them sees the last picture.
 */
#include <semaphore.h>
#include <string.h>
#include <time.h>

#include "capture/base/array.h"
#include "encode/rfb/own.h"
#include "encode/rfb/pool.h"
#include "encode/rfb/protocol.h"
#include "tests/encode/random.h"
#include "tests/server/net/decode/decode.h"
#include "tests/server/net/encoders/formats.h"
#include "tests/test.h"

enum { WIDTH = 1280, HEIGHT = 800, WATCHERS = 24, LITTLE = 1000, STEPS = 6, SCROLLED = 40 };
/* Each thread may begin a piece at the moment in which the limit is reached. */
enum { MOST = OWN_PIECES_IN_USE + WATCHERS * OWN_PORTION + (POOL_MAX_THREADS + 1) * OWN_PIECE_MAX };

struct watcher {
	struct encoder *encoder;
	struct decoder decoder;
	uint8_t *bytes;
	size_t size, capacity;
};

static struct picture_store *store;
static struct own *own;
static struct damage damage;
static struct random state = {.state = 4};
static uint32_t truth[HEIGHT][WIDTH];
static struct watcher watchers[WATCHERS];
static sem_t woken;
static unsigned invited; /* calls of encoder_viewer.ready */
static size_t most;

/* --- the encoders' owner --- */

static void wake(void *context) {
	(void)context;
	sem_post(&woken);
}

static void says(void *context, const char *words) {
	(void)context;
	CHECK_SAY(false, "%s", words);
}

static void on_ready(void *context) {
	(void)context;
	invited++;
}

static void note_use(void) {
	size_t use = own_bytes_in_use(own);
	most = use > most ? use : most;
	CHECK_SAY(use <= MOST, "%zu bytes", use);
}

static void turn(void) {
	sem_wait(&woken);
	own_turn(own);
	note_use();
}

/* --- what is shown --- */

static void draw(void) {
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++)
			truth[y][x] = (uint32_t)random_next(&state) & 0xffffff;
}

static void scroll(void) {
	memmove(truth[0], truth[SCROLLED], sizeof truth[0] * (HEIGHT - SCROLLED));
	for (uint32_t y = HEIGHT - SCROLLED; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++)
			truth[y][x] = (uint32_t)random_next(&state) & 0xffffff;
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
	own_published(own);
}

/* --- viewers --- */

static void open_watcher(struct watcher *watcher, unsigned number) {
	static const int32_t encodings[] = {ENCODING_RAW, ENCODING_TIGHT, ENCODING_RAW, ENCODING_ZRLE,
		ENCODING_RAW, ENCODING_RAW, ENCODING_RAW, ENCODING_RAW};
	const int32_t list[] = {
		encodings[number % ARRAY_LEN(encodings)], ENCODING_COPYRECT, ENCODING_LAST_RECT};
	const struct encoder_viewer viewer = {.minor = 8, .ready = on_ready};
	const struct own_wish wish = {.encoding = list[0],
		.format = format_native,
		.copies = true,
		.last_rect = number < WATCHERS / 2};
	struct reason reason;
	CHECK(own_viewer_create(own, &viewer, &watcher->encoder, &reason) == 0);
	CHECK(decode_init(&watcher->decoder, WIDTH, HEIGHT) == 0);
	decode_set_format(&watcher->decoder, formats_native.wire);
	decode_set_encodings(&watcher->decoder, list, ARRAY_LEN(list));
	own_viewer_wish(watcher->encoder, &wish);
	encoder_draws_cursor(watcher->encoder, true);
}

static void ask(struct watcher *watcher, bool incremental) {
	encoder_request(watcher->encoder, incremental, &(struct rect){0, 0, WIDTH, HEIGHT});
	CHECK(encoder_flush(watcher->encoder) == 0);
}

/* Returns how many bytes came, at most `size`. */
static size_t take(struct watcher *watcher, size_t size) {
	if (watcher->capacity - watcher->size < size) {
		watcher->capacity = watcher->size + size + (1 << 20);
		watcher->bytes = realloc(watcher->bytes, watcher->capacity);
		CHECK(watcher->bytes);
	}
	ssize_t taken = encoder_take(watcher->encoder, watcher->bytes + watcher->size, size);
	CHECK(taken >= 0);
	watcher->size += (size_t)taken;
	return (size_t)taken;
}

static void decode(struct watcher *watcher) {
	struct source source;
	struct reason reason = {""};
	source_memory(&source, watcher->bytes, watcher->size);
	while (source.size)
		CHECK_SAY(decode_message(&watcher->decoder, &source, &reason) == 0, "%s", reason.text);
	watcher->size = 0;
}

/* Reads all that was asked for. */
static void finish(struct watcher *watcher) {
	while (!encoder_is_idle(watcher->encoder))
		if (!take(watcher, 1 << 16) && !encoder_is_idle(watcher->encoder))
			turn();
	decode(watcher);
}

/* Reads the first bytes of an update of a picture that nobody else is shown, and no more. */
static void stall(struct watcher *watcher) {
	draw();
	publish();
	ask(watcher, false);
	while (!take(watcher, LITTLE))
		turn();
}

static void everybody_stalls(void) {
	size_t all = (size_t)WATCHERS * WIDTH * HEIGHT * 3;
	for (unsigned i = 0; i < WATCHERS; i++)
		stall(&watchers[i]);
	for (unsigned i = 0; i < 100; i++) { /* nothing becomes more by itself */
		own_turn(own);
		note_use();
	}
	CHECK(all > MOST); /* what they would keep otherwise */
	CHECK_SAY(most > OWN_PIECES_IN_USE / 4 * 3, "%zu bytes", most);
}

/* Some read on in the middle of that. */
static void everything_moves(void) {
	for (unsigned step = 0; step < STEPS; step++) {
		scroll();
		publish();
		for (unsigned i = 0; i < WATCHERS; i++) {
			struct watcher *watcher = &watchers[i];
			if (encoder_is_idle(watcher->encoder))
				ask(watcher, true);
			for (unsigned takes = random_below(&state, 60); takes && take(watcher, 1 << 16);
				takes--)
				;
		}
		own_turn(own);
		note_use();
	}
}

static uint64_t mixed_updates(void) {
	uint64_t sum = 0;
	for (unsigned i = 0; i < WATCHERS; i++) {
		struct encoder_report report;
		encoder_report(watchers[i].encoder, &report);
		sum += report.mixed_updates;
	}
	return sum;
}

static void check(struct watcher *watcher) {
	encoder_settle(watcher->encoder);
	CHECK(encoder_flush(watcher->encoder) == 0);
	finish(watcher);
	CHECK_SAY(memcmp(watcher->decoder.pixels, truth, sizeof truth) == 0, "viewer %d",
		(int)(watcher - watchers));
}

/* What was sent of the newer picture must not be taken for the older one that the picture has moved from. */
static void one_picture_moves(struct watcher *watcher) {
	finish(watcher);
	stall(watcher);
	scroll();
	publish();
	finish(watcher);
	ask(watcher, true);
	check(watcher);
}

/* Does what there is to do until nothing has come for a while. */
static void settle_down(void) {
	struct timespec until;
	do {
		own_turn(own);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
	} while (!sem_timedwait(&woken, &until));
}

/* Whoever takes bytes when it was not invited, and leaves some because others have their turn, is invited
 * again: nothing else may happen any more that would have it go on. */
static void what_is_left_invites_again(struct watcher *watcher) {
	stall(watcher);
	settle_down();
	invited = 0;
	CHECK(take(watcher, LITTLE) > 0 && !encoder_is_idle(watcher->encoder));
	encoder_hold(watcher->encoder, false);
	CHECK(sem_trywait(&woken) == 0);
	own_turn(own);
	CHECK(invited > 0);
	finish(watcher);
}

static void everybody_catches_up(void) {
	for (unsigned i = 0; i < WATCHERS; i++) {
		struct watcher *watcher = &watchers[i];
		finish(watcher);
		scroll();
		publish();
		ask(watcher, true);
		check(watcher);
	}
	CHECK(mixed_updates() > 0);
}

int main(void) {
	const struct own_events events = {.wake = wake, .says = says};
	sem_init(&woken, 0, 0);
	store = picture_store_create();
	own = own_create(store, &(struct own_options){.refreshes = true}, &events);
	CHECK(store && own);
	damage_init(&damage);
	draw();
	publish();
	for (unsigned i = 0; i < WATCHERS; i++)
		open_watcher(&watchers[i], i);
	everybody_stalls();
	for (unsigned i = 0; i < 4; i++)
		one_picture_moves(&watchers[i]);
	everything_moves();
	everybody_catches_up();
	what_is_left_invites_again(&watchers[0]);
	for (unsigned i = 0; i < WATCHERS; i++) {
		encoder_destroy(watchers[i].encoder);
		decode_finish(&watchers[i].decoder);
		free(watchers[i].bytes);
	}
	CHECK(own_bytes_in_use(own) == 0);
	own_destroy(own);
	picture_store_destroy(store);
	damage_finish(&damage);
	sem_destroy(&woken);
	return 0;
}
