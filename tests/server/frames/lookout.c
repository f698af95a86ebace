/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames/lookout.h"

#include "tests/test.h"

static const uint64_t s = 1000000000, ms = 1000000;

/* How many looks are made in this time, at sixty beats a second. */
static unsigned looks(struct lookout *lookout, uint64_t *now, uint64_t for_ns) {
	unsigned count = 0;
	for (uint64_t end = *now + for_ns; *now < end; *now += s / 60) {
		uint64_t wait = lookout_wait_ns(lookout, *now);
		CHECK((wait == 0) == lookout_due(lookout, *now) && wait <= s);
		if (!lookout_due(lookout, *now))
			continue;
		lookout_looked(lookout, *now);
		count++;
	}
	return count;
}

static void looks_seldom_where_the_kernel_tells(void) {
	struct lookout told = {.told = true}, deaf = {0};
	uint64_t now = 1000 * s;
	CHECK(lookout_due(&told, now) && lookout_due(&deaf, now)); /* it was never looked */
	CHECK(looks(&told, &now, 60 * s) <= 134);
	unsigned often = looks(&deaf, &now, 60 * s);
	CHECK_SAY(often >= 180 && often <= 200, "%u", often);
}

static void looks_at_once_after_a_sign(void) {
	struct lookout lookout = {.told = true};
	uint64_t now = 1000 * s;
	looks(&lookout, &now, 10 * s);
	lookout_looked(&lookout, now);
	CHECK(!lookout_due(&lookout, now) && lookout_wait_ns(&lookout, now) == 450 * ms);
	lookout_sign(&lookout, now);
	CHECK(lookout_due(&lookout, now) && lookout_wait_ns(&lookout, now) == 0);
	lookout_looked(&lookout, now);
	CHECK(!lookout_due(&lookout, now + 299 * ms) && lookout_due(&lookout, now + 300 * ms));
	unsigned alert = looks(&lookout, &now, 5 * s), calm = looks(&lookout, &now, 5 * s);
	CHECK_SAY(alert >= 15 && calm <= 12, "%u, then %u", alert, calm);
}

static void takes_what_it_sees_for_a_sign(void) {
	struct lookout lookout = {.told = true};
	uint64_t now = 1000 * s;
	lookout_see(&lookout, 7, now);
	lookout_looked(&lookout, now);
	now += 10 * s;
	lookout_looked(&lookout, now);
	lookout_see(&lookout, 7, now);
	CHECK(!lookout_due(&lookout, now) && lookout_wait_ns(&lookout, now) == 450 * ms);
	lookout_see(&lookout, 8, now);
	CHECK(lookout_due(&lookout, now));
	lookout_looked(&lookout, now);
	lookout_see(&lookout, 8, now);
	CHECK(!lookout_due(&lookout, now) && lookout_due(&lookout, now + 300 * ms));
}

int main(void) {
	looks_seldom_where_the_kernel_tells();
	looks_at_once_after_a_sign();
	takes_what_it_sees_for_a_sign();
	return 0;
}
