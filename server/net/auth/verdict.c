/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/verdict.h"

#include <stdio.h>
#include <string.h>

#include "server/printable.h"

/* The most bytes of a name that are shown: more would push the verdict out of the line. */
enum { SHOWN = 64, QUOTED = SHOWN * PRINTABLE_PER_BYTE };

static const char *given(const char *text) {
	return text ? text : "";
}

static void describe_user(const char *user, char *text, size_t size) {
	char shown[SHOWN + 1], quoted[QUOTED];
	text[0] = 0;
	if (!user[0])
		return;
	snprintf(shown, sizeof shown, "%.*s", SHOWN, user);
	printable_quoted(quoted, sizeof quoted, shown, '"');
	snprintf(text, size, "user \"%s%s\" from ", quoted, strlen(user) > SHOWN ? "..." : "");
}

const char *verdict_line(
	char line[VERDICT_LINE], const struct verdict_about *about, const char *what, const char *more) {
	char user[QUOTED + 32];
	const char *type = given(about->type), *by = given(about->by);
	describe_user(given(about->user), user, sizeof user);
	snprintf(line, VERDICT_LINE, "%s%s%s%s %s%s%s%s", type, type[0] ? ": " : "", user, about->address,
		what, more, by[0] ? ", connected by " : "", by);
	return line;
}
