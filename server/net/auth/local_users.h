/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * local_users: which users of this machine come in without a password, and the names of users.
 *
 * A directory on a network is asked for names only at the start, and only for the users that were named, here
 * or by --rights. All users of /etc/passwd are remembered. So nothing here waits later on. A user that was
 * created since is shown as a number.
 */
#ifndef ZEROVNC_LOCAL_USERS_H
#define ZEROVNC_LOCAL_USERS_H

#include <stddef.h>

#include "capture/base/reason.h"
#include "server/net/auth/local_user.h"

enum local_standing {
	LOCAL_STRANGER, /* anybody else, or it is not known who */
	LOCAL_TRUSTED,  /* root, the server's own user, and everybody if the list is "*" */
	LOCAL_NAMED,    /* named explicitly */
};

struct local_users;

/* `list`: "alice,1001" (names or numbers), or "*" for everybody on this machine, known or not. NULL: nobody
 * but root and the server's own user. `rights`: the list of --rights, whose users are looked up, too; NULL:
 * none. It may wait for a network. Returns 0, -EINVAL if the list names nobody
 * or somebody that is not known here, or another -errno. Each error comes with a reason. */
int local_users_create(
	const char *list, const char *rights, struct local_users **users, struct reason *reason);
void local_users_destroy(struct local_users *users); /* takes NULL */

enum local_standing local_users_standing(const struct local_users *users, const struct local_user *user);

/* Knows those users of its --rights, too, that only `before` could look up: a server that has given up its
 * rights does not reach every directory any more. */
void local_users_inherit(struct local_users *users, const struct local_users *before);

/* The name by which --rights has this user, whatever else it is called; borrowed. NULL: none. */
const char *local_users_in_rights(const struct local_users *users, uid_t uid);

/* Writes "alice", or "1001" if no name is known: printable ASCII without quotes and backslashes. */
void local_users_name(const struct local_users *users, uid_t uid, char *text, size_t size);

/* Describes a user: "user alice, uid 1000", "uid 1000", or "" if it is not known. */
void local_users_describe(
	const struct local_users *users, const struct local_user *user, char *text, size_t size);

/* Lists all users that need no password: "root, alice, 1001", or "everybody on this machine". `named`: only
 * those that were named explicitly; this may be "". */
void local_users_list(const struct local_users *users, bool named, char *text, size_t size);

/* Logs, the first time only, that the kernel does not tell which user of this machine connects. `where`: the
 * connection or the listener where this was noticed. */
void local_users_cannot_tell(struct local_users *users, const char *where, const struct reason *reason);

#endif
