/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/piece.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "encode/rfb/loan.h"

enum { BUCKETS = 1024 };

struct piece {
	struct piece_log *log; /* borrowed */
	struct piece_key key;
	bool in_log;    /* it can be found by its key; under lock */
	unsigned users; /* under lock */
	_Atomic int state;
	uint8_t *bytes; /* owned */
	size_t size;
	size_t counted; /* what it takes, or may take, as far as that is known; under lock */
	struct tally tally;
	struct rect *lossy; /* owned; NULL: there is at most one place, and that is `lossy_all` */
	struct rect lossy_all;
	size_t lossy_count;
	LIST_ENTRY(piece) same_bucket;
	TAILQ_ENTRY(piece) unused; /* the list piece_log.unused */
};

_Static_assert(sizeof(struct piece) + sizeof(struct loan) <= PIECE_OVERHEAD, "what a piece takes counts");

LIST_HEAD(bucket, piece);

struct piece_log {
	pthread_mutex_t lock;
	size_t limit;
	struct bucket buckets[BUCKETS];
	TAILQ_HEAD(unused, piece)
	unused; /* pieces in the log without users, the least recently used one first */
	struct piece_log_report report;
	size_t in_use; /* bytes of pieces that have users */
};

struct piece_log *piece_log_create(size_t limit) {
	struct piece_log *log = calloc(1, sizeof *log);
	if (!log)
		return NULL;
	pthread_mutex_init(&log->lock, NULL);
	TAILQ_INIT(&log->unused);
	log->limit = limit;
	return log;
}

/* --- under lock --- */

static struct bucket *bucket_of(struct piece_log *log, const struct piece_key *key) {
	const uint64_t numbers[] = {key->generation, key->style,
		(uint64_t)key->place.x << 32 | (uint32_t)key->place.y,
		(uint64_t)key->place.width << 32 | key->place.height};
	uint64_t hash = 0;
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		hash = (hash ^ numbers[i]) * 0x9e3779b97f4a7c15;
		hash ^= hash >> 29;
	}
	return &log->buckets[hash % BUCKETS];
}

static bool is_for(const struct piece *piece, const struct piece_key *key) {
	return piece->key.generation == key->generation && piece->key.style == key->style &&
	       rect_equals(piece->key.place, key->place);
}

static struct piece *find(struct piece_log *log, const struct piece_key *key) {
	struct piece *piece;
	LIST_FOREACH(piece, bucket_of(log, key), same_bucket)
		if (is_for(piece, key))
			return piece;
	return NULL;
}

static void forget(struct piece *piece) {
	if (piece->in_log)
		LIST_REMOVE(piece, same_bucket);
	piece->in_log = false;
}

static void destroy(struct piece *piece) {
	free(piece->bytes);
	free(piece->lossy);
	free(piece);
}

static void leave_unused(struct piece_log *log, struct piece *piece) {
	TAILQ_REMOVE(&log->unused, piece, unused);
	log->report.bytes -= piece->counted;
}

/* It is in use. */
static void count(struct piece_log *log, struct piece *piece, size_t size) {
	log->in_use += size + PIECE_OVERHEAD - piece->counted;
	piece->counted = size + PIECE_OVERHEAD;
}

static void drop_oldest(struct piece_log *log) {
	struct piece *oldest = TAILQ_FIRST(&log->unused);
	leave_unused(log, oldest);
	forget(oldest);
	destroy(oldest);
}

static void begin_use(struct piece_log *log, struct piece *piece) {
	if (piece->users++)
		return;
	leave_unused(log, piece);
	log->in_use += piece->counted;
}

/* --- pieces --- */

void piece_log_destroy(struct piece_log *log) {
	if (!log)
		return;
	while (!TAILQ_EMPTY(&log->unused))
		drop_oldest(log);
	pthread_mutex_destroy(&log->lock);
	free(log);
}

struct piece *piece_create(struct piece_log *log) {
	struct piece *piece = calloc(1, sizeof *piece);
	if (!piece)
		return NULL;
	piece->log = log;
	piece->users = 1;
	return piece;
}

struct piece *piece_log_get(struct piece_log *log, const struct piece_key *key, bool *make) {
	pthread_mutex_lock(&log->lock);
	struct piece *piece = find(log, key);
	*make = !piece;
	if (piece) {
		begin_use(log, piece);
		log->report.shared++;
	} else if ((piece = piece_create(log))) {
		piece->key = *key;
		piece->in_log = true;
		LIST_INSERT_HEAD(bucket_of(log, key), piece, same_bucket);
		log->report.made++;
	}
	pthread_mutex_unlock(&log->lock);
	return piece;
}

void piece_use(struct piece *piece) {
	pthread_mutex_lock(&piece->log->lock);
	piece->users++;
	pthread_mutex_unlock(&piece->log->lock);
}

void piece_drop(struct piece *piece) {
	struct piece_log *log = piece->log;
	pthread_mutex_lock(&log->lock);
	if (!--piece->users)
		log->in_use -= piece->counted;
	if (!piece->users && piece->in_log) {
		TAILQ_INSERT_TAIL(&log->unused, piece, unused);
		log->report.bytes += piece->counted;
		while (log->report.bytes > log->limit)
			drop_oldest(log);
	} else if (!piece->users) {
		destroy(piece);
	}
	pthread_mutex_unlock(&log->lock);
}

void piece_expect(struct piece *piece, size_t size) {
	struct piece_log *log = piece->log;
	pthread_mutex_lock(&log->lock);
	count(log, piece, size);
	pthread_mutex_unlock(&log->lock);
}

bool piece_is_wanted(struct piece *piece) {
	pthread_mutex_lock(&piece->log->lock);
	bool wanted = piece->users > 1;
	if (!wanted)
		forget(piece);
	pthread_mutex_unlock(&piece->log->lock);
	return wanted;
}

void piece_made(struct piece *piece, uint8_t *bytes, size_t size) {
	struct piece_log *log = piece->log;
	pthread_mutex_lock(&log->lock);
	count(log, piece, size + (piece->lossy ? piece->lossy_count * sizeof *piece->lossy : 0));
	piece->bytes = bytes;
	piece->size = size;
	if (!bytes)
		forget(piece);
	pthread_mutex_unlock(&log->lock);
	atomic_store_explicit(&piece->state, bytes ? PIECE_READY : PIECE_FAILED, memory_order_release);
}

struct tally *piece_tally(struct piece *piece) {
	return &piece->tally;
}

void piece_lose(struct piece *piece, const struct lossy_places *places) {
	size_t size = places->count * sizeof *places->list;
	piece->lossy_count = places->count;
	if (places->count > 1 && (piece->lossy = malloc(size))) {
		memcpy(piece->lossy, places->list, size);
	} else if (places->count) {
		piece->lossy_all = places->list[0];
		for (size_t i = 1; i < places->count; i++)
			piece->lossy_all = rect_unite(piece->lossy_all, places->list[i]);
		piece->lossy_count = 1;
	}
}

struct lossy_places piece_lossy(const struct piece *piece) {
	return (struct lossy_places){piece->lossy ? piece->lossy : &piece->lossy_all, piece->lossy_count};
}

enum piece_state piece_state(const struct piece *piece) {
	return (enum piece_state)atomic_load_explicit(&piece->state, memory_order_acquire);
}

const uint8_t *piece_bytes(const struct piece *piece, size_t *size) {
	*size = piece->size;
	return piece->bytes;
}

size_t piece_log_in_use(struct piece_log *log) {
	pthread_mutex_lock(&log->lock);
	size_t size = log->in_use;
	pthread_mutex_unlock(&log->lock);
	return size;
}

void piece_log_report(struct piece_log *log, struct piece_log_report *report) {
	pthread_mutex_lock(&log->lock);
	*report = log->report;
	pthread_mutex_unlock(&log->lock);
}
