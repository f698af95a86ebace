/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/deflate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "encode/rfb/block.h"

enum {
	WINDOW = DEFLATE_HISTORY, /* the largest distance */
	MATCH_MIN = 4,            /* what is shorter takes about as much as it saves */
	MATCH_GOOD = 32,          /* a match as long as this is not compared with others */
	/* Where some bytes were seen last, by their hash. If it must be quick, few of these are used, which
	 * stay in a processor's first cache. */
	PLACES_BITS = 15,
	QUICK_BITS = 13,       /* for MATCH_MIN bytes, */
	QUICK_BITS_BYTES = 12, /* and for QUICK_BYTES, if a pixel is one byte or less */
	QUICK_BYTES = 8,
	WAYS = 4, /* so many places of each hash are kept if there is time */
	LONG = 8, /* bytes whose last places are kept by DEFLATE_RUNS, */
	LONG_BITS = 12,
	LONG_WAYS = 2,
	SHORT_BITS = 12, /* and those of MATCH_MIN bytes */
	PAIR_BITS = 12,  /* those of two pixels, kept by DEFLATE_HASTY */
};
_Static_assert((int)DEFLATE_HISTORY <= (int)BLOCK_DISTANCE_MAX, "what a copy can refer to");

struct deflate {
	/* Places are counted on from piece to piece, with a gap of more than a window in front of one that
	 * stands alone, so that what the table still has of earlier pieces is too far away. */
	uint32_t base;
	uint32_t places[1 << PLACES_BITS];
	uint32_t long_places[1 << LONG_BITS][LONG_WAYS], short_places[1 << SHORT_BITS];
	uint32_t pair_places[1 << PAIR_BITS];
	/* The piece that is being made. */
	struct block block;
	const uint8_t *data;
	uint8_t *to;
	size_t history;
};

struct deflate *deflate_create(void) {
	return calloc(1, sizeof(struct deflate));
}

void deflate_destroy(struct deflate *deflate) {
	free(deflate);
}

size_t deflate_bound(size_t size) {
	return block_bound(size);
}

/* --- looking for matches --- */

static inline uint32_t read_4(const uint8_t *data) {
	uint32_t value;
	memcpy(&value, data, sizeof value);
	return value;
}

static inline uint64_t read_8(const uint8_t *data) {
	uint64_t value;
	memcpy(&value, data, sizeof value);
	return value;
}

static inline unsigned equal_bytes(uint64_t difference) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return (unsigned)__builtin_clzll(difference) / 8;
#else
	return (unsigned)__builtin_ctzll(difference) / 8;
#endif
}

/* How many bytes at `data` are those that lie `distance` before them. Some are known to be. */
static inline size_t match_length(const uint8_t *data, size_t known, size_t distance, const uint8_t *end) {
	const uint8_t *at = data + known;
	for (; end - at >= 8; at += 8) {
		uint64_t difference = read_8(at) ^ read_8(at - distance);
		if (difference)
			return (size_t)(at - data) + equal_bytes(difference);
	}
	while (at < end && *at == *(at - distance))
		at++;
	return (size_t)(at - data);
}

/* What is being compressed. */
struct search {
	struct deflate *deflate;
	const uint8_t *data, *from, *end; /* the piece, and the part of it that is looked at */
	struct deflate_steps steps;
	size_t history;
};

struct match {
	size_t length, distance;
};

/* The first bytes of eight as they lie in memory, and bits that depend on them. */
static inline uint64_t first_of(uint64_t eight, unsigned count) {
	unsigned rest = 64 - 8 * count;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return eight >> rest;
#else
	return eight << rest;
#endif
}

static inline uint32_t hash_of(uint32_t bytes, unsigned bits) {
	return bytes * 0x9e3779b1u >> (32 - bits);
}

static inline uint32_t hash_of_8(uint64_t bytes, unsigned bits) {
	return (uint32_t)(bytes * UINT64_C(0x9e3779b97f4a7c15) >> (64 - bits));
}

/* Whether the last byte that a better match needs is the same. Where many places are tried, that tells most
 * of them to be no better. */
static inline bool may_be_longer(
	const struct match *best, const struct search *search, const uint8_t *at, size_t distance) {
	size_t last = best->length + 1;
	return last < (size_t)(search->end - at) && at[last] == *(at + last - distance);
}

/* A match that is farther away than another one has to be longer by two bytes. */
static inline void try(
	struct match *best, const struct search *search, const uint8_t *at, unsigned least, size_t distance) {
	if (best->length && !may_be_longer(best, search, at, distance))
		return;
	uint64_t difference = read_8(at) ^ read_8(at - distance);
	if (first_of(difference, least))
		return;
	size_t length = difference ? equal_bytes(difference) : match_length(at, 8, distance, search->end);
	if (length > best->length + (best->length ? 1 : 0))
		*best = (struct match){length, distance};
}

/* Where the last places of the four bytes at `at` are kept. */
static inline uint32_t *places_of(const struct search *search, const uint8_t *at) {
	return &search->deflate->places[hash_of(read_4(at), PLACES_BITS) / WAYS * WAYS];
}

static inline uint32_t here(const struct search *search, const uint8_t *at) {
	return search->deflate->base + (uint32_t)(at - search->data);
}

static inline void put_place(uint32_t *places, unsigned ways, uint32_t place) {
	for (unsigned i = ways - 1; i > 0; i--)
		places[i] = places[i - 1];
	places[0] = place;
}

static inline void note(const struct search *search, const uint8_t *at) {
	put_place(places_of(search, at), WAYS, here(search, at));
}

/* How far back a match may begin. */
static inline size_t reach_of(const struct search *search, const uint8_t *at) {
	size_t before = (size_t)(at - search->data) + search->history;
	return before < WINDOW ? before : WINDOW;
}

/* Returns the best match that begins here, of the last places with the same hash, and takes note of the
 * place. If none is longer than what is known, that is returned. */
static inline struct match find(const struct search *search, const uint8_t *at, size_t known) {
	uint32_t *places = places_of(search, at), now = here(search, at);
	size_t reach = reach_of(search, at), pixel = search->steps.pixel, row = search->steps.row;
	struct match best = {known, 0};
	if (pixel && pixel <= reach)
		try(&best, search, at, MATCH_MIN, pixel);
	if (best.length < MATCH_GOOD && row && row <= reach)
		try(&best, search, at, MATCH_MIN, row);
	for (unsigned i = 0; i < WAYS && best.length < MATCH_GOOD && now - places[i] <= reach; i++)
		try(&best, search, at, MATCH_MIN, now - places[i]);
	put_place(places, WAYS, now);
	return best;
}

/* Goes on behind some bytes that no match was found for. A block of nothing but such bytes is long enough. */
static inline const uint8_t *pass(
	struct search *search, const uint8_t *at, size_t size, const uint8_t *last) {
	at += size < (size_t)(last - at) ? size : (size_t)(last - at);
	if (at - search->deflate->block.rest >= BLOCK_BYTES)
		block_end(&search->deflate->block, at);
	return at;
}

/* Takes a match in parts that deflate can tell, and returns what comes behind them. */
static inline const uint8_t *take_match(struct search *search, const uint8_t *at, struct match match) {
	size_t left = match.length;
	while (left >= BLOCK_COPY_MIN) {
		size_t part = left < BLOCK_COPY_MAX ? left : BLOCK_COPY_MAX;
		block_add(&search->deflate->block, at, part, match.distance);
		left -= part;
		at += part;
	}
	return at;
}

/* The last bytes are not looked up, because that would read past the end. */
static const uint8_t *last_of(const struct search *search) {
	enum { NEAR_END = 8 };
	return search->end - search->from > NEAR_END ? search->end - NEAR_END : search->from;
}

/* So many places are leaped over after so many at which nothing was found: the longer that goes on, the more.
 */
static size_t leap_after(size_t missed, size_t patience, size_t most) {
	size_t leap = missed / patience;
	return leap < most ? leap : most;
}

/* Where the last place of some bytes is kept, of which there are at most 8. */
static inline uint32_t *quick_place_of(
	const struct search *search, const uint8_t *at, unsigned bytes, unsigned bits) {
	return &search->deflate->places[hash_of_8(first_of(read_8(at), bytes), bits)];
}

/* The better of what the row above has and what the last place of so many bytes has. A run is found at the
 * place before. */
static inline struct match find_quickly(
	const struct search *search, const uint8_t *at, unsigned bytes, unsigned bits) {
	uint32_t *place = quick_place_of(search, at, bytes, bits), now = here(search, at);
	size_t reach = reach_of(search, at), row = search->steps.row, distance = now - *place;
	struct match best = {0, 0};
	*place = now;
	if (row && row <= reach)
		try(&best, search, at, bytes, row);
	if (best.length < MATCH_GOOD && distance <= reach)
		try(&best, search, at, bytes, distance);
	return best;
}

static inline void compress_quickly_by(
	struct search *search, unsigned bytes, unsigned bits, size_t patience, size_t most) {
	const uint8_t *at = search->from, *last = last_of(search);
	size_t missed = 0;
	while (at < last) {
		struct match match = find_quickly(search, at, bytes, bits);
		if (!match.length) {
			at = pass(search, at, 1 + leap_after(++missed, patience, most), last);
			continue;
		}
		missed = 0;
		at = take_match(search, at, match);
		if (at < last) /* one place near the end of a match is worth noting */
			*quick_place_of(search, at - 2, bytes, bits) = here(search, at - 2);
	}
}

/* Of indices and bits, short matches take nearly as much as they save. */
static void compress_quickly(struct search *search) {
	if (search->steps.pixel == 1)
		compress_quickly_by(search, QUICK_BYTES, QUICK_BITS_BYTES, 16, 16);
	else
		compress_quickly_by(search, MATCH_MIN, QUICK_BITS, 64, 8);
}

/* A match is given up for a longer one that begins at the next byte. */
static void compress_thoroughly(struct search *search) {
	enum { NOTED = 4 }; /* places of a match */
	const uint8_t *at = search->from, *last = last_of(search);
	struct match match = {0, 0}, next;
	size_t missed = 0;
	while (at < last) {
		if (!match.length)
			match = find(search, at, 0);
		if (match.length < MATCH_MIN) {
			at = pass(search, at, 1 + leap_after(++missed, 64, 8), last);
			match.length = 0;
			continue;
		}
		missed = 0;
		next.length = 0;
		if (match.length < MATCH_GOOD && at + 1 < last)
			next = find(search, at + 1, match.length - 1);
		if (next.length > match.length) {
			at++;
			match = next;
			continue;
		}
		const uint8_t *from = at + 2, *noted = at + NOTED;
		at = take_match(search, at, match);
		for (; from < at && from < last && from < noted; from++)
			note(search, from);
		match.length = 0;
	}
}

/* --- looking for long matches --- */

static inline uint32_t *long_places_of(const struct search *search, const uint8_t *at) {
	return search->deflate->long_places[hash_of_8(read_8(at), LONG_BITS)];
}

static inline uint32_t *short_place_of(const struct search *search, const uint8_t *at) {
	return &search->deflate->short_places[hash_of(read_4(at), SHORT_BITS)];
}

static inline void note_both(const struct search *search, const uint8_t *at) {
	uint32_t now = here(search, at);
	put_place(long_places_of(search, at), LONG_WAYS, now);
	*short_place_of(search, at) = now;
}

/* The best match of the last places of LONG bytes, or else what the last place of MATCH_MIN bytes has, and
 * takes note of the place. More places of a few bytes would only be nearer ones, and seldom longer. */
static inline struct match find_long(const struct search *search, const uint8_t *at) {
	uint32_t *places = long_places_of(search, at), *place = short_place_of(search, at);
	uint32_t now = here(search, at);
	size_t reach = reach_of(search, at);
	struct match best = {0, 0};
	for (unsigned i = 0; i < LONG_WAYS && best.length < MATCH_GOOD && now - places[i] <= reach; i++)
		try(&best, search, at, LONG, now - places[i]);
	if (!best.length && now - *place <= reach)
		try(&best, search, at, MATCH_MIN, now - *place);
	put_place(places, LONG_WAYS, now);
	*place = now;
	return best;
}

/* What comes behind a pixel and the length of its run. Most lengths are one byte, as a processor will guess:
 * it would have to wait for a list of where runs begin. */
static inline const uint8_t *behind_run(const struct search *search, const uint8_t *at) {
	at += search->steps.pixel;
	while (at < search->end && *at++ == 255)
		;
	return at;
}

/* Looks only where runs begin: what is found between them is hardly worth it. */
static void compress_runs(struct search *search) {
	enum { NOTED = 8 }; /* runs of a match */
	const uint8_t *at = search->from, *last = last_of(search);
	size_t missed = 0;
	while (at < last) {
		struct match match = find_long(search, at);
		const uint8_t *next = behind_run(search, at);
		if (match.length < MATCH_MIN) {
			for (size_t leap = leap_after(++missed, 32, 8); leap && next < last; leap--)
				next = behind_run(search, next);
			at = pass(search, at, (size_t)(next - at), last);
			continue;
		}
		missed = 0;
		at = take_match(search, at, match);
		for (unsigned i = 0; next < at && next < last; i++) {
			if (i < NOTED)
				note_both(search, next);
			next = behind_run(search, next);
		}
		at = next;
	}
}

/* --- looking for pairs of pixels --- */

static inline uint32_t *pair_place_of(const struct search *search, const uint8_t *at, unsigned bytes) {
	return &search->deflate->pair_places[hash_of_8(first_of(read_8(at), bytes), PAIR_BITS)];
}

/* The last place of the same bytes, of which there are at most 8. Takes note of this one. */
static inline struct match find_pair(const struct search *search, const uint8_t *at, unsigned bytes) {
	uint32_t *place = pair_place_of(search, at, bytes), now = here(search, at);
	size_t distance = now - *place;
	*place = now;
	if (distance > reach_of(search, at) || first_of(read_8(at) ^ read_8(at - distance), bytes))
		return (struct match){0, 0};
	return (struct match){match_length(at, bytes, distance, search->end), distance};
}

static inline void compress_pairs(struct search *search, size_t pixel, unsigned bytes) {
	const uint8_t *at = search->from, *last = last_of(search);
	size_t missed = 0;
	while (at < last) {
		struct match match = find_pair(search, at, bytes);
		if (!match.length) {
			at = pass(search, at, pixel * (1 + leap_after(++missed, 64, 8)), last);
			continue;
		}
		missed = 0;
		match.length -= match.length % pixel;
		at = take_match(search, at, match);
		if (at < last)
			*pair_place_of(search, at - pixel, bytes) = here(search, at - pixel);
	}
}

static void compress_hastily(struct search *search) {
	size_t pixel = search->steps.pixel;
	if (pixel == 3)
		compress_pairs(search, 3, 6);
	else if (pixel == 4)
		compress_pairs(search, 4, 8);
	else
		compress_pairs(search, pixel, pixel < 2 ? 4 : pixel < 4 ? 2 * (unsigned)pixel : 8);
}

void deflate_begin(struct deflate *deflate, const uint8_t *data, size_t history, uint8_t *to) {
	static const uint32_t full = 1u << 31;
	if (deflate->base > full) {
		memset(deflate->places, 0, sizeof deflate->places);
		memset(deflate->long_places, 0, sizeof deflate->long_places);
		memset(deflate->short_places, 0, sizeof deflate->short_places);
		memset(deflate->pair_places, 0, sizeof deflate->pair_places);
		deflate->base = 0;
	}
	if (!history || !deflate->base)
		deflate->base += WINDOW + 1;
	deflate->data = data;
	deflate->history = history;
	deflate->to = to;
	block_begin(&deflate->block, data, to);
}

void deflate_part(
	struct deflate *deflate, const uint8_t *data, size_t size, const struct deflate_steps *steps) {
	struct search search = {deflate, deflate->data, data, data + size, *steps, deflate->history};
	if (search.steps.row > WINDOW)
		search.steps.row = 0;
	switch (steps->effort) {
	case DEFLATE_QUICK:
		compress_quickly(&search);
		break;
	case DEFLATE_THOROUGH:
		compress_thoroughly(&search);
		break;
	case DEFLATE_HASTY:
		compress_hastily(&search);
		break;
	case DEFLATE_RUNS:
		compress_runs(&search);
	}
}

void deflate_codes(struct deflate *deflate, const uint8_t *end) {
	if (end > deflate->block.data)
		block_end(&deflate->block, end);
}

size_t deflate_end(struct deflate *deflate, const uint8_t *end) {
	deflate->base += (uint32_t)(end - deflate->data);
	return (size_t)(block_finish(&deflate->block, end) - deflate->to);
}

size_t deflate_piece(struct deflate *deflate, const uint8_t *data, size_t size,
	const struct deflate_steps *steps, uint8_t *to) {
	deflate_begin(deflate, data, 0, to);
	deflate_part(deflate, data, size, steps);
	return deflate_end(deflate, data + size);
}

size_t deflate_bytes(struct deflate *deflate, const uint8_t *data, size_t size, uint8_t *to) {
	const uint8_t *end = data + size;
	block_begin(&deflate->block, data, to);
	for (; end - data > BLOCK_BYTES; data += BLOCK_BYTES)
		block_end(&deflate->block, data + BLOCK_BYTES);
	return (size_t)(block_finish(&deflate->block, end) - to);
}
