/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * local_users: which users of this machine come in without a password, and what users are called.
 *
 * A directory on a network is asked for names at the start only: then for those that were named, and
 * everybody in /etc/passwd is remembered. So nothing here waits later on; a user who came into being since
 * has a number.
 */
#ifndef ZEROVNC_LOCAL_USERS_H
#define ZEROVNC_LOCAL_USERS_H

#include <stddef.h>

#include "capture/reason.h"
#include "server/net/local_user.h"

enum local_standing {
	LOCAL_STRANGER, /* anybody else, or nobody knows who */
	LOCAL_TRUSTED,  /* root, the server's own user, and everybody where "*" says so */
	LOCAL_NAMED,    /* in so many words */
};

struct local_users;

/* `list`: "alice,1001" (names or numbers) or "*" for everybody on this machine, known or not; NULL: nobody
 * but root and the server's own user. May wait for a network. 0; -EINVAL: the list names nobody, or somebody
 * who is not known here; another -errno. Each with a reason. */
int local_users_create(const char *list, struct local_users **users, struct reason *reason);
void local_users_destroy(struct local_users *users); /* takes NULL */

enum local_standing local_users_standing(const struct local_users *users, const struct local_user *user);

/* "alice", or "1001" where no name is known; printable ASCII without quotes and backslashes. */
void local_users_name(const struct local_users *users, uid_t uid, char *text, size_t size);

/* Who it is: "user alice, uid 1000", "uid 1000", or "" where it is not known. */
void local_users_describe(
	const struct local_users *users, const struct local_user *user, char *text, size_t size);

/* All who are not strangers: "root, alice, 1001", or "everybody on this machine". `named`: only those who
 * were named in so many words, which may be "". */
void local_users_list(const struct local_users *users, bool named, char *text, size_t size);

#endif
