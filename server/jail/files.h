/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jail_files: which files the server may still use. */
#ifndef ZEROVNC_JAIL_FILES_H
#define ZEROVNC_JAIL_FILES_H

#include <stdbool.h>

#include "capture/base/reason.h"

struct config;

/*
 * Refuses all files but the system's own, which are only read, and those that the settings name. `alone`: it
 * reads no screen, so it may use no card but the render nodes that there are now, and reaches no other
 * process by signals or abstract sockets. Sets *version to Landlock's, or to -1 if
 * there is none; then `lacking` says so. 0 or -errno.
 */
int jail_files_restrict(const struct config *config, bool alone, long *version, struct reason *lacking);

#endif
