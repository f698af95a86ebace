/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remote: who is at the other end of a connection, as far as the kernel tells, and how it came in. */
#ifndef ZEROVNC_REMOTE_H
#define ZEROVNC_REMOTE_H

#include <stdbool.h>

#include "server/net/auth/local_user.h"
#include "server/net/place.h"

struct listener_socket;
struct local_users;

struct remote {
	bool exposed;  /* it came in through a listener that other machines can reach */
	bool loopback; /* it came in by TCP through a listener that any user of this machine can reach */
	struct place place;
	struct local_user user; /* the user who connected, as of that moment */
	char address[64];
	char who[160]; /* the address, and the user of this machine if known */
};

/* Looks at a connection that has just come in. Looking up the user at once matters: a client that sends
 * something and disconnects must not be taken for another user later. `by`: the listener that it came in
 * through. */
void remote_find(
	struct remote *remote, int fd, const struct listener_socket *by, struct local_users *local_users);

#endif
