/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_file: files that the server makes for itself and keeps, in folder_state(). */
#ifndef ZEROVNC_STATE_FILE_H
#define ZEROVNC_STATE_FILE_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <sys/types.h>

#include "capture/base/reason.h"
#include "server/folder.h"

enum { STATE_FILE_PATH = FOLDER_PATH + 64 };

/* Composes the file's path; creates and checks nothing. Returns 0, or -ENAMETOOLONG with a reason. */
int state_file_path(const char *name, char path[STATE_FILE_PATH], struct reason *reason);

/* Call it before the file is read or saved. Makes its folder if there is none, and ensures that no other user
 * can put a key of their own there. Returns 0, or -errno with a reason. */
int state_file_prepare(const char *path, struct reason *reason);

/* Saves the file in one step, so that nobody ever reads half of it. `keep`: if another server has put a file
 * there meanwhile, that one stays. Returns 0, or -errno with a reason. */
int state_file_save(
	const char *path, const gnutls_datum_t *data, mode_t mode, bool keep, struct reason *reason);

#endif
