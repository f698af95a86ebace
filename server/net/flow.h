/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow: when a viewer may be sent another update. Slow links get fewer, newer pictures instead of old ones.
 *
 * Behind each update goes a fence that the viewer sends back when it has drawn what came before. They tell
 * two things: the shortest time a fence is under way is the way alone, and what goes beyond it, over the
 * bytes, is how fast the narrowest place lets them through. So it is known when the last update will have
 * left that place: the next one may begin then, and nothing ever waits in a queue on the way. Should a fence
 * be later than that says, nothing more is sent until it is back.
 *
 * Viewers without fences are paced by what TCP knows: flow_wait_tcp().
 *
 * Pure; the time is the caller's, in microseconds.
 */
#ifndef ZEROVNC_FLOW_H
#define ZEROVNC_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/net/tcp.h"

enum {
	FLOW_SHORT = 64 << 10, /* bytes in our own queue that still count as short */
	FLOW_FENCES = 32,      /* under way at once */
	FLOW_FENCE_SIZE = 8,   /* bytes of a fence's payload */
};

/* Not before something happens: a fence comes back, or the queue was sent. */
#define FLOW_NOT_YET UINT64_MAX

struct flow_mark {
	uint64_t id, begin, sent; /* of the update before the fence, and of the fence */
	uint64_t total;           /* bytes sent up to and with that update, */
	uint64_t under_way;       /* of which so many were under way then */
	uint64_t due;             /* when it should be back */
};

struct flow {
	bool answers;                            /* the viewer has sent a fence back: it can be relied on */
	struct flow_mark under_way[FLOW_FENCES]; /* a ring, oldest first */
	unsigned first, count;
	uint64_t next_id;
	uint64_t begin;       /* of the update that is being sent; 0: none is */
	uint64_t total;       /* bytes up to the last fence that is back */
	uint64_t passed;      /* when those were through the narrowest place */
	uint64_t drained;     /* when all that was sent will be */
	uint64_t bytes, busy; /* what it let through lately, and how long that took */
	uint64_t proven;      /* the most bytes under way at once of which nothing came late */
	uint64_t shortest[2]; /* round trip of this window and the one before; 0: none yet */
	uint64_t window_start;
};

/* The first bytes of an update go out. */
void flow_begin(struct flow *flow, uint64_t now);

/* Whether a fence should follow the update that was just sent, up to `total` bytes since the connection
 * began; `payload` is what to put into it. */
bool flow_fence(struct flow *flow, uint64_t now, uint64_t total, uint8_t payload[FLOW_FENCE_SIZE]);

/* A fence came back. False: not one of ours. */
bool flow_fence_back(struct flow *flow, uint64_t now, const uint8_t *payload, size_t size);

/* How long until the next update may begin; 0: now. `queued`: bytes in our own queue. */
uint64_t flow_wait(const struct flow *flow, size_t queued, uint64_t now);

/* As flow_wait(), for viewers that know no fences: never FLOW_NOT_YET unless `queued` is long. */
uint64_t flow_wait_tcp(const struct tcp_way *tcp, size_t queued);

/* In how many milliseconds to look again, after a wait that is not over: at its end where that is no more
 * than `soon` microseconds away, else when it will be. Never 0: a timer of nothing is due again before the
 * loop has seen what it waits for. */
uint64_t flow_look_again_ms(uint64_t wait, uint64_t soon);

/* The shortest round trip lately; 0: unknown. */
uint64_t flow_round_trip(const struct flow *flow);

#endif
