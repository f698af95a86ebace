/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/viewer/flow.h"

#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

enum { MS = 1000, WAY = 50 * MS };

static bool may(const struct flow *flow, uint64_t now) {
	return flow_wait(flow, 0, now) == 0;
}

static void answer(struct flow *flow, uint64_t now, const uint8_t payload[FLOW_FENCE_SIZE]) {
	CHECK(flow_fence_back(flow, now, payload, FLOW_FENCE_SIZE));
}

/* Returns a flow whose way is known, and sets `now` to that time. */
static struct flow acquainted(uint64_t *now) {
	struct flow flow = {0};
	uint8_t payload[FLOW_FENCE_SIZE];
	CHECK(flow_fence(&flow, 1, 0, payload));
	answer(&flow, 1 + WAY, payload);
	CHECK(flow_round_trip(&flow) == WAY);
	*now = 1 + WAY;
	return flow;
}

/* If a viewer never sends a fence back, nothing waits for one, and it gets no more of them. */
static void trusts_nobody_unproven(void) {
	struct flow flow = {0};
	uint8_t payload[FLOW_FENCE_SIZE];
	CHECK(may(&flow, 0));
	CHECK(flow_fence(&flow, 0, 100, payload));
	CHECK(!flow_fence(&flow, 1, 200, payload));
	CHECK(may(&flow, 1000000000));
	CHECK(flow_round_trip(&flow) == 0);
	CHECK(flow_wait(&flow, FLOW_SHORT, 0) == FLOW_NOT_YET);
}

static void waits_while_fences_are_late(void) {
	uint64_t now;
	struct flow flow = acquainted(&now);
	uint8_t second[FLOW_FENCE_SIZE], third[FLOW_FENCE_SIZE];
	CHECK(flow_fence(&flow, now, 0, second) && flow_fence(&flow, now + 10 * MS, 0, third));
	CHECK(may(&flow, now + 64 * MS));
	CHECK(flow_wait(&flow, 0, now + 66 * MS) == FLOW_NOT_YET); /* 15 ms late */
	answer(&flow, now + 70 * MS, second);
	CHECK(may(&flow, now + 71 * MS)); /* the third update left later */
	CHECK(!may(&flow, now + 76 * MS));
	answer(&flow, now + 80 * MS, third);
	CHECK(may(&flow, now + 1000 * MS));
	CHECK(flow_round_trip(&flow) == WAY);
}

/* A line after an infinitely fast start: what is sent leaves the line at `rate` bytes a millisecond. */
struct line {
	uint64_t rate, free;
};

static uint64_t carry(struct line *line, uint64_t begin, uint64_t bytes) {
	line->free = (line->free > begin ? line->free : begin) + bytes * MS / line->rate;
	return line->free + WAY;
}

/* Sends updates as often as flow allows, from the first one on. What waits before the line is never much, and
 * the line hardly ever rests. */
static void keeps_to_the_line(uint64_t rate, uint64_t size) {
	uint64_t now, total = 0, begun = 0, worst = 0, backs[FLOW_FENCES];
	uint8_t fences[FLOW_FENCES][FLOW_FENCE_SIZE];
	unsigned first = 0, count = 0;
	struct line line = {rate, 0};
	struct flow flow = acquainted(&now);
	for (uint64_t end = now + 5000 * MS, settled = now + 2000 * MS; now < end; now += MS) {
		for (; count && backs[first % FLOW_FENCES] <= now; first++, count--)
			answer(&flow, backs[first % FLOW_FENCES], fences[first % FLOW_FENCES]);
		if (!may(&flow, now))
			continue;
		unsigned place = (first + count++) % FLOW_FENCES;
		flow_begin(&flow, now);
		uint64_t waits = line.free > now ? line.free - now : 0;
		backs[place] = carry(&line, now, size);
		total += size;
		CHECK(flow_fence(&flow, now, total, fences[place]));
		worst = waits > worst ? waits : worst;
		begun += now >= settled ? size : 0;
	}
	CHECK_SAY(worst <= 10 * MS, "%u us before the line", (unsigned)worst);
	CHECK_SAY(
		begun >= 3000 * rate * 95 / 100, "%u of %u bytes", (unsigned)begun, (unsigned)(3000 * rate));
}

/* When a line becomes slower, one round trip's worth piles up before it once, and then no more. */
static void follows_a_slower_line(void) {
	uint64_t now, total = 0, size = 50000, due = 0, late = 0;
	uint8_t fence[FLOW_FENCE_SIZE];
	struct flow flow = acquainted(&now);
	struct line line = {20000, 0};
	for (int i = 0; i < 60; i++) {
		line.rate = i < 20 ? 20000 : 2000;
		for (uint64_t wait; (wait = flow_wait(&flow, 0, now)); now += wait)
			CHECK(wait != FLOW_NOT_YET);
		flow_begin(&flow, now);
		due = carry(&line, now, size);
		CHECK(flow_fence(&flow, now, total += size, fence));
		late = due - WAY - now;
		answer(&flow, now = due, fence); /* one at a time */
	}
	CHECK(late == size * MS / 2000);
	CHECK(flow_fence(&flow, now, total += size, fence));
	CHECK(flow_wait(&flow, 0, now) > 15 * MS && flow_wait(&flow, 0, now) <= 25 * MS);
}

static void refuses_what_is_not_its_own(void) {
	struct flow flow = {0};
	uint8_t payload[FLOW_FENCE_SIZE], other[FLOW_FENCE_SIZE] = {9};
	CHECK(!flow_fence_back(&flow, 1, other, sizeof other));
	CHECK(flow_fence(&flow, 1, 0, payload));
	CHECK(!flow_fence_back(&flow, 2, other, sizeof other));
	CHECK(!flow_fence_back(&flow, 2, payload, sizeof payload - 1));
	CHECK(!flow.answers);
	answer(&flow, 3, payload);
	CHECK(!flow_fence_back(&flow, 4, payload, sizeof payload)); /* only once */
}

static void has_a_bound(void) {
	struct flow flow = {0};
	uint8_t payload[FLOW_FENCE_SIZE], last[FLOW_FENCE_SIZE];
	CHECK(flow_fence(&flow, 1, 0, payload));
	answer(&flow, 2 * MS, payload);
	for (int round = 0; round < 3; round++) { /* around the ring */
		for (int i = 0; i < FLOW_FENCES; i++)
			CHECK(flow_fence(&flow, 3 * MS, 0, last));
		CHECK(!flow_fence(&flow, 3 * MS, 0, payload));
		CHECK(flow_wait(&flow, 0, 3 * MS) == FLOW_NOT_YET);
		answer(&flow, 4 * MS, last); /* the earlier ones are settled with it */
		CHECK(flow.count == 0 && may(&flow, 4 * MS));
	}
}

/* A route that has become longer is believed after a while. */
static void forgets_old_ways(void) {
	struct flow flow = {0};
	uint8_t payload[FLOW_FENCE_SIZE];
	uint64_t now = 1;
	for (int second = 0; second < 40; second++) {
		uint64_t way = (second < 5 ? 10 : 90) * MS;
		CHECK(flow_fence(&flow, now, 0, payload));
		answer(&flow, now + way, payload);
		now += 1000 * MS;
	}
	CHECK(flow_round_trip(&flow) == 90 * MS);
}

/* Without fences: as much is under way as the route holds, up to where it fills. */
static void goes_by_tcp(void) {
	static const struct {
		const char *what;
		struct tcp_way tcp;
		uint64_t least, most;
	} rows[] = {
		{"nothing is known", {0}, 0, 0},
		{"fast and empty", {WAY, WAY, 10000000, 0, 400000, 0, 0}, 0, 0},
		{"late, but no more than it holds", {2 * WAY, WAY, 10000000, 0, 500000, 0, 0}, 0, 0},
		{"late and full", {2 * WAY, WAY, 10000000, 0, 600000, 0, 0}, 9 * MS, 11 * MS},
		{"not sent yet", {WAY, WAY, 10000000, 30000, 600000, 0, 0}, 9 * MS, 11 * MS},
		{"little", {2 * WAY, WAY, 1000, 8000, 16000, 0, 0}, 0, 0},
		{"very slow: looked at again", {2 * WAY, WAY, 1000, 8000, 90000, 0, 0}, 50 * MS, 50 * MS},
		{"of unknown speed", {2 * WAY, WAY, 0, 8000, 90000, 0, 0}, MS, MS},
		{"full, and read no more", {2 * WAY, WAY, 10000000, 0, 600000, 401 * MS, 0}, 50 * MS,
			50 * MS},
		{"full, and read lately", {2 * WAY, WAY, 10000000, 0, 600000, 400 * MS, 0}, 9 * MS, 11 * MS},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t wait = flow_wait_tcp(&rows[i].tcp, 0);
		CHECK_SAY(wait >= rows[i].least && wait <= rows[i].most, "%s: %u us", rows[i].what,
			(unsigned)wait);
		CHECK(flow_wait_tcp(&rows[i].tcp, FLOW_SHORT) == FLOW_NOT_YET);
	}
}

static void looks_again_later(void) {
	for (uint64_t wait = 1; wait < 100 * MS; wait++) {
		uint64_t ms = flow_look_again_ms(wait, 20 * MS),
			 until = wait <= 20 * MS ? wait : wait - 20 * MS;
		CHECK_SAY(ms >= 1 && ms * MS >= until && ms * MS < until + MS, "%u us: %u ms", (unsigned)wait,
			(unsigned)ms);
	}
}

static void says_when_there_is_room(void) {
	const struct tcp_way full = {2 * WAY, WAY, 10000000, 0, 600000, 0, 0},
			     slow = {2 * WAY, WAY, 1000, 8000, 90000, 0, 0};
	struct flow flow = {0};
	struct flow_room room = flow_room(&flow, NULL, 0, 1);
	CHECK(room.now && room.soon && room.again_ms == 0);
	room = flow_room(&flow, NULL, FLOW_SHORT, 1); /* an event will say when */
	CHECK(!room.now && !room.soon && room.again_ms == 0);
	room = flow_room(&flow, &full, 0, 1);
	CHECK(!room.now && room.soon && room.again_ms >= 9 && room.again_ms <= 11);
	room = flow_room(&flow, &slow, 0, 1);
	CHECK(!room.now && !room.soon && room.again_ms == 30);
}

/* rfbproto, "ServerFence": a request, and BlockBefore. */
static void writes_a_fence(void) {
	static const uint8_t head[] = {248, 0, 0, 0, 0x80, 0, 0, 1, FLOW_FENCE_SIZE};
	struct flow flow = {0};
	uint8_t message[FLOW_FENCE_MESSAGE];
	CHECK(flow_write_fence(&flow, 1, 0, message) == sizeof message);
	CHECK(memcmp(message, head, sizeof head) == 0);
	CHECK(flow_fence_back(&flow, 2, message + sizeof head, FLOW_FENCE_SIZE));
}

/* What encoders are told of a line of 100 bytes a millisecond, by fences and by TCP. */
static void tells_of_the_line(void) {
	uint64_t now;
	struct flow flow = acquainted(&now);
	uint8_t payload[FLOW_FENCE_SIZE];
	struct encoder_line line = flow_line(&flow, NULL, 0, now);
	CHECK(line.rate == 0 && line.round_trip == WAY && line.busy == 0);
	CHECK(flow_line(&flow, NULL, 100, now).busy > 0);
	for (uint64_t total = 10000; total <= 80000; total += 10000) {
		flow_begin(&flow, now);
		CHECK(flow_fence(&flow, now, total, payload));
		now += 100 * MS;
		answer(&flow, now + WAY, payload);
	}
	now += WAY;
	line = flow_line(&flow, NULL, 0, now);
	CHECK(line.rate > 90000 && line.rate < 110000 && line.busy == 0);
	CHECK(!line.rate_is_least && line.has_viewer);
	flow_begin(&flow, now);
	CHECK(flow_fence(&flow, now, 100000, payload));
	line = flow_line(&flow, NULL, 0, now);
	CHECK(line.busy > 180 * MS && line.busy < 220 * MS);
	line = flow_line(&flow, NULL, 40000, now); /* the longer of both */
	CHECK(line.busy > 360 * MS && line.busy < 440 * MS);
	CHECK(flow_line(&flow, NULL, 0, now + 210 * MS).busy == 0);
	CHECK(flow_line(&flow, NULL, 0, now + 400 * MS).busy > 0); /* the fence is late */
	const struct tcp_way tcp = {.round_trip = 7 * MS, .rate = 100000, .under_way = 5000};
	line = flow_line(&(struct flow){0}, &tcp, 5000, now);
	CHECK(line.rate == 100000 && line.round_trip == 7 * MS && line.busy == 100 * MS + 1);
	CHECK(!line.rate_is_least && !line.has_viewer);
	line = flow_line(&(struct flow){0}, &(struct tcp_way){.rate = 100000}, 0, now);
	CHECK(line.busy == 0 && line.rate_is_least);
}

int main(void) {
	trusts_nobody_unproven();
	waits_while_fences_are_late();
	keeps_to_the_line(20000, 90000);
	keeps_to_the_line(5000, 90000);
	keeps_to_the_line(5000, 20000);
	keeps_to_the_line(1000, 300000);
	follows_a_slower_line();
	refuses_what_is_not_its_own();
	has_a_bound();
	forgets_old_ways();
	goes_by_tcp();
	says_when_there_is_room();
	writes_a_fence();
	looks_again_later();
	tells_of_the_line();
	return 0;
}
