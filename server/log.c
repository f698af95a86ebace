/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/base/utf8.h"
#include "server/printable.h"

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

/* A desktop's terminal passes the variable on to the programs that run in it. It is meant only for the stream
 * that it names. */
static bool is_journal(void) {
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat status;
	if (!stream || fstat(STDERR_FILENO, &status) < 0)
		return false;
	snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	return strcmp(own, stream) == 0;
}

void log_write(enum log_level level, const char *format, ...) {
	if ((int)level > shown)
		return;
	char text[1024], line[2048];
	va_list arguments;
	va_start(arguments, format);
	if (vsnprintf(text, sizeof text, format, arguments) >= (int)sizeof text)
		utf8_trim(text);
	va_end(arguments);
	printable(line, sizeof line, text); /* what came from outside must not forge lines */
	if (is_journal())
		fprintf(stderr, "%s%s\n", levels[level].journal_prefix, line);
	else
		fprintf(stderr, "zerovnc: %s%s%s\n", level == LOG_LEVEL_INFO ? "" : levels[level].name,
			level == LOG_LEVEL_INFO ? "" : ": ", line);
}
