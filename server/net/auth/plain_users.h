/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plain_users: which users may log in with a user name, and whether with full control or view-only:
 * --plain-users and --view-users, each "alice,bob", or "*" for everybody that PAM accepts. Pure, except for
 * plain_users_default().
 */
#ifndef ZEROVNC_PLAIN_USERS_H
#define ZEROVNC_PLAIN_USERS_H

#include "server/net/auth/vnc.h"

/* The default of `plain`: the user that the server runs as, to be freed by the caller. For root it is NULL,
 * which is nobody, because every attacker knows that name. It may wait for a network if users are kept on
 * one, so call it before the loop runs. */
char *plain_users_default(void);

/*
 * What this user may do once PAM has accepted name and password. AUTH_REFUSED: the user is in neither list.
 * NULL is an empty list. A name that is written out takes precedence over "*". If both lists say the same,
 * view-only wins.
 */
enum auth_verdict plain_users_verdict(const char *plain, const char *view, const char *user);

#endif
