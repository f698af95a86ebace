/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames/pacer.h"

#include "capture/base/array.h"
#include "tests/test.h"

static const uint64_t ms = 1000000;

/* Runs the pacer by its own timer until the given time, over a screen that changes (`changing`) or does not.
 * Returns how many captures there were. */
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
	CHECK(first >= 17 && first <= 20); /* still the full rate */
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

/* A capture that is not due by the new rate is not due because the rate changed. */
static void takes_another_rate(void) {
	struct pacer pacer;
	uint64_t now = 10000 * ms;
	pacer_init(&pacer, 60);
	CHECK(run(&pacer, &now, now + 1000 * ms, true) >= 59);
	pacer_set_fps(&pacer, 10);
	CHECK(!pacer_due(&pacer, pacer.captured_ns + 50 * ms));
	unsigned slow = run(&pacer, &now, now + 1000 * ms, true);
	CHECK(slow >= 9 && slow <= 11);
	run(&pacer, &now, now + 5000 * ms, false);
	pacer_set_fps(&pacer, 120);
	unsigned fast = run(&pacer, &now, now + 1000 * ms, true);
	CHECK(fast >= 119 && fast <= 121);
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

/* For a second, the pointer moves over something that does not change. */
static unsigned move(struct pacer *pacer, uint64_t *now) {
	unsigned captures = 0;
	for (uint64_t end = *now + 1000 * ms; *now < end;) {
		pacer_stir(pacer, *now);
		CHECK(pacer_wants_vblank(pacer, *now)); /* so that a flip is seen at the next frame */
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
	/* what lights up brings the full rate, and further motion does not lower it */
	pacer_captured(&pacer, now, true);
	pacer_stir(&pacer, now + 1 * ms);
	CHECK(pacer_due(&pacer, now + 17 * ms));
	/* once it rests, captures thin out again */
	run(&pacer, &now, now + 3000 * ms, false);
	unsigned still = run(&pacer, &now, now + 10000 * ms, false);
	CHECK(still >= 49 && still <= 51 && !pacer_wants_vblank(&pacer, now));
}

static void a_pointer_over_what_flips_adds_no_capture(void) {
	struct pacer pacer;
	uint64_t now = 10000 * ms;
	pacer_init(&pacer, 60);
	run(&pacer, &now, now + 5000 * ms, false);
	unsigned captures = move(&pacer, &now); /* nothing is known yet about how changes come */
	CHECK_SAY(captures <= 6, "%u captures", captures);
	pacer_captured(&pacer, now, true);
	pacer_learn(&pacer, false);
	pacer_captured(&pacer, now + 17 * ms, true);
	pacer_learn(&pacer, true); /* the last change decides */
	run(&pacer, &now, now + 5000 * ms, false);
	captures = move(&pacer, &now);
	CHECK_SAY(captures <= 6, "%u captures", captures);
	pacer_spring(&pacer, now); /* the flip */
	CHECK(pacer_due(&pacer, now));
}

/* A desktop with two buffers, which is asked for flips every `every_ms`, whatever the parity of its flips. */
static bool seems_in_place(unsigned every_ms) {
	struct pacer pacer;
	uint64_t now = 10000 * ms;
	pacer_init(&pacer, 60);
	pacer_peeked(&pacer, now);
	pacer_learn(&pacer, true);
	pacer_captured(&pacer, now, true);
	for (unsigned i = 0; i < 20; i++) {
		now += every_ms * ms;
		pacer_peeked(&pacer, now);
	}
	pacer_learn(&pacer, false);
	return pacer.in_place;
}

static void flips_there_and_back_are_flips(void) {
	CHECK(!seems_in_place(33)); /* of a still screen, or of a busy machine */
	CHECK(seems_in_place(17));
	CHECK(seems_in_place(20));
}

/* One peek that came late is enough for two flips, and only until the next capture. */
static void one_late_peek_teaches_nothing(void) {
	struct pacer pacer;
	uint64_t now = 10000 * ms;
	pacer_init(&pacer, 60);
	pacer_peeked(&pacer, now);
	pacer_captured(&pacer, now, false);
	pacer_peeked(&pacer, now + 40 * ms);
	pacer_peeked(&pacer, now + 50 * ms);
	pacer_learn(&pacer, false);
	CHECK(!pacer.in_place);
	pacer_captured(&pacer, now + 50 * ms, true);
	pacer_peeked(&pacer, now + 66 * ms);
	pacer_learn(&pacer, false);
	CHECK(pacer.in_place);
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

/* Follows a display for ten seconds that flips at every vertical blank, with a jitter of a tenth of a
 * millisecond. Returns the number of captures, and in `most` that of the fullest second. */
static unsigned follow(unsigned refresh, unsigned fps, unsigned *most) {
	struct pacer pacer;
	uint64_t start = 10000 * ms, captured[2600];
	unsigned captures = 0, first = 0;
	pacer_init(&pacer, fps);
	*most = 0;
	for (uint64_t beat = 0; beat < 10 * refresh; beat++) {
		uint64_t now = start + beat * 1000 * ms / refresh + beat % 7 * ms / 70;
		pacer_spring(&pacer, now);
		if (!pacer_due(&pacer, now))
			continue;
		captured[captures++] = now;
		pacer_captured(&pacer, now, true);
		while (now - captured[first] >= 1000 * ms)
			first++;
		*most = captures - first > *most ? captures - first : *most;
	}
	return captures;
}

static void keeps_its_rate_at_any_refresh(void) {
	static const unsigned refreshes[] = {50, 60, 70, 72, 75, 85, 90, 100, 120, 144, 165, 240};
	static const unsigned rates[] = {24, 30, 48, 60, 100, 120, 240};
	for (size_t i = 0; i < ARRAY_LEN(refreshes); i++)
		for (size_t j = 0; j < ARRAY_LEN(rates); j++) {
			unsigned refresh = refreshes[i], fps = rates[j], most;
			unsigned wanted = 10 * (fps < refresh ? fps : refresh);
			unsigned got = follow(refresh, fps, &most);
			CHECK_SAY(got + 2 >= wanted && got <= wanted + 2 && most <= fps + 1,
				"%u Hz, --fps=%u: %u in ten seconds, %u in the fullest", refresh, fps, got,
				most);
		}
}

/* A pause is not made up for by more captures afterwards. */
static void begins_anew_after_a_pause(void) {
	struct pacer pacer;
	uint64_t now = 10000 * ms;
	pacer_init(&pacer, 50);
	pacer_captured(&pacer, now, true);
	now += 20 * ms + 19 * ms; /* late, but still in the old phase */
	pacer_captured(&pacer, now, true);
	CHECK(!pacer_due(&pacer, now - 3 * ms) && pacer_due(&pacer, now + 1 * ms));
	now += 100 * ms;
	pacer_captured(&pacer, now, true);
	CHECK(!pacer_due(&pacer, now + 17 * ms) && pacer_due(&pacer, now + 20 * ms));
}

int main(void) {
	keeps_its_rate_at_any_refresh();
	begins_anew_after_a_pause();
	thins_out_on_a_still_screen();
	springs_back_at_once();
	takes_another_rate();
	never_exceeds_the_rate();
	peeks_between_captures();
	a_moving_pointer_is_cheap();
	a_pointer_over_what_flips_adds_no_capture();
	flips_there_and_back_are_flips();
	one_late_peek_teaches_nothing();
	a_slow_rate_stays_slow();
	return 0;
}
