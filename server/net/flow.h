/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow: whether a viewer may be sent another update now. Slow links get fewer, newer pictures instead of old
 * ones.
 *
 * Behind each update goes a fence that the viewer sends back when it has drawn what came before. As long as
 * the oldest of them is not much longer under way than the shortest round trip seen, nothing queues anywhere
 * between us and the viewer's eyes, and updates may follow each other without waiting; when it is, the next
 * update waits until it is back. Pure; the time is the caller's, in microseconds.
 */
#ifndef ZEROVNC_FLOW_H
#define ZEROVNC_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FLOW_SHORT = 64 << 10, /* bytes in our own queue that still count as short */
	FLOW_FENCES = 32,      /* under way at once */
	FLOW_FENCE_SIZE = 8,   /* bytes of a fence's payload */
};

struct flow {
	bool answers; /* the viewer has sent a fence back: it can be relied on */
	struct {
		uint64_t id, sent;
	} under_way[FLOW_FENCES]; /* a ring, oldest first */
	unsigned first, count;
	uint64_t next_id;
	uint64_t shortest[2]; /* round trip of this window and the one before; 0: none yet */
	uint64_t window_start;
};

/* Whether a fence should follow the update that was just sent; `payload` is what to put into it. */
bool flow_fence(struct flow *flow, uint64_t now, uint8_t payload[FLOW_FENCE_SIZE]);

/* A fence came back. False: not one of ours. */
bool flow_fence_back(struct flow *flow, uint64_t now, const uint8_t *payload, size_t size);

/* `queued`: bytes in our own queue. */
bool flow_has_room(const struct flow *flow, size_t queued, uint64_t now);

/* The shortest round trip lately; 0: unknown. */
uint64_t flow_round_trip(const struct flow *flow);

#endif
