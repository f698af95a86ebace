/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/findings.h"

#include <stdarg.h>
#include <stdio.h>

#include "capture/base/utf8.h"
#include "server/printable_json.h"

static const char *const level_names[] = {"ok", "warning", "problem"};

bool findings_init(struct findings *findings) {
	*findings = (struct findings){.report = json_object(), .checks = json_array(), .can_serve = true};
	findings->facts = findings->report;
	return json_object_set_new(findings->report, "checks", findings->checks) == 0;
}

void findings_say(
	struct findings *findings, const char *name, enum findings_level level, const char *format, ...) {
	char text[768];
	va_list arguments;
	va_start(arguments, format);
	if (vsnprintf(text, sizeof text, format, arguments) >= (int)sizeof text)
		utf8_trim(text);
	va_end(arguments);
	json_t *check = json_pack(
		"{s:s, s:s, s:o}", "name", name, "level", level_names[level], "text", printable_string(text));
	if (findings->output)
		json_object_set_new(check, "output", printable_string(findings->output));
	json_array_append_new(findings->checks, check);
}

void findings_note(struct findings *findings, const char *key, const char *text) {
	json_object_set_new(findings->facts, key, printable_string(text));
}

void findings_cannot_serve(struct findings *findings, const char *name, const char *text) {
	findings->can_serve = false;
	findings_say(findings, name, FINDINGS_PROBLEM, "%s", text);
}
