/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_file: files that the server makes for itself and keeps, in folder_state(). */
#ifndef ZEROVNC_STATE_FILE_H
#define ZEROVNC_STATE_FILE_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <sys/types.h>

#include "capture/reason.h"
#include "server/folder.h"

enum { STATE_FILE_PATH = FOLDER_PATH + 64 };

/* 0 or -ENAMETOOLONG with a reason. Nothing is made or looked at. */
int state_file_path(const char *name, char path[STATE_FILE_PATH], struct reason *reason);

/* Before it is read or saved: makes its folder where there is none, and sees to it that nobody else can put a
 * key of his own there. 0 or -errno with a reason. */
int state_file_prepare(const char *path, struct reason *reason);

/* In one step, so that nobody ever reads half a file. `keep`: a file that another server has put there
 * meanwhile stays. 0 or -errno with a reason. */
int state_file_save(
	const char *path, const gnutls_datum_t *data, mode_t mode, bool keep, struct reason *reason);

#endif
