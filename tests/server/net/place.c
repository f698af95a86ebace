/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/place.h"

#include <string.h>

#include "capture/base/array.h"
#include "tests/server/net/place_named.h"
#include "tests/test.h"

/* How many levels of networks two addresses share, including the place itself. */
static void shares_networks(void) {
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
		struct place one = place_named(rows[i].one), other = place_named(rows[i].other);
		unsigned levels = 0, shared = 0;
		size_t size, before = sizeof one.bytes + 1;
		for (; (size = place_network(&one, levels)); levels++, before = size) {
			CHECK(size < before);
			shared += memcmp(&one, &other, size) == 0;
		}
		CHECK_SAY(levels == rows[i].levels && shared == rows[i].shared, "%s, %s: %u of %u",
			rows[i].one, rows[i].other, shared, levels);
		CHECK(place_same(&one, &other) == (shared == levels));
	}
}

int main(void) {
	shares_networks();
	return 0;
}
