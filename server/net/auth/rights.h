/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rights: what each user may do: --rights ("alice:type,bob:view,*:none"), and its two short forms
 * --plain-users (all rights) and --view-users (only to view), each "alice,bob". "*" is everybody that PAM
 * accepts. Pure, except for rights_own_user().
 */
#ifndef ZEROVNC_RIGHTS_H
#define ZEROVNC_RIGHTS_H

#include <stdbool.h>

#include "capture/base/reason.h"

/* A set of these is what somebody may do. */
enum {
	RIGHT_VIEW = 1,
	RIGHT_TYPE = 2, /* keys and the pointer */
	RIGHTS_NONE = 0,
	RIGHTS_ALL = RIGHT_VIEW | RIGHT_TYPE,
};

/* The word for one right; static. */
const char *rights_word(unsigned right);

/* What the administrator wrote; NULL is an empty list. */
struct rights_lists {
	char *rights, *plain, *view;
};

/* The default of `plain`: the user that the server runs as, to be freed by the caller. For root it is NULL,
 * which is nobody, because every attacker knows that name. So it is with a login helper (its socket; NULL:
 * none), because a server that has one runs as a user that is nobody's. It may wait for a network if users
 * are kept on one, so call it before the loop runs. */
char *rights_own_user(const char *helper);

/* Whether this is a list as --rights takes it: "NAME:WORD[+WORD][,...]", where a word is view, type (which
 * includes view) or none. 0, or -EINVAL with a reason. */
int rights_check(const char *list, struct reason *reason);

enum { RIGHTS_NAME = 256 };

/* Copies the next name of `rights`, and leaves out "*" and names that are longer. False past the last one. */
bool rights_next_name(const char **rights, char name[RIGHTS_NAME]);

/*
 * What this user may do once PAM has accepted name and password. RIGHTS_NONE: it may not come in. A name that
 * is written out takes precedence over "*". If several lists say the same, `rights` decides, and then `view`.
 */
unsigned rights_of_user(const struct rights_lists *lists, const char *user);

/* What a user of this machine may do who came in without logging in: whatever it proved, unless `rights`
 * names this user. "*" does not. */
unsigned rights_of_local_user(const struct rights_lists *lists, const char *user);

#endif
