/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peers: all connections from outside, and what they share.
 *
 * Used on the loop's thread only.
 */
#ifndef ZEROVNC_PEERS_H
#define ZEROVNC_PEERS_H

#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

#include "server/net/turns.h"

struct local_users;
struct peer;

struct peers {
	uv_loop_t *loop;
	struct local_users *local_users; /* borrowed */
	LIST_HEAD(, peer) list;          /* the newest first; see peer_next() */
	struct turns turns;
	/* A peer is gone. */
	void (*gone)(void *context);
	void *context;
};

/* `local_users` is borrowed until the end. */
void peers_init(struct peers *peers, uv_loop_t *loop, struct local_users *local_users,
	void (*gone)(void *context), void *context);

/* Destroys every peer. Takes zeroed ones. */
void peers_finish(struct peers *peers);

static inline struct peer *peers_first(const struct peers *peers) {
	return LIST_FIRST(&peers->list);
}

#endif
