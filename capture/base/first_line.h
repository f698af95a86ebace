/* SPDX-License-Identifier: GPL-2.0-or-later */
/* first_line: the small files in which the kernel tells one thing each, as those of /sys. Any thread. */
#ifndef ZEROVNC_FIRST_LINE_H
#define ZEROVNC_FIRST_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* Copies the first line of a file without its end, cut to `size` - 1 bytes. Returns false, with `line` as it
 * was, if the file cannot be read or is empty. */
bool first_line_read(const char *path, char *line, size_t size);

#endif
