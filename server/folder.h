/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder: where the server keeps the files that it makes if nobody names a place, and whether somebody else
 * could replace what is in a folder. Only root and the user as whom the process runs are trusted. The
 * environment may choose a place, but not one that fails this test.
 */
#ifndef ZEROVNC_FOLDER_H
#define ZEROVNC_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "capture/base/reason.h"

enum { FOLDER_PATH = 4096 };

/* Writes the path of the folder for keys. That is $STATE_DIRECTORY (systemd's), else /var/lib/zerovnc for
 * root, else zerovnc in $XDG_STATE_HOME or in ~/.local/state. 0, or -ENAMETOOLONG with a reason. The folder
 * is neither made nor looked at. */
int folder_state(char *path, size_t size, struct reason *reason);

/*
 * Writes the path of a folder for sockets. `index` numbers the places; 0 is the best one. With
 * $RUNTIME_DIRECTORY (systemd's) there is only that folder, and for root only /run/zerovnc. For others there
 * are zerovnc in $XDG_RUNTIME_DIR and in /run/user/UID, if these exist and belong to the user, and at last
 * the folder for keys. 0, -ENOENT past the last place, or -ENAMETOOLONG. Nothing is made.
 */
int folder_runtime(unsigned index, char *path, size_t size);

/* Makes the folder, and the folders above it that are missing, with this mode. Returns 1 if it was made, 0 if
 * it existed already, or -errno. */
int folder_make(const char *path, mode_t mode);

/* Writes the path of the best folder for sockets, makes it if it is missing (mode 0755 for root, 0700 for
 * others) and checks it as folder_check() does. Returns what folder_make() does; errors have a reason. */
int folder_make_runtime(char *path, size_t size, struct reason *reason);

/*
 * Checks that nobody but this user and root can put anything into that folder, or another folder in its
 * place. A folder with the sticky bit passes (/tmp); what lies in it has to be checked by itself. 0 or -errno
 * with a reason. -EPERM: somebody can, and the reason names the folder and its owner or the remedy. Another
 * error: the folder cannot be looked at.
 */
int folder_check(const char *path, struct reason *reason);

/* Checks the folder of `file` as folder_check() does. If `file` exists, it must belong to this user or root,
 * too. Results as of folder_check(). */
int folder_check_file(const char *file, struct reason *reason);

/* Whether `file` exists in the folder for sockets of a service that root has given to a
 * user of its own. Nobody but this user, whom it writes, and root can have put the file there. */
bool folder_is_service(const char *file, uid_t *owner);

/* Returns "alice (uid 1000)", or "uid 1000" if the user has no name. Static storage: the next call overwrites
 * it. One thread at a time. */
const char *folder_owner_name(uid_t uid);

#endif
