/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/base/reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "capture/base/utf8.h"

int reason_set(struct reason *reason, int error, const char *format, ...) {
	if (reason) {
		va_list arguments;
		va_start(arguments, format);
		if (vsnprintf(reason->text, sizeof reason->text, format, arguments) >=
			(int)sizeof reason->text)
			utf8_trim(reason->text);
		va_end(arguments);
	}
	return error;
}

void reason_append(struct reason *reason, const char *format, ...) {
	size_t used = strlen(reason->text);
	va_list arguments;
	va_start(arguments, format);
	if (vsnprintf(reason->text + used, sizeof reason->text - used, format, arguments) >=
		(int)(sizeof reason->text - used))
		utf8_trim(reason->text);
	va_end(arguments);
}
