/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/guesses.h"

#include <arpa/inet.h>
#include <string.h>

#include "capture/base/array.h"
#include "tests/server/net/place_named.h"
#include "tests/test.h"

enum { OWN_UID = 1000, DAY_MS = 24 * 60 * 60 * 1000 };

static void delays_grow_and_end(void) {
	struct guesses *guesses = guesses_create(OWN_UID);
	struct place place = place_named("192.0.2.7"), other = place_named("192.0.2.8");
	for (int i = 0; i < GUESSES_FREE_FAILURES; i++)
		guesses_failed(guesses, &place, "", 1000);
	CHECK(guesses_wait(guesses, &place, 1000) == 0);
	uint64_t now = 1000, before = 0;
	for (int i = 0; i < 12; i++) {
		guesses_failed(guesses, &place, "", now);
		uint64_t wait = guesses_wait(guesses, &place, now);
		CHECK(wait >= before && wait >= 1000 && wait <= GUESSES_MAX_DELAY_MS);
		CHECK(wait > before || wait == GUESSES_MAX_DELAY_MS);
		CHECK(guesses_wait(guesses, &place, now + wait - 1) == 1);
		CHECK(guesses_wait(guesses, &place, now + wait) == 0);
		now += wait;
		before = wait;
	}
	CHECK(before == GUESSES_MAX_DELAY_MS);
	/* a viewer that keeps sending a saved wrong password does not delay its neighbours */
	CHECK(guesses_wait(guesses, &other, now) == 0 && guesses_pause(guesses, &other, now) == 0);
	now += GUESSES_FORGET_MS + 1;
	guesses_failed(guesses, &place, "", now);
	CHECK(guesses_wait(guesses, &place, now) == 0);
	guesses_destroy(guesses);
}

/* Returns the place `i` steps of 2^shift after that one, counting its address (or uid) as one number. */
static struct place nth(const char *base, unsigned shift, uint32_t i) {
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	unsigned uid;
	if (sscanf(base, "uid %u", &uid) == 1)
		return place_of_user(uid + (i << shift));
	if (inet_pton(AF_INET, base, &v4.sin_addr) == 1) {
		v4.sin_addr.s_addr = htonl(ntohl(v4.sin_addr.s_addr) + (i << shift));
		return place_of_address((struct sockaddr *)&v4);
	}
	CHECK_SAY(inet_pton(AF_INET6, base, &v6.sin6_addr) == 1, "%s", base);
	uint64_t carry = (uint64_t)i << shift % 8;
	for (int at = 15 - (int)shift / 8; at >= 0; at--, carry >>= 8) {
		carry += v6.sin6_addr.s6_addr[at];
		v6.sin6_addr.s6_addr[at] = (uint8_t)carry;
	}
	return place_of_address((struct sockaddr *)&v6);
}

static void look(struct guesses *guesses, const struct place *place, uint64_t now) {
	guesses_looked(guesses, place, now);
	guesses_failed(guesses, place, "", now);
}

/* Returns how many guesses are checked for a client that tries many times a second for this long, each time
 * from the next of this many places. */
static unsigned guesses(const char *base, unsigned shift, uint32_t places, uint64_t ms) {
	struct guesses *guesses = guesses_create(OWN_UID);
	unsigned looked_at = 0;
	for (uint64_t now = DAY_MS, i = 0; now < DAY_MS + ms; now += 1 + ms / 20000, i++) {
		struct place place = nth(base, shift, (uint32_t)(i % places));
		if (guesses_wait(guesses, &place, now) || guesses_pause(guesses, &place, now))
			continue;
		look(guesses, &place, now);
		looked_at++;
	}
	guesses_destroy(guesses);
	return looked_at;
}

static void guessing_is_slow(void) {
	enum { HALF_A_MINUTE = 31000, HOUR = 60 * 60 * 1000, MANY = 1 << 16 };
	static const struct {
		const char *base;
		unsigned shift;
		uint32_t places;
		uint64_t ms;
		unsigned least, most;
	} rows[] = {
		{"127.0.0.1", 0, MANY, HALF_A_MINUTE, 5, 10},
		{"::ffff:127.0.0.1", 0, MANY, HALF_A_MINUTE, 5, 10},
		{"192.0.2.7", 0, 1, HALF_A_MINUTE, 5, 10},
		{"192.0.2.0", 0, 256, HALF_A_MINUTE, 16, 24},
		{"2001:db8:1:2::", 0, MANY, HALF_A_MINUTE, 5, 10},
		{"2001:db8:1:200::", 64, 256, HALF_A_MINUTE, 8, 20},
		{"2001:db8:1::", 64, MANY, HALF_A_MINUTE, 16, 24},
		{"2001:db8:1::", 64, MANY, HOUR, 200, 300},
		{"fe80::", 0, MANY, HALF_A_MINUTE, 16, 24},
		/* each time from a new network */
		{"10.0.0.1", 8, MANY, HALF_A_MINUTE, 30, 45},
		{"2001:db8::", 80, MANY, HALF_A_MINUTE, 30, 45},
		{"10.0.0.1", 8, MANY, HOUR, 1500, 1900},
		{"uid 1001", 0, MANY, HALF_A_MINUTE, 30, 45},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned looked_at = guesses(rows[i].base, rows[i].shift, rows[i].places, rows[i].ms);
		CHECK_SAY(looked_at >= rows[i].least && looked_at <= rows[i].most,
			"%s by 2^%u for %llu ms: %u", rows[i].base, rows[i].shift,
			(unsigned long long)rows[i].ms, looked_at);
	}
}

/* Whether a place waits because of its own failures, or pauses because of others, after this many failures
 * from each of this many places. */
static void who_pays_for_whom(void) {
	static const struct {
		const char *base;
		unsigned shift, places, each;
		const char *other;
		bool waits, pauses;
	} rows[] = {
		{"uid 65534", 0, 1, 40, "uid 65534", true, true},
		{"uid 65534", 0, 1, 8, "uid 65534", true, false},
		{"uid 65534", 0, 1, 8, "uid 1001", false, false},
		{"uid 65534", 0, 1, 8, "127.0.0.1", false, false},
		{"uid 65534", 0, 1, 40, "uid 0", false, false},
		{"uid 65534", 0, 1, 40, "uid 1000", false, false},
		{"uid 65534", 0, 1, 40, "uid 1001", false, true}, /* the total rate */
		{"uid 0", 0, 1, 8, "uid 0", true, false},         /* a place's own failures count */
		{"uid 0", 0, 1, 40, "uid 1001", false, false},
		{"127.0.0.1", 0, 8, 1, "uid 0", false, false},
		{"127.0.0.1", 0, 8, 1, "::1", true, false},
		{"192.0.2.1", 0, 4, 4, "192.0.2.200", false, false},
		{"192.0.2.1", 0, 5, 4, "192.0.2.200", false, true},
		{"192.0.2.1", 0, 5, 4, "192.0.3.200", false, false},
		{"192.0.2.1", 0, 1, 20, "192.0.2.200", false, false}, /* one place alone pays only for
								       * itself */
		{"2001:db8:1:100::", 64, 3, 4, "2001:db8:1:1ff::", false, true},
		{"2001:db8:1:100::", 64, 3, 4, "2001:db8:1:200::", false, false},
		{"2001:db8:1::", 72, 5, 4, "2001:db8:1:9900::", false, true},
		{"2001:db8:1::", 72, 5, 4, "2001:db8:2::", false, false},
		{"2001:db8::", 80, 9, 3, "192.0.2.1", false, true},
		{"2001:db8::", 80, 9, 3, "uid 0", false, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct guesses *guesses = guesses_create(OWN_UID);
		for (uint32_t j = 0; j < rows[i].places * rows[i].each; j++) {
			struct place place = nth(rows[i].base, rows[i].shift, j % rows[i].places);
			look(guesses, &place, DAY_MS);
		}
		struct place other = place_named(rows[i].other);
		bool waits = guesses_wait(guesses, &other, DAY_MS),
		     pauses = guesses_pause(guesses, &other, DAY_MS);
		CHECK_SAY(waits == rows[i].waits && pauses == rows[i].pauses, "row %zu: %d, %d", i, waits,
			pauses);
		guesses_destroy(guesses);
	}
}

/* Pauses last seconds. A place that has proven that it knows a password has none. */
static void proven_places_do_not_pause(void) {
	struct guesses *guesses = guesses_create(OWN_UID);
	struct place place = place_named("192.0.2.200"), newcomer = place_named("192.0.2.201");
	guesses_looked(guesses, &place, DAY_MS);
	guesses_right(guesses, &place, DAY_MS);
	guesses_proven(guesses, &place, "", DAY_MS);
	uint64_t now = 2 * DAY_MS;
	for (uint32_t i = 0; i < 100; i++) {
		struct place neighbour = nth("192.0.2.0", 0, i);
		if (!guesses_pause(guesses, &neighbour, now))
			look(guesses, &neighbour, now);
	}
	CHECK(guesses_pause(guesses, &place, now) == 0);
	uint64_t pause = guesses_pause(guesses, &newcomer, now);
	CHECK(pause > 0 && pause <= GUESSES_MAX_PAUSE_MS &&
		guesses_pause(guesses, &newcomer, now + pause) == 0);
	/* its own failures make only that place wait */
	now += GUESSES_FORGET_MS + 1;
	for (int i = 0; i < 40; i++)
		look(guesses, &place, now);
	CHECK(guesses_wait(guesses, &place, now) > 0 && guesses_pause(guesses, &newcomer, now) == 0);
	/* after a week the proof no longer counts */
	now += GUESSES_PROVEN_MS;
	for (uint32_t i = 0; i < GUESSES_LOOKS; i++) {
		struct place other = nth("10.0.0.0", 8, i);
		look(guesses, &other, now);
	}
	CHECK(guesses_pause(guesses, &place, now) > 0);
	guesses_destroy(guesses);
}

/* Correct passwords cause no pauses, however many there are. */
static void right_ones_are_free(void) {
	struct guesses *guesses = guesses_create(OWN_UID);
	for (uint32_t i = 0; i < 1000; i++) {
		struct place place = nth("10.0.0.0", 0, i);
		CHECK_SAY(guesses_pause(guesses, &place, DAY_MS) == 0, "%u", i);
		guesses_looked(guesses, &place, DAY_MS);
		guesses_right(guesses, &place, DAY_MS);
	}
	guesses_destroy(guesses);
}

static void what_is_forgiven(void) {
	static const struct {
		const char *failed[4]; /* the users that failed */
		const char *right;
		bool forgiven;
	} rows[] = {
		{{"", "", "", ""}, "", true},
		{{"alice", "alice", "alice", "alice"}, "alice", true},
		{{"root", "root", "root", "root"}, "alice", false},
		{{"alice", "root", "alice", "alice"}, "alice", false},
		{{"", "", "", ""}, "alice", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct guesses *guesses = guesses_create(OWN_UID);
		struct place place = place_named("192.0.2.7");
		for (size_t j = 0; j < 4; j++)
			guesses_failed(guesses, &place, rows[i].failed[j], DAY_MS);
		guesses_proven(guesses, &place, rows[i].right, DAY_MS);
		guesses_failed(guesses, &place, "", DAY_MS);
		CHECK_SAY(!guesses_wait(guesses, &place, DAY_MS) == rows[i].forgiven, "row %zu", i);
		guesses_destroy(guesses);
	}
}

/* There are more places than entries: the oldest are forgotten, the newest are not. The limited rate keeps
 * the number of real guesses below that. */
static void many_places(void) {
	struct guesses *guesses = guesses_create(OWN_UID);
	struct place first = nth("10.0.0.0", 8, 0), last = first;
	for (uint32_t i = 0; i < 2 * GUESSES_PLACES; i++) {
		last = nth("10.0.0.0", 8, i);
		bool is_end = i == 0 || i == 2 * GUESSES_PLACES - 1;
		for (int j = 0; j <= (is_end ? GUESSES_FREE_FAILURES : 0); j++)
			guesses_failed(guesses, &last, "", 10 + i);
	}
	CHECK(guesses_wait(guesses, &last, 9 + 2 * GUESSES_PLACES) == 1000);
	CHECK(guesses_wait(guesses, &first, 10) == 0);
	guesses_destroy(guesses);
}

/* Guesses from ever new networks do not make the server forget the failures of others. */
static void nobody_is_forgotten_by_rotating(void) {
	struct guesses *guesses = guesses_create(OWN_UID);
	struct place other = place_named("198.51.100.1");
	for (int i = 0; i < 20; i++)
		guesses_failed(guesses, &other, "", DAY_MS);
	uint64_t now = DAY_MS;
	for (uint32_t i = 0; now < DAY_MS + GUESSES_FORGET_MS - 1000; now += 100, i++) {
		struct place place = nth("2001:db8::", 80, i);
		if (!guesses_pause(guesses, &place, now))
			look(guesses, &place, now);
	}
	guesses_failed(guesses, &other, "", now);
	CHECK(guesses_wait(guesses, &other, now) == GUESSES_MAX_DELAY_MS);
	guesses_destroy(guesses);
}

int main(void) {
	delays_grow_and_end();
	guessing_is_slow();
	who_pays_for_whom();
	proven_places_do_not_pause();
	right_ones_are_free();
	what_is_forgiven();
	many_places();
	nobody_is_forgotten_by_rotating();
	return 0;
}
