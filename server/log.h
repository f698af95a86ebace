/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log: lines for the administrator, on standard error. Under systemd they have the journal's level prefixes.
 * Any thread. Each call writes one line, and the caller passes no newline. Characters that are not printable
 * are escaped (printable.h). If a value from outside stands in quotes, pass it through printable_quoted()
 * first. Never log a password or a key.
 */
#ifndef ZEROVNC_LOG_H
#define ZEROVNC_LOG_H

#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines that are less important than this level are not written. At first the level is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What happened to a viewer, for programs that search the journal: see SECURITY CONSIDERATIONS in zerovnc(8).
 * What is NULL, "" or 0 is not known. */
struct log_event {
	const char *name; /* "joined", "left", "refused", ... */
	const char *address, *user, *security, *reason;
	uint64_t viewer; /* the id */
};

/* As log_write(). Where standard error is the journal, the entry has the event's fields. */
void log_about(enum log_level level, const struct log_event *event, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
