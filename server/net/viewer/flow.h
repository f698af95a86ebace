/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow: when a viewer may be sent another update. Slow links get fewer, newer pictures instead of old ones.
 *
 * Each update is followed by a fence that the viewer sends back when it has drawn what came before. Fences
 * measure two things. The shortest round trip of a fence is the latency of the path alone. The bytes, divided
 * by the time beyond that, give the rate of the bottleneck. So it is known when the last update will have
 * left the bottleneck. The next update may begin at that time, and nothing ever waits in a queue on the path.
 * If a fence is later than predicted, nothing more is sent until it is back.
 *
 * Viewers without fences are paced by what TCP knows: flow_wait_tcp().
 *
 * Pure; the caller passes the time of flow_now().
 */
#ifndef ZEROVNC_FLOW_H
#define ZEROVNC_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/rfb/encoder.h"
#include "server/net/tcp.h"

enum {
	FLOW_SHORT = 64 << 10, /* up to this many bytes, our own queue counts as short */
	FLOW_FENCES = 32,      /* the most fences under way at once */
	FLOW_FENCE_SIZE = 8,   /* bytes of a fence's payload */
	FLOW_FENCE_MESSAGE = 9 + FLOW_FENCE_SIZE,
};

/* Wait for an event: a fence comes back, or the queue was sent. */
#define FLOW_NOT_YET UINT64_MAX

struct flow_mark {
	uint64_t id, begin, sent; /* its id; when its update began; when it was sent */
	uint64_t total;           /* bytes sent up to the end of that update */
	uint64_t under_way;       /* bytes that were under way then */
	uint64_t due;             /* when the fence should be back */
};

struct flow {
	bool answers; /* the viewer has sent a fence back, so fences can be relied on */
	struct flow_mark under_way[FLOW_FENCES]; /* a ring, oldest first */
	unsigned first, count;
	uint64_t next_id;
	uint64_t begin;       /* when the update that is being sent began; 0: none is */
	uint64_t total;       /* bytes up to the last fence that is back */
	uint64_t passed;      /* when those bytes were through the bottleneck */
	uint64_t drained;     /* when all that was sent will be through it */
	uint64_t bytes, busy; /* bytes that the bottleneck let through lately, and how long that took */
	uint64_t proven;      /* the most bytes under way at once of which nothing came late */
	uint64_t shortest[2]; /* round trip of this window and the one before; 0: none yet */
	uint64_t window_start;
};

/* The present time in microseconds. */
uint64_t flow_now(void);

/* The first bytes of an update go out. */
void flow_begin(struct flow *flow, uint64_t now);

/* Whether a fence should follow the update that was just sent. `total`: bytes sent since the connection
 * began, up to the end of that update. If so, writes the fence's payload to `payload`. */
bool flow_fence(struct flow *flow, uint64_t now, uint64_t total, uint8_t payload[FLOW_FENCE_SIZE]);

/* The same as a whole Fence message. Returns FLOW_FENCE_MESSAGE, or 0 if no fence should follow. */
size_t flow_write_fence(struct flow *flow, uint64_t now, uint64_t total, uint8_t message[FLOW_FENCE_MESSAGE]);

/* A fence came back. Returns false if it is not one of ours. */
bool flow_fence_back(struct flow *flow, uint64_t now, const uint8_t *payload, size_t size);

/* How long until the next update may begin; 0: now. `queued`: bytes in our own queue. */
uint64_t flow_wait(const struct flow *flow, size_t queued, uint64_t now);

/* The same for viewers that know no fences. Never FLOW_NOT_YET unless `queued` is long. */
uint64_t flow_wait_tcp(const struct tcp_way *tcp, size_t queued);

/* In how many milliseconds to check again, if a wait is not over: at its end if that is no more than `soon`
 * microseconds away, else when it will be that close. Never 0: a timer of 0 is due again before the loop has
 * seen the event that it waits for. */
uint64_t flow_look_again_ms(uint64_t wait, uint64_t soon);

/* Whether there is room for another update. */
struct flow_room {
	bool now;
	bool soon; /* in about one frame of the screen, or now: what is captured meanwhile will be fresh */
	uint64_t again_ms; /* in how many milliseconds to look again; 0: an event will say when */
};

/* `tcp`: what TCP knows about a viewer without fences; NULL: fences measure, or nothing is known. `queued`:
 * bytes in our own queue. */
struct flow_room flow_room(const struct flow *flow, const struct tcp_way *tcp, size_t queued, uint64_t now);

/* The shortest round trip lately; 0: unknown. */
uint64_t flow_round_trip(const struct flow *flow);

/* What is known of the way. `tcp` and `queued`: as above. */
struct encoder_line flow_line(
	const struct flow *flow, const struct tcp_way *tcp, size_t queued, uint64_t now);

#endif
