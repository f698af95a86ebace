/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/flow.h"

#include "tests/test.h"

enum { MS = 1000 };

static void answer(struct flow *flow, uint64_t now, const uint8_t payload[FLOW_FENCE_SIZE]) {
	CHECK(flow_fence_back(flow, now, payload, FLOW_FENCE_SIZE));
}

/* One that never sends a fence back is not waited for, and gets no more of them. */
static void trusts_nobody_unproven(void) {
	struct flow flow = {0};
	uint8_t payload[FLOW_FENCE_SIZE];
	CHECK(flow_has_room(&flow, 0, 0));
	CHECK(flow_fence(&flow, 0, payload));
	CHECK(!flow_fence(&flow, 1, payload));
	CHECK(flow_has_room(&flow, 0, 1000000000));
	CHECK(flow_round_trip(&flow) == 0);
	CHECK(!flow_has_room(&flow, FLOW_SHORT, 0));
}

static void waits_while_fences_are_late(void) {
	struct flow flow = {0};
	uint8_t first[FLOW_FENCE_SIZE], second[FLOW_FENCE_SIZE], third[FLOW_FENCE_SIZE];
	uint64_t now = 1;
	CHECK(flow_fence(&flow, now, first));
	now += 50 * MS;
	answer(&flow, now, first);
	CHECK(flow_round_trip(&flow) == 50 * MS);
	CHECK(flow_fence(&flow, now, second) && flow_fence(&flow, now + 10 * MS, third));
	CHECK(flow_has_room(&flow, 0, now + 74 * MS));
	CHECK(!flow_has_room(&flow, 0, now + 76 * MS)); /* half as long again as the shortest */
	answer(&flow, now + 80 * MS, second);
	CHECK(flow_has_room(&flow, 0, now + 81 * MS)); /* the third left later */
	CHECK(!flow_has_room(&flow, 0, now + 86 * MS));
	answer(&flow, now + 90 * MS, third);
	CHECK(flow_has_room(&flow, 0, now + 1000 * MS));
	CHECK(flow_round_trip(&flow) == 50 * MS);
}

static void refuses_what_is_not_its_own(void) {
	struct flow flow = {0};
	uint8_t payload[FLOW_FENCE_SIZE], other[FLOW_FENCE_SIZE] = {9};
	CHECK(!flow_fence_back(&flow, 1, other, sizeof other));
	CHECK(flow_fence(&flow, 1, payload));
	CHECK(!flow_fence_back(&flow, 2, other, sizeof other));
	CHECK(!flow_fence_back(&flow, 2, payload, sizeof payload - 1));
	CHECK(!flow.answers);
	answer(&flow, 3, payload);
	CHECK(!flow_fence_back(&flow, 4, payload, sizeof payload)); /* only once */
}

static void has_a_bound(void) {
	struct flow flow = {0};
	uint8_t payload[FLOW_FENCE_SIZE], last[FLOW_FENCE_SIZE];
	CHECK(flow_fence(&flow, 1, payload));
	answer(&flow, 2 * MS, payload);
	for (int round = 0; round < 3; round++) { /* around the ring */
		for (int i = 0; i < FLOW_FENCES; i++)
			CHECK(flow_fence(&flow, 3 * MS, last));
		CHECK(!flow_fence(&flow, 3 * MS, payload));
		CHECK(!flow_has_room(&flow, 0, 3 * MS));
		answer(&flow, 4 * MS, last); /* the earlier ones are done with too */
		CHECK(flow.count == 0 && flow_has_room(&flow, 0, 4 * MS));
	}
}

/* A route that became longer is believed after a while. */
static void forgets_old_ways(void) {
	struct flow flow = {0};
	uint8_t payload[FLOW_FENCE_SIZE];
	uint64_t now = 1;
	for (int second = 0; second < 40; second++) {
		uint64_t way = (second < 5 ? 10 : 90) * MS;
		CHECK(flow_fence(&flow, now, payload));
		answer(&flow, now + way, payload);
		now += 1000 * MS;
	}
	CHECK(flow_round_trip(&flow) == 90 * MS);
}

int main(void) {
	trusts_nobody_unproven();
	waits_while_fences_are_late();
	refuses_what_is_not_its_own();
	has_a_bound();
	forgets_old_ways();
	return 0;
}
