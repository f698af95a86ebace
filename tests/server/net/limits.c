/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/limits.h"

#include <arpa/inet.h>
#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

enum { OWN_UID = 1000, DAY_MS = 24 * 60 * 60 * 1000 };

/* Parses "192.0.2.7", "2001:db8::1", "uid 65534" or "unix". */
static struct limits_key key(const char *text) {
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	unsigned uid;
	if (sscanf(text, "uid %u", &uid) == 1)
		return limits_key_of_user(uid);
	if (strcmp(text, "unix") == 0)
		return limits_key(&(struct sockaddr){.sa_family = AF_UNIX});
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return limits_key((struct sockaddr *)&v4);
	CHECK_SAY(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1, "%s", text);
	return limits_key((struct sockaddr *)&v6);
}

/* How many levels of networks two addresses share, including the place itself. */
static void places_and_networks(void) {
	static const struct {
		const char *one, *other;
		unsigned levels, shared;
	} rows[] = {
		{"127.0.0.1", "127.255.3.9", 1, 1},
		{"127.0.0.1", "::1", 1, 1},
		{"127.0.0.1", "::ffff:127.8.8.8", 1, 1},
		{"127.0.0.1", "128.0.0.1", 1, 0},
		{"127.0.0.1", "unix", 1, 0},
		{"127.0.0.1", "uid 0", 1, 0},
		{"uid 0", "uid 0", 1, 1},
		{"uid 0", "uid 65534", 1, 0},
		{"uid 1", "uid 256", 1, 0},
		{"unix", "unix", 1, 1},
		{"192.0.2.7", "192.0.2.7", 2, 2},
		{"192.0.2.7", "192.0.2.8", 2, 1},
		{"192.0.2.7", "192.0.3.7", 2, 0},
		{"192.0.2.7", "::ffff:192.0.2.7", 2, 2},
		{"192.0.2.7", "64:ff9b::192.0.2.7", 2, 2},
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", 3, 3},
		{"2001:db8:1:2::1", "2001:db8:1:3::1", 3, 2},
		{"2001:db8:1:2::1", "2001:db8:1:102::1", 3, 1},
		{"2001:db8:1:2::1", "2001:db8:2:2::1", 3, 0},
		{"2001:db8:1:2::1", "::1", 3, 0},
		{"fe80::1", "fe80::1", 2, 2},
		{"fe80::1", "fe80::2", 2, 1},
		{"fe80::1", "2001:db8::1", 2, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct limits_key one = key(rows[i].one), other = key(rows[i].other);
		unsigned levels = 0, shared = 0;
		size_t size, before = sizeof one.bytes + 1;
		for (; (size = limits_network(&one, levels)); levels++, before = size) {
			CHECK(size < before);
			shared += memcmp(&one, &other, size) == 0;
		}
		CHECK_SAY(levels == rows[i].levels && shared == rows[i].shared, "%s, %s: %u of %u",
			rows[i].one, rows[i].other, shared, levels);
		CHECK(limits_same(&one, &other) == (shared == levels));
	}
}

static void delays_grow_and_end(void) {
	struct limits *limits = limits_create(OWN_UID);
	struct limits_key place = key("192.0.2.7"), other = key("192.0.2.8");
	for (int i = 0; i < LIMITS_FREE_FAILURES; i++)
		limits_failed(limits, &place, "", 1000);
	CHECK(limits_wait(limits, &place, 1000) == 0);
	uint64_t now = 1000, before = 0;
	for (int i = 0; i < 12; i++) {
		limits_failed(limits, &place, "", now);
		uint64_t wait = limits_wait(limits, &place, now);
		CHECK(wait >= before && wait >= 1000 && wait <= LIMITS_MAX_DELAY_MS);
		CHECK(wait > before || wait == LIMITS_MAX_DELAY_MS);
		CHECK(limits_wait(limits, &place, now + wait - 1) == 1);
		CHECK(limits_wait(limits, &place, now + wait) == 0);
		now += wait;
		before = wait;
	}
	CHECK(before == LIMITS_MAX_DELAY_MS);
	/* a viewer that keeps sending a saved wrong password does not delay its neighbours */
	CHECK(limits_wait(limits, &other, now) == 0 && limits_pause(limits, &other, now) == 0);
	now += LIMITS_FORGET_MS + 1;
	limits_failed(limits, &place, "", now);
	CHECK(limits_wait(limits, &place, now) == 0);
	limits_destroy(limits);
}

/* Returns the place `i` steps of 2^shift after that one, counting its address (or uid) as one number. */
static struct limits_key nth(const char *base, unsigned shift, uint32_t i) {
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	unsigned uid;
	if (sscanf(base, "uid %u", &uid) == 1)
		return limits_key_of_user(uid + (i << shift));
	if (inet_pton(AF_INET, base, &v4.sin_addr) == 1) {
		v4.sin_addr.s_addr = htonl(ntohl(v4.sin_addr.s_addr) + (i << shift));
		return limits_key((struct sockaddr *)&v4);
	}
	CHECK_SAY(inet_pton(AF_INET6, base, &v6.sin6_addr) == 1, "%s", base);
	uint64_t carry = (uint64_t)i << shift % 8;
	for (int at = 15 - (int)shift / 8; at >= 0; at--, carry >>= 8) {
		carry += v6.sin6_addr.s6_addr[at];
		v6.sin6_addr.s6_addr[at] = (uint8_t)carry;
	}
	return limits_key((struct sockaddr *)&v6);
}

static void look(struct limits *limits, const struct limits_key *place, uint64_t now) {
	limits_looked(limits, place, now);
	limits_failed(limits, place, "", now);
}

/* Returns how many guesses are checked for a client that tries many times a second for this long, each time
 * from the next of this many places. */
static unsigned guesses(const char *base, unsigned shift, uint32_t places, uint64_t ms) {
	struct limits *limits = limits_create(OWN_UID);
	unsigned looked_at = 0;
	for (uint64_t now = DAY_MS, i = 0; now < DAY_MS + ms; now += 1 + ms / 20000, i++) {
		struct limits_key place = nth(base, shift, (uint32_t)(i % places));
		if (limits_wait(limits, &place, now) || limits_pause(limits, &place, now))
			continue;
		look(limits, &place, now);
		looked_at++;
	}
	limits_destroy(limits);
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
		struct limits *limits = limits_create(OWN_UID);
		for (uint32_t j = 0; j < rows[i].places * rows[i].each; j++) {
			struct limits_key place = nth(rows[i].base, rows[i].shift, j % rows[i].places);
			look(limits, &place, DAY_MS);
		}
		struct limits_key other = key(rows[i].other);
		bool waits = limits_wait(limits, &other, DAY_MS),
		     pauses = limits_pause(limits, &other, DAY_MS);
		CHECK_SAY(waits == rows[i].waits && pauses == rows[i].pauses, "row %zu: %d, %d", i, waits,
			pauses);
		limits_destroy(limits);
	}
}

/* Pauses last seconds. A place that has proven that it knows a password has none. */
static void proven_places_do_not_pause(void) {
	struct limits *limits = limits_create(OWN_UID);
	struct limits_key place = key("192.0.2.200"), newcomer = key("192.0.2.201");
	limits_looked(limits, &place, DAY_MS);
	limits_right(limits, &place, DAY_MS);
	limits_proven(limits, &place, "", DAY_MS);
	uint64_t now = 2 * DAY_MS;
	for (uint32_t i = 0; i < 100; i++) {
		struct limits_key neighbour = nth("192.0.2.0", 0, i);
		if (!limits_pause(limits, &neighbour, now))
			look(limits, &neighbour, now);
	}
	CHECK(limits_pause(limits, &place, now) == 0);
	uint64_t pause = limits_pause(limits, &newcomer, now);
	CHECK(pause > 0 && pause <= LIMITS_MAX_PAUSE_MS && limits_pause(limits, &newcomer, now + pause) == 0);
	/* its own failures make only that place wait */
	now += LIMITS_FORGET_MS + 1;
	for (int i = 0; i < 40; i++)
		look(limits, &place, now);
	CHECK(limits_wait(limits, &place, now) > 0 && limits_pause(limits, &newcomer, now) == 0);
	/* after a week the proof no longer counts */
	now += LIMITS_PROVEN_MS;
	for (uint32_t i = 0; i < LIMITS_LOOKS; i++) {
		struct limits_key other = nth("10.0.0.0", 8, i);
		look(limits, &other, now);
	}
	CHECK(limits_pause(limits, &place, now) > 0);
	limits_destroy(limits);
}

/* Correct passwords cause no pauses, however many there are. */
static void right_ones_are_free(void) {
	struct limits *limits = limits_create(OWN_UID);
	for (uint32_t i = 0; i < 1000; i++) {
		struct limits_key place = nth("10.0.0.0", 0, i);
		CHECK_SAY(limits_pause(limits, &place, DAY_MS) == 0, "%u", i);
		limits_looked(limits, &place, DAY_MS);
		limits_right(limits, &place, DAY_MS);
	}
	limits_destroy(limits);
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
		struct limits *limits = limits_create(OWN_UID);
		struct limits_key place = key("192.0.2.7");
		for (size_t j = 0; j < 4; j++)
			limits_failed(limits, &place, rows[i].failed[j], DAY_MS);
		limits_proven(limits, &place, rows[i].right, DAY_MS);
		limits_failed(limits, &place, "", DAY_MS);
		CHECK_SAY(!limits_wait(limits, &place, DAY_MS) == rows[i].forgiven, "row %zu", i);
		limits_destroy(limits);
	}
}

/* There are more places than entries: the oldest are forgotten, the newest are not. The limited rate keeps
 * the number of real guesses below that. */
static void many_places(void) {
	struct limits *limits = limits_create(OWN_UID);
	struct limits_key first = nth("10.0.0.0", 8, 0), last = first;
	for (uint32_t i = 0; i < 2 * LIMITS_PLACES; i++) {
		last = nth("10.0.0.0", 8, i);
		bool is_end = i == 0 || i == 2 * LIMITS_PLACES - 1;
		for (int j = 0; j <= (is_end ? LIMITS_FREE_FAILURES : 0); j++)
			limits_failed(limits, &last, "", 10 + i);
	}
	CHECK(limits_wait(limits, &last, 9 + 2 * LIMITS_PLACES) == 1000);
	CHECK(limits_wait(limits, &first, 10) == 0);
	limits_destroy(limits);
}

/* Guesses from ever new networks do not make the server forget the failures of others. */
static void nobody_is_forgotten_by_rotating(void) {
	struct limits *limits = limits_create(OWN_UID);
	struct limits_key other = key("198.51.100.1");
	for (int i = 0; i < 20; i++)
		limits_failed(limits, &other, "", DAY_MS);
	uint64_t now = DAY_MS;
	for (uint32_t i = 0; now < DAY_MS + LIMITS_FORGET_MS - 1000; now += 100, i++) {
		struct limits_key place = nth("2001:db8::", 80, i);
		if (!limits_pause(limits, &place, now))
			look(limits, &place, now);
	}
	limits_failed(limits, &other, "", now);
	CHECK(limits_wait(limits, &other, now) == LIMITS_MAX_DELAY_MS);
	limits_destroy(limits);
}

int main(void) {
	places_and_networks();
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
