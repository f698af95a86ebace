/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_file: a text file of settings, `name = value` a line, as editors of any system save it: a byte order
 * mark at the beginning and carriage returns at line ends are no part of it.
 *
 * A comment begins with a # at the beginning of a line or behind a blank; a # within a word is part of the
 * value (/srv/#1). A value may stand in ' or ", which are then no part of it and keep blanks and # within
 * them; there are no escapes.
 */
#ifndef ZEROVNC_CONFIG_FILE_H
#define ZEROVNC_CONFIG_FILE_H

#include "capture/reason.h"

/* A setting; both strings are the reader's, until this returns. `value`: NULL where there is no =. `where`:
 * "FILE:LINE: ". 0, or -errno with a reason, which ends the reading. */
typedef int config_file_each(
	void *context, const char *name, char *value, const char *where, struct reason *reason);

/* Calls `each` for every setting. 0; what `each` returned; -EINVAL: that is no such file; another -errno: it
 * cannot be read. Each with a reason. */
int config_file_read(const char *path, config_file_each *each, void *context, struct reason *reason);

#endif
