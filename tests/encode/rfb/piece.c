/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whoever asks for the same gets the same piece, while it is made and after, as long as the log may keep it.
 */
#include "encode/rfb/piece.h"

#include <pthread.h>
#include <string.h>

#include "tests/encode/random.h"
#include "tests/test.h"

enum { LIMIT = 10000, THREADS = 4, ROUNDS = 20000 };

static const struct piece_key key = {5, 1, {64, 128, 64, 64}};

static uint8_t *bytes_of(uint8_t value, size_t size) {
	uint8_t *bytes = malloc(size);
	CHECK(bytes);
	memset(bytes, value, size);
	return bytes;
}

/* Its maker is a user, too. */
static void make(struct piece *piece, uint8_t value, size_t size) {
	piece_made(piece, bytes_of(value, size), size);
	piece_drop(piece);
}

static struct piece *get(struct piece_log *log, const struct piece_key *wanted, bool expect_new) {
	bool new;
	struct piece *piece = piece_log_get(log, wanted, &new);
	CHECK(piece && new == expect_new);
	if (new)
		piece_use(piece);
	return piece;
}

static void is_shared(void) {
	struct piece_log *log = piece_log_create(LIMIT);
	struct piece *first = get(log, &key, true), *second = get(log, &key, false);
	size_t size;
	CHECK(first == second && piece_state(first) == PIECE_IN_WORK && piece_is_wanted(first));
	make(first, 7, 100);
	CHECK(piece_state(second) == PIECE_READY && piece_bytes(second, &size)[99] == 7 && size == 100);
	piece_drop(first);
	piece_drop(second);
	CHECK(get(log, &key, false) == first); /* nobody had it in the meantime */
	piece_drop(first);
	struct piece_log_report report;
	piece_log_report(log, &report);
	CHECK(report.made == 1 && report.shared == 2 && report.bytes == 100 + PIECE_OVERHEAD);
	piece_log_destroy(log);
}

static void remembers_losses(void) {
	const struct rect places[] = {{64, 128, 32, 64}, {100, 128, 10, 20}};
	struct piece_log *log = piece_log_create(LIMIT);
	for (size_t count = 0; count < 3; count++) {
		const struct lossy_places lost = {places, count};
		struct piece *piece = piece_create(log);
		piece_lose(piece, &lost);
		piece_made(piece, bytes_of(1, 50), 50);
		struct lossy_places known = piece_lossy(piece);
		CHECK(known.count == count && memcmp(known.list, places, count * sizeof places[0]) == 0);
		piece_drop(piece);
	}
	piece_log_destroy(log);
}

/* A piece counts once, as long as somebody uses it. */
static void use_is_counted(void) {
	struct piece_log *log = piece_log_create(LIMIT);
	struct piece *shared = get(log, &key, true), *own = piece_create(log);
	CHECK(own && piece_log_in_use(log) == 0);
	piece_expect(shared, 500);
	CHECK(get(log, &key, false) == shared && piece_log_in_use(log) == 500 + PIECE_OVERHEAD);
	make(shared, 1, 100);
	CHECK(piece_log_in_use(log) == 100 + PIECE_OVERHEAD);
	piece_made(own, bytes_of(2, 30), 30);
	CHECK(piece_log_in_use(log) == 130 + 2 * PIECE_OVERHEAD);
	piece_drop(own);
	piece_drop(shared);
	CHECK(piece_log_in_use(log) == 100 + PIECE_OVERHEAD);
	piece_drop(shared);
	CHECK(piece_log_in_use(log) == 0);
	CHECK(get(log, &key, false) == shared && piece_log_in_use(log) == 100 + PIECE_OVERHEAD);
	piece_drop(shared);
	own = piece_create(log);
	CHECK(own);
	piece_expect(own, 70);
	piece_drop(own); /* unmade */
	CHECK(piece_log_in_use(log) == 0);
	piece_log_destroy(log);
}

static void others_are_not(void) {
	struct piece_key keys[] = {key, key, key, key, key, key, key};
	keys[1].generation++;
	keys[2].style++;
	keys[3].place.x++;
	keys[4].place.y++;
	keys[5].place.width++;
	keys[6].place.height++;
	struct piece_log *log = piece_log_create(LIMIT);
	struct piece *pieces[7], *own = piece_create(log);
	for (int i = 0; i < 7; i++) {
		pieces[i] = get(log, &keys[i], true);
		make(pieces[i], (uint8_t)i, 10);
	}
	for (int i = 0; i < 7; i++) {
		CHECK(get(log, &keys[i], false) == pieces[i] && pieces[i] != own);
		piece_drop(pieces[i]);
		piece_drop(pieces[i]);
	}
	piece_use(own);
	make(own, 1, LIMIT * 2);
	piece_drop(own);
	struct piece_log_report report;
	piece_log_report(log, &report);
	CHECK(report.bytes == 7 * (10 + PIECE_OVERHEAD));
	piece_log_destroy(log);
}

static void oldest_go_first(void) {
	struct piece_log *log = piece_log_create(LIMIT);
	struct piece_key keys[4] = {key, key, key, key};
	for (unsigned i = 0; i < 4; i++) {
		keys[i].style = 10 + i;
		struct piece *piece = get(log, &keys[i], true);
		make(piece, 0, LIMIT / 3 - PIECE_OVERHEAD);
		piece_drop(piece);
		if (i == 2)
			piece_drop(get(log, &keys[0], false)); /* now the second one is the oldest */
	}
	struct piece_log_report report;
	piece_log_report(log, &report);
	CHECK(report.bytes <= LIMIT);
	piece_drop(get(log, &keys[0], false));
	piece_drop(get(log, &keys[2], false));
	piece_drop(get(log, &keys[3], false));
	struct piece *again = get(log, &keys[1], true);
	make(again, 0, 2 * LIMIT);
	CHECK(piece_state(again) == PIECE_READY); /* whoever uses it keeps it */
	piece_drop(again);
	piece_log_report(log, &report);
	CHECK(report.bytes == 0);
	piece_log_destroy(log);
}

static void unwanted_and_failed(void) {
	struct piece_log *log = piece_log_create(LIMIT);
	struct piece *piece = get(log, &key, true);
	piece_drop(piece); /* the viewer is gone */
	CHECK(!piece_is_wanted(piece));
	struct piece *next = get(log, &key, true);
	piece_drop(piece);
	piece_made(next, NULL, 0);
	CHECK(piece_state(next) == PIECE_FAILED);
	piece_drop(next);
	struct piece *third = get(log, &key, true);
	make(third, 1, 1);
	piece_drop(third);
	piece_drop(next);
	piece_log_destroy(log);
}

/* Each thread makes what it is the first to ask for, and reads what others have made. */
static void *hammer(void *data) {
	struct piece_log *log = data;
	struct random state = {(uint64_t)(uintptr_t)&state};
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct piece_key wanted = key;
		bool new;
		size_t size;
		wanted.generation = random_below(&state, 40);
		struct piece *piece = piece_log_get(log, &wanted, &new);
		CHECK(piece);
		if (new) {
			piece_use(piece);
			if (wanted.generation % 10 == 9) {
				piece_made(piece, NULL, 0);
				piece_drop(piece);
			} else {
				make(piece, (uint8_t)wanted.generation, 50);
			}
		}
		if (piece_state(piece) == PIECE_READY)
			CHECK(piece_bytes(piece, &size)[49] == wanted.generation && size == 50);
		piece_drop(piece);
	}
	return NULL;
}

static void many_threads(void) {
	struct piece_log *log = piece_log_create(LIMIT);
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, hammer, log) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	struct piece_log_report report;
	piece_log_report(log, &report);
	CHECK(report.made + report.shared == THREADS * ROUNDS && report.bytes <= LIMIT);
	piece_log_destroy(log);
}

int main(void) {
	is_shared();
	remembers_losses();
	use_is_counted();
	others_are_not();
	oldest_go_first();
	unwanted_and_failed();
	many_threads();
	piece_log_destroy(NULL);
	return 0;
}
