/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When, and how much, may be sent exactly: nothing before it was still for a second, nothing on a line that
 * is busy, and never so much that what comes next would have to wait. */
#include "encode/rfb/refresh.h"

#include "tests/test.h"

#define MS    UINT64_C(1000000)
#define BEGIN (5000 * MS)

static const struct encoder_line slow = {.rate = 125000}, fast = {.rate = 100000000};

static void waits_until_still(void) {
	struct refresh refresh = {0};
	CHECK(refresh_is_due(&refresh, BEGIN));
	CHECK(refresh_pixels(&refresh, &fast, BEGIN - 300 * MS, BEGIN) == 0);
	CHECK(refresh_wait_ms(&refresh, BEGIN) == 700 && !refresh_is_due(&refresh, BEGIN + 699 * MS));
	CHECK(refresh_is_due(&refresh, BEGIN + 700 * MS) && refresh_wait_ms(&refresh, BEGIN + 800 * MS) == 0);
}

static void waits_for_the_line(void) {
	struct refresh refresh = {0};
	const struct encoder_line busy = {.rate = 125000, .busy = 300000}, dead = {.busy = UINT64_C(1) << 40};
	CHECK(refresh_pixels(&refresh, &busy, 0, BEGIN) == 0 && refresh_wait_ms(&refresh, BEGIN) == 300);
	CHECK(refresh_pixels(&refresh, &dead, 0, BEGIN) == 0 && refresh_wait_ms(&refresh, BEGIN) == 1000);
}

/* A line of unknown or any rate: how long does what is sent take, and how long was nothing sent before? */
static void sends_little_at_a_time(void) {
	for (uint64_t rate = 10000; rate < 1000000000; rate *= 3) {
		const struct encoder_line line = {.rate = rate};
		struct refresh refresh = {0};
		uint64_t now = BEGIN, began = 0;
		uint32_t pixels, former = 0;
		for (unsigned updates = 0; updates < 40;) {
			CHECK(refresh_is_due(&refresh, now));
			if (!(pixels = refresh_pixels(&refresh, &line, 0, now))) {
				CHECK(refresh_wait_ms(&refresh, now) > 0 &&
					refresh_wait_ms(&refresh, now) <= 120);
				now += (uint64_t)refresh_wait_ms(&refresh, now) * MS;
				continue;
			}
			began = began ? began : now;
			double takes = (double)pixels * 3 / (double)rate * 1e9, quiet = (double)(now - BEGIN);
			CHECK(pixels >= former && pixels <= 512 * 256);
			CHECK(takes <= quiet / 4 + 1 * MS || pixels == 64 * 16);
			CHECK(takes <= 31 * MS || pixels == 64 * 16);
			refresh_sent(&refresh, false);
			now += (uint64_t)takes + 1 * MS;
			former = pixels;
			updates++;
		}
		CHECK(former == 64 * 16 || (double)former * 3 / (double)rate * 1e9 >= 20 * MS ||
			former == 512 * 256);
	}
}

/* What is new begins it anew. */
static void begins_anew(void) {
	struct refresh refresh = {0};
	refresh_pixels(&refresh, &slow, 0, BEGIN);
	CHECK(refresh_pixels(&refresh, &slow, 0, BEGIN + 500 * MS) == 1250);
	refresh_sent(&refresh, false);
	CHECK(refresh_pixels(&refresh, &slow, 0, BEGIN + 520 * MS) == 1250);
	refresh_sent(&refresh, true);
	CHECK(refresh_pixels(&refresh, &slow, 0, BEGIN + 540 * MS) == 0 &&
		refresh_wait_ms(&refresh, BEGIN + 540 * MS) == 99);
}

static void rests_in_vain(void) {
	struct refresh refresh = {0};
	refresh_in_vain(&refresh, BEGIN);
	CHECK(refresh_wait_ms(&refresh, BEGIN) == 1000);
	refresh_asked(&refresh);
	CHECK(refresh_is_due(&refresh, BEGIN));
	refresh_later(&refresh, BEGIN);
	CHECK(!refresh_is_due(&refresh, BEGIN) && refresh_wait_ms(&refresh, BEGIN) <= 20);
}

int main(void) {
	waits_until_still();
	waits_for_the_line();
	sends_little_at_a_time();
	begins_anew();
	rests_in_vain();
	return 0;
}
