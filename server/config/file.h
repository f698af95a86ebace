/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_file: a text file of settings, one `name = value` a line, as editors of any system save it. A byte
 * order mark at the beginning and carriage returns at line ends are ignored.
 *
 * A comment begins with a # at the beginning of a line or after a blank. A # within a word is part of the
 * value (/srv/#1). A value may be quoted with ' or ". The quotes are no part of it, and blanks and # between
 * them are. There are no escapes.
 */
#ifndef ZEROVNC_CONFIG_FILE_H
#define ZEROVNC_CONFIG_FILE_H

#include "capture/base/reason.h"

/* Takes one setting. The strings are borrowed until this returns. `value` is NULL if there is no =. `where`
 * is "FILE:LINE: ". 0, or -errno with a reason, which ends the reading. */
typedef int config_file_each(
	void *context, const char *name, char *value, const char *where, struct reason *reason);

/* Calls `each` for every setting in the file. 0, or -errno with a reason: the error that `each` returned,
 * -EINVAL if it is no file of settings, or another error if the file cannot be read. */
int config_file_read(const char *path, config_file_each *each, void *context, struct reason *reason);

#endif
