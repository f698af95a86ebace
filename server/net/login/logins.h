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
#include "server/net/auth/rights.h"
#include "server/net/login/silence.h"
#include "server/net/sharing.h"

struct auth_plain;
struct gateway_options;
struct held;
struct guesses;
struct listener_sockets;
struct local_users;
struct login;
struct peers;
struct refusals;
struct remote;
struct viewers;

enum { LOGINS_MOST = 256 }; /* connections that are not authenticated yet; see room.h */

struct logins {
	uv_loop_t *loop;
	struct peers *peers;     /* borrowed */
	struct viewers *viewers; /* which they join; borrowed */
	LIST_HEAD(, login) list; /* the newest first */
	char *password_file, *web_origins;
	char *login_helper;        /* the socket of the process that asks PAM; NULL: we do */
	struct rights_lists users; /* its texts are owned */
	char *own_user;            /* rights_own_user() at the start; NULL: none */
	int web_root;              /* folder; -1: none */
	unsigned grace_s;
	enum sharing sharing;
	struct policy policy;
	struct keys keys;
	struct local_users *local_users;
	struct guesses *guesses;
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

/* Whether somebody may be called who is, or is not, beyond this machine. Returns 0, or -EACCES with a reason:
 * no security type is safe enough to be offered there. */
int logins_may_call(const struct logins *logins, bool exposed, struct reason *reason);

/* See gateway_reload(). */
int logins_reload(struct logins *logins, const struct gateway_options *options,
	const struct listener_sockets *sockets, struct local_users **local_users, struct reason *reason);

/* What a viewer may do: `proven`, which its password gave it, as far as its user may. `account`: that it
 * logged in with, or "". */
unsigned logins_rights(
	const struct logins *logins, const struct remote *remote, const char *account, unsigned proven);

/* Call it when every peer is destroyed. The loop closes its timers: run it once more. */
void logins_finish(struct logins *logins);

#endif
