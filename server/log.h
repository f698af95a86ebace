/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log: lines for the administrator, on standard error; under systemd with the journal's level prefixes.
 * Any thread. One line a call, no trailing newline: what is not printable is escaped (printable.h). A value
 * from outside that stands in quotes is to be written by printable_quoted() first. Never a password, never a
 * key.
 */
#ifndef ZEROVNC_LOG_H
#define ZEROVNC_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* What is less important than this is not written; LOG_LEVEL_INFO until it is called. */
void log_set_level(enum log_level level);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
