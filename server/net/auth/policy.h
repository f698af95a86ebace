/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy: what clients are asked for before they may come in: the security types that the administrator
 * wrote, or else the safe default of the listener that a client came in through.
 */
#ifndef ZEROVNC_POLICY_H
#define ZEROVNC_POLICY_H

#include <stdbool.h>

#include "capture/base/reason.h"
#include "server/net/auth/security.h"

struct gateway_options;
struct listener_sockets;
struct local_users;

struct policy {
	bool given;                /* the administrator wrote a list */
	struct security_list list; /* that list; empty if none was given */
};

/*
 * Decides which security types are offered. Of the options only `security`, `password_file` and the
 * three lists of users are used. `exposed`: other machines can reach a listener. Returns 0, or -errno with a
 * reason: a password file that cannot be read, a type that would let nobody in, or no safe default. It may
 * wait for a network if users are kept on one.
 */
int policy_decide(const struct gateway_options *options, bool exposed, struct security_list *list,
	struct reason *reason);

/* Decides for these listeners, and logs warnings about what is unsafe or has no effect. `policy` must be
 * zeroed before. Returns 0, or -errno with a reason. */
int policy_set(struct policy *policy, const struct gateway_options *options,
	const struct listener_sockets *sockets, struct local_users *local_users, struct reason *reason);

/* Whether `is` holds for any type that may be offered. */
bool policy_may_offer(
	const struct policy *policy, const char *password_file, bool (*is)(const struct security_info *info));

#endif
