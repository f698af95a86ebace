/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/flow.h"

#include "server/net/bytes.h"

/* The shortest round trip is remembered for one to two windows: routes change. */
enum { WINDOW_US = 10 * 1000 * 1000, SLACK_US = 15 * 1000 };

uint64_t flow_round_trip(const struct flow *flow) {
	uint64_t a = flow->shortest[0], b = flow->shortest[1];
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

bool flow_fence(struct flow *flow, uint64_t now, uint8_t payload[FLOW_FENCE_SIZE]) {
	if (flow->count == FLOW_FENCES || (flow->count && !flow->answers))
		return false;
	unsigned place = (flow->first + flow->count++) % FLOW_FENCES;
	flow->under_way[place].id = ++flow->next_id;
	flow->under_way[place].sent = now;
	bytes_put32(payload, (uint32_t)(flow->next_id >> 32));
	bytes_put32(payload + 4, (uint32_t)flow->next_id);
	return true;
}

static void measured(struct flow *flow, uint64_t now, uint64_t round_trip) {
	if (now - flow->window_start > WINDOW_US) {
		flow->shortest[1] = flow->shortest[0];
		flow->shortest[0] = 0;
		flow->window_start = now;
	}
	if (!flow->shortest[0] || round_trip < flow->shortest[0])
		flow->shortest[0] = round_trip ? round_trip : 1;
}

bool flow_fence_back(struct flow *flow, uint64_t now, const uint8_t *payload, size_t size) {
	if (size != FLOW_FENCE_SIZE)
		return false;
	uint64_t id = (uint64_t)bytes_get32(payload) << 32 | bytes_get32(payload + 4);
	for (unsigned i = 0; i < flow->count; i++) {
		unsigned place = (flow->first + i) % FLOW_FENCES;
		if (flow->under_way[place].id != id)
			continue;
		measured(flow, now, now - flow->under_way[place].sent);
		flow->first = (place + 1) % FLOW_FENCES; /* they come back in order: earlier ones are lost */
		flow->count -= i + 1;
		flow->answers = true;
		return true;
	}
	return false;
}

bool flow_has_room(const struct flow *flow, size_t queued, uint64_t now) {
	if (queued >= FLOW_SHORT)
		return false;
	if (!flow->answers || !flow->count)
		return true;
	uint64_t base = flow_round_trip(flow), slack = base / 2 > SLACK_US ? base / 2 : SLACK_US;
	return flow->count < FLOW_FENCES && now - flow->under_way[flow->first].sent <= base + slack;
}
