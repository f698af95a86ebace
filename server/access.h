/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * access: the files that root keeps for a server that runs as a user of its own. Such a file belongs to root
 * and may be read by that user's group.
 */
#ifndef ZEROVNC_ACCESS_H
#define ZEROVNC_ACCESS_H

#include <stdbool.h>
#include <sys/types.h>

enum { ACCESS_REMEDY = 512 };

/*
 * Writes, and returns, what lets this process read `path`, to be put behind the words for `error` (-errno,
 * with which it cannot): the command for root, or the folder above the file that is closed to this user. ""
 * if the error is another one than -EACCES, or if this is root.
 */
const char *access_remedy(const char *path, int error, char words[ACCESS_REMEDY]);

/* Finds the group of the server's own user (ENTRANCE_USER). False: this machine has none. */
bool access_group(gid_t *group);

/* Whether nobody but the owner, root and the group above can read a file with this mode and group, and only
 * the owner and root can write it. */
bool access_is_private(mode_t mode, gid_t group);

#endif
