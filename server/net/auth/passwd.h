/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * passwd: the password file. It holds one password for full control and, if wanted, a second one for viewing
 * only. VNC authentication needs the passwords themselves, so they are stored in plain text, and nobody but
 * the owner may have access to the file, except the server's own user (server/access.h).
 *
 * Files that other VNC servers' password programs wrote (8 or 16 scrambled bytes) can be read, too.
 */
#ifndef ZEROVNC_PASSWD_H
#define ZEROVNC_PASSWD_H

#include "capture/base/reason.h"

enum { PASSWD_MAX = 255 };

struct passwd_pair {
	char full[PASSWD_MAX + 1];
	char view[PASSWD_MAX + 1]; /* the password for viewing only; "": none */
};

/* Reads the file. 0 or -errno with a reason and remedy: it is missing, others may read it, or there is no
 * password in it. The caller must wipe the passwords. */
int passwd_read(const char *path, struct passwd_pair *passwd, struct reason *reason);

/* Writes `path` anew, in one step, so that it is always the old file or the new one. Only its owner may read
 * it, and if that is root, the server's own user. 0 or -errno with a reason. */
int passwd_write(const char *path, const struct passwd_pair *passwd, struct reason *reason);

/* Wipes the passwords from memory. */
void passwd_wipe(struct passwd_pair *passwd);

/*
 * Runs `zerovnc passwd FILE`: asks for the passwords on the terminal, twice and without echo. If standard
 * input is no terminal, its first line is the password, and its second line, if there is one, is the password
 * for viewing only. 0 or -errno with a reason.
 */
int passwd_run(const char *path, struct reason *reason);

#endif
