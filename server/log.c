/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

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

void log_write(enum log_level level, const char *format, ...) {
	if ((int)level > shown)
		return;
	char line[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	for (char *c = line; *c; c++) /* what came from outside must not forge lines or drive a terminal */
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "%s%s\n", levels[level].journal_prefix, line);
	else
		fprintf(stderr, "zerovnc: %s%s%s\n", level == LOG_LEVEL_INFO ? "" : levels[level].name,
			level == LOG_LEVEL_INFO ? "" : ": ", line);
}
