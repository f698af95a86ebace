/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/viewer/flow.h"

#include "capture/base/clock.h"
#include "encode/rfb/bytes.h"
#include "encode/rfb/protocol.h"

enum {
	SOON_US = 20 * 1000, /* about one frame of the screen */
	WINDOW_US =
		10 * 1000 * 1000, /* the shortest round trip is kept for one to two of these: routes change */
	SLACK_US = 15 * 1000,     /* a fence that is late by less means nothing */
	LEAD_US = 5 * 1000,       /* encoding an update takes time: it may begin this much earlier */
	MEMORY = 8,               /* the rate is an average of about this many updates */
	MEANS_LITTLE = 4 << 10,   /* fewer bytes say nothing about a rate */
	FIRST = 32 << 10,         /* bytes that may be under way without proof */
	TCP_LITTLE = 16 << 10,    /* bytes under way that are never too many */
	TCP_SHORTEST_US = 1000,
	TCP_LONGEST_US = 50 * 1000,  /* between two looks at what TCP knows */
	TCP_SILENCE_US = 200 * 1000, /* and two round trips: it reads nothing, whatever its rate was */
};

static uint64_t later(uint64_t a, uint64_t b) {
	return a > b ? a : b;
}

static uint64_t slack(uint64_t round_trip) {
	return later(round_trip / 4, SLACK_US);
}

uint64_t flow_round_trip(const struct flow *flow) {
	uint64_t a = flow->shortest[0], b = flow->shortest[1];
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static struct flow_mark *mark(struct flow *flow, unsigned number) {
	return &flow->under_way[(flow->first + number) % FLOW_FENCES];
}

/* How long this many bytes take to pass the bottleneck. */
static uint64_t passage(const struct flow *flow, uint64_t bytes) {
	return flow->bytes ? (uint64_t)((double)bytes * (double)flow->busy / (double)flow->bytes) : 0;
}

void flow_begin(struct flow *flow, uint64_t now) {
	flow->begin = now;
}

bool flow_fence(struct flow *flow, uint64_t now, uint64_t total, uint8_t payload[FLOW_FENCE_SIZE]) {
	uint64_t begin = flow->begin ? flow->begin : now;
	flow->begin = 0;
	if (flow->count == FLOW_FENCES || (flow->count && !flow->answers))
		return false;
	uint64_t before = flow->count ? mark(flow, flow->count - 1)->total : flow->total;
	flow->drained = later(flow->drained, begin) + passage(flow, total - before);
	*mark(flow, flow->count++) = (struct flow_mark){.id = ++flow->next_id,
		.begin = begin,
		.sent = now,
		.total = total,
		.under_way = total - flow->total,
		.due = later(flow->drained, now) + flow_round_trip(flow)};
	bytes_put32(payload, (uint32_t)(flow->next_id >> 32));
	bytes_put32(payload + 4, (uint32_t)flow->next_id);
	return true;
}

static void measure_way(struct flow *flow, uint64_t now, uint64_t round_trip) {
	if (now - flow->window_start > WINDOW_US) {
		flow->shortest[1] = flow->shortest[0];
		flow->shortest[0] = 0;
		flow->window_start = now;
	}
	if (!flow->shortest[0] || round_trip < flow->shortest[0])
		flow->shortest[0] = round_trip ? round_trip : 1;
}

/* Between two fences the bottleneck was busy from when it had the first byte until the last one had passed.
 * The average is made of sums, not of single rates: if one fence is late, the next one is early by as
 * much. */
static void measure_speed(struct flow *flow, uint64_t now, const struct flow_mark *back) {
	uint64_t way = flow_round_trip(flow), passed = now > way ? now - way : 0;
	uint64_t start = later(back->begin, flow->passed), bytes = back->total - flow->total;
	if (bytes >= MEANS_LITTLE) {
		uint64_t busy = passed > start ? passed - start : 1;
		flow->bytes += bytes - flow->bytes / MEMORY;
		flow->busy += busy - flow->busy / MEMORY;
	}
	flow->passed = later(passed, flow->passed);
	flow->total = back->total;
}

/* Predicts when everything that is still under way will have passed the bottleneck. */
static void expect(struct flow *flow) {
	uint64_t total = flow->total;
	flow->drained = flow->passed;
	for (unsigned i = 0; i < flow->count; i++) {
		const struct flow_mark *next = mark(flow, i);
		flow->drained = later(flow->drained, next->begin) + passage(flow, next->total - total);
		total = next->total;
	}
}

bool flow_fence_back(struct flow *flow, uint64_t now, const uint8_t *payload, size_t size) {
	if (size != FLOW_FENCE_SIZE)
		return false;
	uint64_t id = (uint64_t)bytes_get32(payload) << 32 | bytes_get32(payload + 4);
	for (unsigned i = 0; i < flow->count; i++) {
		struct flow_mark back = *mark(flow, i);
		if (back.id != id)
			continue;
		if (now <= back.due + slack(flow_round_trip(flow)))
			flow->proven = later(flow->proven, back.under_way);
		measure_way(flow, now, now - back.sent);
		measure_speed(flow, now, &back);
		flow->first = (flow->first + i + 1) % FLOW_FENCES; /* in order: earlier ones are lost */
		flow->count -= i + 1;
		flow->answers = true;
		expect(flow);
		return true;
	}
	return false;
}

uint64_t flow_wait(const struct flow *flow, size_t queued, uint64_t now) {
	if (queued >= FLOW_SHORT || flow->count == FLOW_FENCES)
		return FLOW_NOT_YET;
	if (!flow->answers || !flow->count)
		return 0;
	const struct flow_mark *last = &flow->under_way[(flow->first + flow->count - 1) % FLOW_FENCES];
	if (now > flow->under_way[flow->first].due + slack(flow_round_trip(flow)) ||
		last->total - flow->total > 2 * flow->proven + FIRST)
		return FLOW_NOT_YET;
	return flow->drained > now + LEAD_US ? flow->drained - now - LEAD_US : 0;
}

/* Whether something waits in front of the bottleneck, as far as TCP knows. */
static bool tcp_queues(const struct tcp_way *tcp, size_t queued) {
	return tcp->unsent + queued || tcp->round_trip > tcp->shortest + slack(tcp->shortest);
}

/* As long as nothing waits anywhere, nothing needs to be known. If something waits, as much may be under way
 * as the path holds. TCP does not report when less is under way, so we look again when that should be so. */
uint64_t flow_wait_tcp(const struct tcp_way *tcp, size_t queued) {
	if (queued >= FLOW_SHORT)
		return FLOW_NOT_YET;
	size_t under_way = tcp->under_way + queued;
	double rate = (double)tcp->rate / 1e6, holds = rate * (double)tcp->shortest;
	if (under_way <= TCP_LITTLE || !tcp_queues(tcp, queued) || (double)under_way <= holds)
		return 0;
	if (tcp->silence > 2 * tcp->round_trip + TCP_SILENCE_US)
		return TCP_LONGEST_US;
	double wait = rate > 0 ? ((double)under_way - (double)later((uint64_t)holds, TCP_LITTLE)) / rate : 0;
	return wait < TCP_SHORTEST_US ? TCP_SHORTEST_US
				      : (wait > TCP_LONGEST_US ? TCP_LONGEST_US : (uint64_t)wait);
}

/* Fences that are late tell nothing, so it is looked again soon. */
static uint64_t busy_by_fences(const struct flow *flow, uint64_t now) {
	if (!flow->answers || !flow->count)
		return 0;
	if (now > flow->under_way[flow->first].due + slack(flow_round_trip(flow)))
		return TCP_LONGEST_US;
	return flow->drained > now ? flow->drained - now : 0;
}

struct encoder_line flow_line(
	const struct flow *flow, const struct tcp_way *tcp, size_t queued, uint64_t now) {
	struct encoder_line line = {.round_trip = tcp ? tcp->round_trip : flow_round_trip(flow)};
	size_t waits = queued + (tcp ? tcp->under_way : 0);
	if (tcp)
		line.rate = tcp->rate;
	else if (flow->busy)
		line.rate = (uint64_t)((double)flow->bytes / (double)flow->busy * 1e6);
	line.rate_is_least = tcp && !tcp_queues(tcp, queued);
	line.has_viewer = !tcp;
	if (waits)
		line.busy =
			line.rate ? (uint64_t)((double)waits / (double)line.rate * 1e6) + 1 : TCP_LONGEST_US;
	if (!tcp)
		line.busy = later(line.busy, busy_by_fences(flow, now));
	return line;
}

uint64_t flow_now(void) {
	return clock_now_ns() / 1000;
}

size_t flow_write_fence(
	struct flow *flow, uint64_t now, uint64_t total, uint8_t message[FLOW_FENCE_MESSAGE]) {
	if (!flow_fence(flow, now, total, message + 9))
		return 0;
	message[0] = SERVER_FENCE;
	message[1] = message[2] = message[3] = 0;
	/* BlockBefore: it comes back when everything before it has been drawn */
	bytes_put32(message + 4, MESSAGE_FENCE_REQUEST | MESSAGE_FENCE_BLOCK_BEFORE);
	message[8] = FLOW_FENCE_SIZE;
	return FLOW_FENCE_MESSAGE;
}

struct flow_room flow_room(const struct flow *flow, const struct tcp_way *tcp, size_t queued, uint64_t now) {
	uint64_t wait = tcp ? flow_wait_tcp(tcp, queued) : flow_wait(flow, queued, now);
	bool timed = wait && wait != FLOW_NOT_YET;
	return (struct flow_room){.now = wait == 0,
		.soon = wait <= SOON_US,
		.again_ms = timed ? flow_look_again_ms(wait, SOON_US) : 0};
}

uint64_t flow_look_again_ms(uint64_t wait, uint64_t soon) {
	return ((wait <= soon ? wait : wait - soon) + 999) / 1000;
}
