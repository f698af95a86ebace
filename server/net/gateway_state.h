/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_state: what gateway, peer and viewer share. Must not be included outside this folder. */
#ifndef ZEROVNC_GATEWAY_STATE_H
#define ZEROVNC_GATEWAY_STATE_H

#include <sys/queue.h>
#include <uv.h>

#include "server/net/auth/keys.h"
#include "server/net/auth/policy.h"
#include "server/net/doors.h"
#include "server/net/gateway.h"
#include "server/net/limits.h"
#include "server/net/refusals.h"
#include "server/net/viewer/viewers.h"

struct auth_plain;
struct local_users;
struct peer;
struct turns;

/* A place where a browser was seen, and the time until which that counts. */
enum { GATEWAY_BROWSERS = 16 };
struct gateway_browser {
	struct limits_key key;
	uint64_t until;
};

struct gateway {
	uv_loop_t *loop;
	struct gateway_events events;
	struct viewers viewers;
	struct doors doors;
	char *password_file, *web_origins;
	char *plain_users, *view_users; /* see plain_users.h */
	struct policy policy;
	struct keys keys;
	int web_root; /* folder; -1: none */
	unsigned login_grace_s;
	bool view_only;
	enum sharing sharing;
	struct local_users *local_users;
	struct limits *limits;
	struct turns *turns;
	struct refusals *refusals;
	struct auth_plain *plain;
	struct gateway_browser browsers[GATEWAY_BROWSERS];
	LIST_HEAD(, peer) peers; /* the newest first */
	uint64_t turn;           /* the loop's present turn, identified by the loop's clock */
	uint64_t spent_by_strangers, spent_by_greedy; /* nanoseconds of that turn; see peer.h */
	bool destroying;
};

/* Call it before accepting a connection: disconnects an unauthenticated client if there are too many. */
void gateway_make_room(struct gateway *gateway);

/* A connection or a listener is gone. Tells the session if that was the last of both. */
void gateway_check_over(struct gateway *gateway);

#endif
