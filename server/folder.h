/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder: where the server keeps what it makes when nobody names a place, and whether a folder is one in
 * which nobody else can put something in its stead. Only the user that the process runs as and root are
 * trusted; the environment may choose a place, but not one that fails this test.
 */
#ifndef ZEROVNC_FOLDER_H
#define ZEROVNC_FOLDER_H

#include <stddef.h>
#include <sys/types.h>

#include "capture/reason.h"

enum { FOLDER_PATH = 4096 };

/* Keys: $STATE_DIRECTORY (systemd's), else /var/lib/zerovnc for root, else zerovnc in $XDG_STATE_HOME or in
 * ~/.local/state. 0, or -ENAMETOOLONG with a reason. Nothing is made or looked at. */
int folder_state(char *path, size_t size, struct reason *reason);

/*
 * Sockets: the place number `index`, 0 the best one: /run/zerovnc for root; for others zerovnc in
 * $XDG_RUNTIME_DIR and in /run/user/UID, where these are there and the user's own, and last the folder for
 * keys. 0, or -ENOENT past the last one. Nothing is made.
 */
int folder_runtime(unsigned index, char *path, size_t size);

/* Makes the folder, and what is missing above it, with this mode. 1: it was made, 0: it was there already, or
 * -errno. */
int folder_make(const char *path, mode_t mode);

/* The best place for sockets, made where it is missing (0755 for root, 0700 for others), and checked as
 * below. Results as above, with a reason. */
int folder_make_runtime(char *path, size_t size, struct reason *reason);

/*
 * 0: nobody but this user and root can put anything into that folder, or another folder in its stead. A
 * folder with the sticky bit passes (/tmp): what lies in it has to be looked at by itself. -EPERM: somebody
 * can, with a reason that names the folder and its owner; another -errno with a reason: it cannot be looked
 * at.
 */
int folder_check(const char *path, struct reason *reason);

/* As above, for the folder that `file` lies in; and that what lies there by that name, if anything does, is
 * this user's or root's. */
int folder_check_file(const char *file, struct reason *reason);

/* "alice (uid 1000)", or the number alone. Static storage. */
const char *folder_owner_name(uid_t uid);

#endif
