/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which touches wake a dark display. */
#include "server/session/nudge.h"
#include "tests/test.h"

static const uint64_t ms = 1000000;

int main(void) {
	struct nudge nudge = {0};
	uint64_t now = 5000 * ms;
	CHECK(!nudge_touch(&nudge, 0, now)); /* the display is lit */

	CHECK(nudge_touch(&nudge, 1, now));
	CHECK(!nudge_touch(&nudge, 1, now)); /* it may be lighting up */
	CHECK(!nudge_touch(&nudge, 1, now + 1999 * ms));
	CHECK(nudge_touch(&nudge, 1, now + 2000 * ms));  /* still dark: the nudge was lost */
	CHECK(!nudge_touch(&nudge, 1, now + 3999 * ms)); /* the time counts from the second nudge */
	CHECK(nudge_touch(&nudge, 1, now + 4000 * ms));

	/* lit in between, and dark again: the first touch nudges, however soon it comes */
	CHECK(!nudge_touch(&nudge, 0, now + 4001 * ms));
	CHECK(nudge_touch(&nudge, 2, now + 4002 * ms));
	CHECK(!nudge_touch(&nudge, 2, now + 4003 * ms));
	return 0;
}
