/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/vblank.h"

#include <errno.h>

static const uint64_t first_pause_ns = 10 * 1000000000ull;
static const uint64_t longest_pause_ns = 320 * 1000000000ull;
static const uint64_t yield_ns = 1000000000;

void vblank_init(struct vblank *vblank) {
	*vblank = (struct vblank){0};
}

bool vblank_is_usable(const struct vblank *vblank, uint64_t now_ns) {
	return now_ns >= vblank->again_ns;
}

void vblank_came(struct vblank *vblank) {
	vblank_init(vblank);
}

void vblank_asked(struct vblank *vblank, int error, uint64_t now_ns) {
	if (error == -EOPNOTSUPP)
		vblank->again_ns = UINT64_MAX;
	else if (error && error != -EAGAIN)
		vblank_missed(vblank, now_ns);
}

void vblank_missed(struct vblank *vblank, uint64_t now_ns) {
	uint64_t pause = vblank->pause_ns ? 2 * vblank->pause_ns : first_pause_ns;
	vblank->pause_ns = pause < longest_pause_ns ? pause : longest_pause_ns;
	vblank->again_ns = now_ns + vblank->pause_ns;
}

void vblank_yield(struct vblank *vblank, uint64_t now_ns) {
	if (vblank->again_ns < now_ns + yield_ns)
		vblank->again_ns = now_ns + yield_ns;
}
