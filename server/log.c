/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "capture/base/array.h"
#include "capture/base/utf8.h"
#include "server/printable.h"
#include "server/system/journal.h"

enum { TEXT = 1024, LINE = 2048, FIELD = 512 };

static const struct {
	const char *name, *journal_prefix;
} levels[] = {
	[LOG_LEVEL_ERROR] = {"error", "<3>"},
	[LOG_LEVEL_WARNING] = {"warning", "<4>"},
	[LOG_LEVEL_INFO] = {"info", "<6>"},
	[LOG_LEVEL_DEBUG] = {"debug", "<7>"},
};

static _Atomic int shown = LOG_LEVEL_INFO;

void log_set_level(enum log_level level) {
	shown = (int)level;
}

/* Writes the line as people read it. */
static void format_line(char *line, size_t size, const char *format, va_list arguments) {
	char text[TEXT];
	if (vsnprintf(text, sizeof text, format, arguments) >= (int)sizeof text)
		utf8_trim(text);
	printable(line, size, text); /* what came from outside must not forge lines */
}

static void write_line(enum log_level level, const char *line) {
	if (journal_is_stderr())
		fprintf(stderr, "%s%s\n", levels[level].journal_prefix, line);
	else
		fprintf(stderr, "zerovnc: %s%s%s\n", level == LOG_LEVEL_INFO ? "" : levels[level].name,
			level == LOG_LEVEL_INFO ? "" : ": ", line);
}

void log_write(enum log_level level, const char *format, ...) {
	char line[LINE];
	if ((int)level > shown)
		return;
	va_list arguments;
	va_start(arguments, format);
	format_line(line, sizeof line, format, arguments);
	va_end(arguments);
	write_line(level, line);
}

static int send_event(enum log_level level, const struct log_event *event, const char *line) {
	char id[24] = "", user[FIELD], reason[FIELD];
	const char priority[] = {levels[level].journal_prefix[1], '\0'};
	if (event->viewer)
		snprintf(id, sizeof id, "%llu", (unsigned long long)event->viewer);
	printable(user, sizeof user, event->user ? event->user : "");
	printable(reason, sizeof reason, event->reason ? event->reason : "");
	const struct journal_field fields[] = {
		{"MESSAGE", line},
		{"PRIORITY", priority},
		{"SYSLOG_IDENTIFIER", "zerovnc"},
		{"EVENT", event->name},
		{"VIEWER_ADDRESS", event->address},
		{"VIEWER_USER", user},
		{"VIEWER_ID", id},
		{"SECURITY", event->security},
		{"REASON", reason},
	};
	return journal_send(fields, ARRAY_LEN(fields));
}

void log_about(enum log_level level, const struct log_event *event, const char *format, ...) {
	char line[LINE];
	if ((int)level > shown)
		return;
	va_list arguments;
	va_start(arguments, format);
	format_line(line, sizeof line, format, arguments);
	va_end(arguments);
	if (!journal_is_stderr() || send_event(level, event, line))
		write_line(level, line);
}
