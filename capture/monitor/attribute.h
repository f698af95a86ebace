/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attribute: the files of sysfs and configfs, below a root. Paths begin with a slash. Any thread. */
#ifndef ZEROVNC_MONITOR_ATTRIBUTE_H
#define ZEROVNC_MONITOR_ATTRIBUTE_H

#include <stdbool.h>
#include <stddef.h>

enum { ATTRIBUTE_PATH = 512, ATTRIBUTE_SIZE = 4096 };

/* Writes the whole path. False: it does not fit. */
bool attribute_path(char full[ATTRIBUTE_PATH], const char *root, const char *path);

bool attribute_exists(const char *root, const char *path);

/* Copies the first line; the empty text if the file is empty or cannot be read. Returns whether it could be
 * read. */
bool attribute_read(const char *root, const char *path, char *line, size_t size);

/* Writes the text by one write(), as these files want it, and without a newline, which some of them would
 * keep. The empty text is written as a NUL, because the kernel ignores a write of no bytes. 0 or -errno. */
int attribute_write(const char *root, const char *path, const char *text);

#endif
