/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plain_users: who may come in with a user's name, and whether to type or only to look: --plain-users and
 * --view-users, each "alice,bob", or "*" for everybody whom PAM accepts. Pure, but for plain_users_default().
 */
#ifndef ZEROVNC_PLAIN_USERS_H
#define ZEROVNC_PLAIN_USERS_H

#include "server/net/auth_vnc.h"

/* `plain` where nothing was said: the user that the server runs as, to be freed; NULL, which is nobody, for
 * root, whose name every stranger knows. May wait for a network where users are kept on one: asked before the
 * loop runs. */
char *plain_users_default(void);

/*
 * What this user may do once PAM has accepted name and password; AUTH_REFUSED: the user is in neither list.
 * NULL is an empty list. A name that is written out counts for more than "*"; where both lists say the same,
 * looking only wins.
 */
enum auth_verdict plain_users_verdict(const char *plain, const char *view, const char *user);

#endif
