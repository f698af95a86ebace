/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames/vblank.h"

#include <errno.h>
#include <string.h>

#include "tests/test.h"

static const uint64_t s = 1000000000;

static bool says(const struct vblank *vblank, const char *words) {
	return strstr(vblank->beat, words);
}

int main(void) {
	struct vblank vblank;
	uint64_t now = 1000 * s;
	vblank_init(&vblank);
	CHECK(vblank_is_usable(&vblank, now));
	vblank_asked(&vblank, 0, now);
	vblank_asked(&vblank, -EAGAIN, now); /* the output is dark */
	CHECK(vblank_is_usable(&vblank, now) && !vblank.beat[0]);

	/* silence and refusals: later each time */
	vblank_missed(&vblank, now);
	CHECK(!vblank_is_usable(&vblank, now + 9 * s) && vblank_is_usable(&vblank, now + 10 * s));
	CHECK(says(&vblank, "did not come"));
	vblank_asked(&vblank, -EINVAL, now);
	CHECK(says(&vblank, "refused"));
	CHECK(!vblank_is_usable(&vblank, now + 19 * s) && vblank_is_usable(&vblank, now + 20 * s));
	for (int i = 0; i < 100; i++)
		vblank_missed(&vblank, now);
	CHECK(vblank_is_usable(&vblank, now + 320 * s));

	vblank_came(&vblank);
	CHECK(says(&vblank, "the display"));
	vblank_missed(&vblank, now);
	CHECK(vblank_is_usable(&vblank, now + 10 * s)); /* it was well in between */

	/* a client that holds the card's locks gives the beat for a while */
	vblank_init(&vblank);
	vblank_yield(&vblank, now);
	CHECK(!vblank_is_usable(&vblank, now + s - 1) && vblank_is_usable(&vblank, now + s));
	CHECK(says(&vblank, "a client"));
	vblank_missed(&vblank, now);
	vblank_yield(&vblank, now);
	CHECK(says(&vblank, "did not come"));
	CHECK(!vblank_is_usable(&vblank, now + 9 * s));

	vblank_asked(&vblank, -EOPNOTSUPP, now);
	CHECK(!vblank_is_usable(&vblank, now + 1000000 * s) && says(&vblank, "has no"));
	vblank_init(&vblank);
	CHECK(vblank_is_usable(&vblank, now));
	return 0;
}
