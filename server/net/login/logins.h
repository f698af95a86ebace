/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * logins: all unauthenticated clients, and what the administrator has decided about them.
 *
 * Used on the loop's thread only.
 */
#ifndef ZEROVNC_LOGINS_H
#define ZEROVNC_LOGINS_H

#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

#include "capture/base/reason.h"
#include "server/net/auth/keys.h"
#include "server/net/auth/policy.h"
#include "server/net/login/silence.h"
#include "server/net/sharing.h"

struct auth_plain;
struct gateway_options;
struct held;
struct limits;
struct listener_sockets;
struct local_users;
struct login;
struct peers;
struct refusals;
struct viewers;

enum { LOGINS_MOST = 256 }; /* connections that are not authenticated yet; see room.h */

struct logins {
	uv_loop_t *loop;
	struct peers *peers;     /* borrowed */
	struct viewers *viewers; /* which they join; borrowed */
	LIST_HEAD(, login) list; /* the newest first */
	char *password_file, *web_origins;
	char *plain_users, *view_users; /* see plain_users.h */
	int web_root;                   /* folder; -1: none */
	unsigned grace_s;
	bool view_only;
	enum sharing sharing;
	struct policy policy;
	struct keys keys;
	struct local_users *local_users;
	struct limits *limits;
	struct held *held;
	struct refusals *refusals;
	struct auth_plain *plain;
	struct browsers browsers;
};

/* Takes what does not depend on the listeners from the options. `logins` must be zeroed before. Returns 0, or
 * -errno with a reason. Call logins_finish() in any case. */
int logins_init(struct logins *logins, struct peers *peers, struct viewers *viewers, uv_loop_t *loop,
	const struct gateway_options *options, struct reason *reason);

/* Decides what clients that come in through these listeners are asked for, and loads the keys for it. Returns
 * 0, or -errno with a reason. */
int logins_decide(struct logins *logins, const struct gateway_options *options,
	const struct listener_sockets *sockets, struct reason *reason);

/* Call it when every peer is destroyed. The loop closes its timers: run it once more. */
void logins_finish(struct logins *logins);

#endif
