/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/limits.h"

#include <arpa/inet.h>

#include "tests/test.h"

static struct limits_key key4(const char *text) {
	struct sockaddr_in address = {.sin_family = AF_INET};
	CHECK(inet_pton(AF_INET, text, &address.sin_addr) == 1);
	return limits_key((struct sockaddr *)&address);
}

static struct limits_key key6(const char *text) {
	struct sockaddr_in6 address = {.sin6_family = AF_INET6};
	CHECK(inet_pton(AF_INET6, text, &address.sin6_addr) == 1);
	return limits_key((struct sockaddr *)&address);
}

static void addresses(void) {
	struct limits_key a = key6("2001:db8:1:2::1"), b = key6("2001:db8:1:2:ffff::9"),
			  c = key6("2001:db8:1:3::1");
	CHECK(limits_same(&a, &b) && !limits_same(&a, &c));
	struct limits_key d = key4("192.0.2.7"), e = key6("::ffff:192.0.2.7"), f = key4("192.0.2.8");
	CHECK(limits_same(&d, &e) && !limits_same(&d, &f) && !limits_same(&a, &d));
}

static void delays_grow_and_end(void) {
	struct limits *limits = limits_create();
	struct limits_key key = key4("192.0.2.7"), other = key4("192.0.2.8");
	for (int i = 0; i < LIMITS_FREE_FAILURES; i++)
		limits_failed(limits, &key, 1000);
	CHECK(limits_wait(limits, &key, 1000) == 0);
	uint64_t now = 1000, before = 0;
	for (int i = 0; i < 12; i++) {
		limits_failed(limits, &key, now);
		uint64_t wait = limits_wait(limits, &key, now);
		CHECK(wait >= before && wait >= 1000 && wait <= LIMITS_MAX_DELAY_MS);
		CHECK(wait > before || wait == LIMITS_MAX_DELAY_MS);
		CHECK(limits_wait(limits, &key, now + wait - 1) == 1);
		CHECK(limits_wait(limits, &key, now + wait) == 0);
		now += wait;
		before = wait;
	}
	CHECK(before == LIMITS_MAX_DELAY_MS);
	CHECK(limits_wait(limits, &other, now) == 0);
	now += LIMITS_FORGET_MS + 1;
	limits_failed(limits, &key, now);
	CHECK(limits_wait(limits, &key, now) == 0);
	limits_destroy(limits);
}

static void the_right_password_forgives(void) {
	struct limits *limits = limits_create();
	struct limits_key key = key4("192.0.2.7");
	for (int i = 0; i < LIMITS_FREE_FAILURES; i++)
		limits_failed(limits, &key, 1);
	limits_succeeded(limits, &key);
	limits_failed(limits, &key, 1);
	CHECK(limits_wait(limits, &key, 1) == 0);
	limits_destroy(limits);
}

/* More addresses than places: the oldest are forgotten, the newest are not. */
static void many_addresses(void) {
	struct limits *limits = limits_create();
	struct sockaddr_in address = {.sin_family = AF_INET};
	for (uint32_t i = 0; i < 2 * LIMITS_ADDRESSES; i++) {
		address.sin_addr.s_addr = htonl(0x0a000000 + i);
		struct limits_key key = limits_key((struct sockaddr *)&address);
		for (int j = 0; j <= LIMITS_FREE_FAILURES; j++)
			limits_failed(limits, &key, 10 + i);
	}
	struct limits_key last = limits_key((struct sockaddr *)&address), first = key4("10.0.0.0");
	CHECK(limits_wait(limits, &last, 9 + 2 * LIMITS_ADDRESSES) == 1000);
	CHECK(limits_wait(limits, &first, 10) == 0);
	limits_destroy(limits);
}

int main(void) {
	addresses();
	delays_grow_and_end();
	the_right_password_forgives();
	many_addresses();
	return 0;
}
