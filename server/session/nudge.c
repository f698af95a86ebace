/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/session/nudge.h"

bool nudge_touch(struct nudge *nudge, unsigned darkness, uint64_t now_ns) {
	if (!darkness || (darkness == nudge->darkness && now_ns - nudge->at_ns < NUDGE_AGAIN_NS))
		return false;
	*nudge = (struct nudge){.darkness = darkness, .at_ns = now_ns};
	return true;
}
