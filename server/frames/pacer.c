/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames/pacer.h"

static const uint64_t millisecond = 1000000;
static const uint64_t still_interval_ns = 200 * 1000000ull; /* 5 Hz */
static const uint64_t stir_interval_ns = 50 * 1000000ull;   /* 20 Hz: fast enough for what lights up under the
							     * pointer */
static const uint64_t lively_ns =
	300 * 1000000ull;                          /* the full rate lasts at least this long after a change */
static const uint64_t rest_ns = 1000 * 1000000ull; /* the vertical blank may rest if the picture was still for
						    * this long */
static const uint64_t peek_ns = 33 * 1000000ull;

void pacer_init(struct pacer *pacer, unsigned fps) {
	*pacer = (struct pacer){.captured_ns = 0};
	pacer_set_fps(pacer, fps);
}

void pacer_set_fps(struct pacer *pacer, unsigned fps) {
	pacer->frame_ns = 1000 * millisecond / fps;
	pacer->interval_ns = pacer->frame_ns;
}

void pacer_spring(struct pacer *pacer, uint64_t now_ns) {
	pacer->interval_ns = pacer->frame_ns;
	pacer->changed_ns = now_ns;
}

static uint64_t longer_of(uint64_t one, uint64_t other) {
	return one > other ? one : other;
}

static uint64_t shorter_of(uint64_t one, uint64_t other) {
	return one < other ? one : other;
}

static bool is_stirred(const struct pacer *pacer, uint64_t now_ns, uint64_t for_ns) {
	return pacer->stirred_ns && now_ns < pacer->stirred_ns + for_ns;
}

void pacer_stir(struct pacer *pacer, uint64_t now_ns) {
	pacer->stirred_ns = now_ns;
	if (pacer->in_place)
		pacer->interval_ns =
			shorter_of(pacer->interval_ns, longer_of(stir_interval_ns, pacer->frame_ns));
}

void pacer_peeked(struct pacer *pacer, uint64_t now_ns) {
	if (pacer->peeked_ns)
		pacer->unseen_ns = longer_of(pacer->unseen_ns, now_ns - pacer->peeked_ns);
	pacer->peeked_ns = now_ns;
}

void pacer_learn(struct pacer *pacer, bool flipped) {
	if (flipped || pacer->unseen_ns <= pacer->frame_ns * 3 / 2)
		pacer->in_place = !flipped;
}

bool pacer_due(const struct pacer *pacer, uint64_t now_ns) {
	/* A beat that comes a little early still counts (a vertical blank that is slightly faster than fps).
	 * */
	return pacer->captured_ns == 0 ||
	       now_ns + pacer->frame_ns / 8 >= pacer->captured_ns + pacer->interval_ns;
}

/*
 * Returns when this capture was due. The next one counts from there rather than from this one's late beat.
 * Beats come at the display's rate, and a rate that does not divide it would otherwise drop to the next lower
 * rate that does (from 60 to 37.5 at 75 Hz). If a capture is late by a whole frame or more, counting starts
 * anew, so that no capture is made up for.
 */
static uint64_t nominal_time(const struct pacer *pacer, uint64_t now_ns) {
	uint64_t due = pacer->captured_ns + pacer->interval_ns;
	return pacer->captured_ns && pacer_due(pacer, now_ns) && now_ns < due + pacer->frame_ns ? due
												: now_ns;
}

void pacer_captured(struct pacer *pacer, uint64_t now_ns, bool changed) {
	pacer->captured_ns = nominal_time(pacer, now_ns);
	pacer->unseen_ns = 0;
	if (changed) {
		pacer_spring(pacer, now_ns);
	} else if (now_ns >= pacer->changed_ns + lively_ns) {
		bool often = pacer->in_place && is_stirred(pacer, now_ns, lively_ns);
		uint64_t limit = often ? stir_interval_ns : still_interval_ns;
		pacer->interval_ns = shorter_of(
			pacer->interval_ns + pacer->interval_ns / 2, longer_of(limit, pacer->frame_ns));
	}
}

bool pacer_wants_vblank(const struct pacer *pacer, uint64_t now_ns) {
	return now_ns < pacer->changed_ns + rest_ns || is_stirred(pacer, now_ns, lively_ns);
}

uint64_t pacer_wait_ns(const struct pacer *pacer, uint64_t now_ns, bool can_peek) {
	uint64_t due = pacer->captured_ns + pacer->interval_ns;
	uint64_t wait = due > now_ns ? due - now_ns : 0;
	uint64_t peek = pacer_wants_vblank(pacer, now_ns) ? pacer->frame_ns : peek_ns;
	return can_peek && peek < wait ? peek : wait;
}
