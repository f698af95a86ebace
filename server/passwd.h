/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * passwd: the password file. It holds one password for full control and, where wanted, a second one for
 * looking only, in a form that VNC authentication needs: as they are. So the file must be its owner's alone.
 *
 * Files that other VNC servers' password programs wrote (8 or 16 scrambled bytes) are read too.
 */
#ifndef ZEROVNC_PASSWD_H
#define ZEROVNC_PASSWD_H

#include "capture/reason.h"

enum { PASSWD_MAX = 255 };

struct passwd_pair {
	char full[PASSWD_MAX + 1];
	char view[PASSWD_MAX + 1]; /* "": none */
};

/* 0 or -errno with a reason and remedy (missing, readable by others, no password in it). */
int passwd_read(const char *path, struct passwd_pair *passwd, struct reason *reason);

/* Writes `path` anew, mode 0600, in one step: it is either the old file or the new one. */
int passwd_write(const char *path, const struct passwd_pair *passwd, struct reason *reason);

/* Wipes the passwords. */
void passwd_wipe(struct passwd_pair *passwd);

/*
 * `zerovnc passwd FILE`: asks on the terminal without echo, twice; where standard input is no terminal, its
 * first line is the password and its second, if there is one, the one for looking only. 0 or -errno with a
 * reason.
 */
int passwd_run(const char *path, struct reason *reason);

#endif
