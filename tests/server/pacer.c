/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/pacer.h"

#include "tests/test.h"

static const uint64_t ms = 1000000;

/* Runs the pacer by its own timer for a while over a screen that changes at the times `changes` says. */
static unsigned run(struct pacer *pacer, uint64_t *now, uint64_t until, bool changing) {
	unsigned captures = 0;
	while (*now < until) {
		if (pacer_due(pacer, *now)) {
			pacer_captured(pacer, *now, changing);
			captures++;
		}
		uint64_t wait = pacer_wait_ns(pacer, *now, true);
		CHECK(wait > 0);
		*now += wait;
	}
	return captures;
}

static void thins_out_on_a_still_screen(void) {
	struct pacer pacer;
	uint64_t now = 10000 * ms;
	pacer_init(&pacer, 60);
	pacer_spring(&pacer, now);
	CHECK(pacer_due(&pacer, now));
	unsigned first = run(&pacer, &now, now + 300 * ms, false);
	CHECK(first >= 17 && first <= 20); /* the full rate still */
	run(&pacer, &now, now + 2000 * ms, false);
	unsigned still = run(&pacer, &now, now + 10000 * ms, false);
	CHECK(still >= 49 && still <= 51); /* 5 Hz */
	CHECK(!pacer_wants_vblank(&pacer, now));
}

static void springs_back_at_once(void) {
	struct pacer pacer;
	uint64_t now = 10000 * ms;
	pacer_init(&pacer, 60);
	run(&pacer, &now, now + 5000 * ms, false);
	now += 20 * ms;
	CHECK(!pacer_due(&pacer, now));
	pacer_spring(&pacer, now);
	CHECK(pacer_due(&pacer, now) && pacer_wants_vblank(&pacer, now));
	unsigned moving = run(&pacer, &now, now + 1000 * ms, true);
	CHECK(moving >= 59 && moving <= 61);
}

static void never_exceeds_the_rate(void) {
	struct pacer pacer;
	uint64_t now = 10000 * ms;
	pacer_init(&pacer, 10);
	pacer_captured(&pacer, now, true);
	pacer_spring(&pacer, now + 1 * ms);
	CHECK(!pacer_due(&pacer, now + 50 * ms));
	CHECK(pacer_due(&pacer, now + 100 * ms));
}

static void peeks_between_captures(void) {
	struct pacer pacer;
	uint64_t now = 10000 * ms;
	pacer_init(&pacer, 60);
	run(&pacer, &now, now + 5000 * ms, false);
	pacer_captured(&pacer, now, false);
	CHECK(pacer_wait_ns(&pacer, now, true) <= 34 * ms);
	CHECK(pacer_wait_ns(&pacer, now, false) == 200 * ms);
}

/* A second of a pointer that moves over what does not change. */
static unsigned move(struct pacer *pacer, uint64_t *now) {
	unsigned captures = 0;
	for (uint64_t end = *now + 1000 * ms; *now < end;) {
		pacer_stir(pacer, *now);
		CHECK(pacer_wants_vblank(pacer, *now)); /* a flip is seen at the next frame */
		captures += run(pacer, now, *now + 8 * ms, false);
	}
	return captures;
}

static void a_moving_pointer_is_cheap(void) {
	struct pacer pacer;
	uint64_t now = 10000 * ms;
	pacer_init(&pacer, 60);
	pacer_captured(&pacer, now, true);
	pacer_learn(&pacer, false); /* drawn in place */
	run(&pacer, &now, now + 5000 * ms, false);
	unsigned captures = move(&pacer, &now);
	CHECK_SAY(captures >= 19 && captures <= 22, "%u captures", captures);
	/* what lights up brings the full rate, and the motion goes on without lowering it */
	pacer_captured(&pacer, now, true);
	pacer_stir(&pacer, now + 1 * ms);
	CHECK(pacer_due(&pacer, now + 17 * ms));
	/* at rest it thins out again */
	run(&pacer, &now, now + 3000 * ms, false);
	unsigned still = run(&pacer, &now, now + 10000 * ms, false);
	CHECK(still >= 49 && still <= 51 && !pacer_wants_vblank(&pacer, now));
}

static void a_pointer_over_what_flips_adds_no_capture(void) {
	struct pacer pacer;
	uint64_t now = 10000 * ms;
	pacer_init(&pacer, 60);
	run(&pacer, &now, now + 5000 * ms, false);
	unsigned captures = move(&pacer, &now); /* nothing is known yet */
	CHECK_SAY(captures <= 6, "%u captures", captures);
	pacer_captured(&pacer, now, true);
	pacer_learn(&pacer, false);
	pacer_captured(&pacer, now + 17 * ms, true);
	pacer_learn(&pacer, true); /* the last one counts */
	run(&pacer, &now, now + 5000 * ms, false);
	captures = move(&pacer, &now);
	CHECK_SAY(captures <= 6, "%u captures", captures);
	pacer_spring(&pacer, now); /* the flip */
	CHECK(pacer_due(&pacer, now));
}

static void a_slow_rate_stays_slow(void) {
	struct pacer pacer;
	uint64_t now = 10000 * ms;
	pacer_init(&pacer, 4);
	pacer_learn(&pacer, false);
	pacer_captured(&pacer, now, false);
	pacer_stir(&pacer, now);
	CHECK(!pacer_due(&pacer, now + 200 * ms) && pacer_due(&pacer, now + 250 * ms));
}

int main(void) {
	thins_out_on_a_still_screen();
	springs_back_at_once();
	never_exceeds_the_rate();
	peeks_between_captures();
	a_moving_pointer_is_cheap();
	a_pointer_over_what_flips_adds_no_capture();
	a_slow_rate_stays_slow();
	return 0;
}
