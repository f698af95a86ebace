/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames/vblank.h"

#include <errno.h>

static const uint64_t first_pause_ns = 10 * 1000000000ull;
static const uint64_t longest_pause_ns = 320 * 1000000000ull;
static const uint64_t yield_ns = 1000000000;

static const char never[] = "a timer: the driver has no vertical blanks";
static const char refused[] =
	"a timer: the driver refused to report a vertical blank, and will be asked again later";
static const char silent[] =
	"a timer: a vertical blank that was asked for did not come; we will ask again later";
static const char yielding[] = "flips of a client that holds the card's locks until they are done";
static const char display[] = "the display's vertical blanks";

void vblank_init(struct vblank *vblank) {
	*vblank = (struct vblank){.beat = ""};
}

bool vblank_is_usable(const struct vblank *vblank, uint64_t now_ns) {
	return now_ns >= vblank->again_ns;
}

void vblank_came(struct vblank *vblank) {
	*vblank = (struct vblank){.beat = display};
}

/* Each pause is twice as long as the one before. */
static void pause_it(struct vblank *vblank, uint64_t now_ns, const char *why) {
	uint64_t pause = vblank->pause_ns ? 2 * vblank->pause_ns : first_pause_ns;
	vblank->pause_ns = pause < longest_pause_ns ? pause : longest_pause_ns;
	vblank->again_ns = now_ns + vblank->pause_ns;
	vblank->beat = why;
}

void vblank_asked(struct vblank *vblank, int error, uint64_t now_ns) {
	if (error == -EOPNOTSUPP) {
		vblank->again_ns = UINT64_MAX;
		vblank->beat = never;
	} else if (error && error != -EAGAIN) {
		pause_it(vblank, now_ns, refused);
	}
}

void vblank_missed(struct vblank *vblank, uint64_t now_ns) {
	pause_it(vblank, now_ns, silent);
}

void vblank_yield(struct vblank *vblank, uint64_t now_ns) {
	/* if it is known that no vertical blank comes, that says more and lasts longer */
	if (vblank->again_ns > now_ns && vblank->beat != yielding)
		return;
	vblank->again_ns = now_ns + yield_ns;
	vblank->beat = yielding;
}
