/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/pacer.h"

static const uint64_t millisecond = 1000000;
static const uint64_t still_interval_ns = 200 * 1000000ull; /* 5 Hz */
static const uint64_t lively_ns =
	300 * 1000000ull; /* after a change, the full rate lasts at least this long */
static const uint64_t rest_ns = 1000 * 1000000ull; /* still for so long: the vertical blank may rest */
static const uint64_t peek_ns = 33 * 1000000ull;

void pacer_init(struct pacer *pacer, unsigned fps) {
	*pacer = (struct pacer){.frame_ns = 1000 * millisecond / fps};
	pacer->interval_ns = pacer->frame_ns;
}

void pacer_spring(struct pacer *pacer, uint64_t now_ns) {
	pacer->interval_ns = pacer->frame_ns;
	pacer->changed_ns = now_ns;
}

bool pacer_due(const struct pacer *pacer, uint64_t now_ns) {
	/* A beat that comes a little early (a vertical blank a hair faster than fps) still counts. */
	return pacer->captured_ns == 0 ||
	       now_ns + pacer->frame_ns / 8 >= pacer->captured_ns + pacer->interval_ns;
}

void pacer_captured(struct pacer *pacer, uint64_t now_ns, bool changed) {
	pacer->captured_ns = now_ns;
	if (changed) {
		pacer_spring(pacer, now_ns);
	} else if (now_ns >= pacer->changed_ns + lively_ns) {
		uint64_t longer = pacer->interval_ns + pacer->interval_ns / 2;
		uint64_t limit = still_interval_ns > pacer->frame_ns ? still_interval_ns : pacer->frame_ns;
		pacer->interval_ns = longer < limit ? longer : limit;
	}
}

bool pacer_wants_vblank(const struct pacer *pacer, uint64_t now_ns) {
	return now_ns < pacer->changed_ns + rest_ns;
}

uint64_t pacer_wait_ns(const struct pacer *pacer, uint64_t now_ns, bool can_peek) {
	uint64_t due = pacer->captured_ns + pacer->interval_ns;
	uint64_t wait = due > now_ns ? due - now_ns : 0;
	uint64_t peek = pacer_wants_vblank(pacer, now_ns) ? pacer->frame_ns : peek_ns;
	return can_peek && peek < wait ? peek : wait;
}
