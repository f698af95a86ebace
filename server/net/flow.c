/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/flow.h"

bool flow_has_room(const struct flow *flow, size_t queued, uint64_t now_ms) {
	return queued < FLOW_SHORT;
}
