/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/config/file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/utf8.h"
#include "server/access.h"

enum { MAX_FILE = 1 << 20, MAX_PATH_SHOWN = 240 };

static const char blanks[] = " \t";

static char *trim(char *text) {
	text += strspn(text, blanks);
	for (size_t n = strlen(text); n && strchr(blanks, text[n - 1]); n--)
		text[n - 1] = '\0';
	return text;
}

/* Cuts a value off where a comment begins. */
static void cut_comment(char *value) {
	for (char *c = strchr(value, '#'); c; c = strchr(c + 1, '#')) {
		if (c == value || !strchr(blanks, c[-1]))
			continue;
		*c = '\0';
		return;
	}
}

/* Returns what stands between the quotes at its beginning and its end. NULL with a reason. */
static char *unquote(char *text, const char *where, struct reason *reason) {
	char mark = *text++, *end = strchr(text, mark), *rest;
	if (!end) {
		reason_set(reason, -EINVAL, "%sthe quoted value has no end: a %c is missing", where, mark);
		return NULL;
	}
	*end = '\0';
	rest = end + 1 + strspn(end + 1, blanks);
	if (*rest && *rest != '#') {
		reason_set(reason, -EINVAL,
			"%sthere is text after the closing quotation mark: %s (the marks must enclose the whole value; if it contains a %c, use %c)",
			where, rest, mark, mark == '"' ? '\'' : '"');
		return NULL;
	}
	return text;
}

/* Returns the setting's value, without quotes, blanks and comment. NULL with a reason. */
static char *trim_value(char *value, const char *where, struct reason *reason) {
	char *begin = value + strspn(value, blanks);
	if (*begin == '"' || *begin == '\'')
		return unquote(begin, where, reason);
	cut_comment(value);
	return trim(value);
}

/* Refuses what the files of other programs have: sections, other comments and dashes. */
static int check_name(const char *name, const char *where, struct reason *reason) {
	if (*name == '[')
		return reason_set(reason, -EINVAL, "%sthis file has no sections: remove %s", where, name);
	if (*name == ';' || strncmp(name, "//", 2) == 0)
		return reason_set(reason, -EINVAL, "%sa comment begins with #: %s", where, name);
	if (strncmp(name, "--", 2) == 0)
		return reason_set(reason, -EINVAL, "%swrite %s without the dashes in a file", where, name);
	size_t length = strcspn(name, ": \t"), rest = length + strspn(name + length, ": \t");
	if (name[rest])
		return reason_set(
			reason, -EINVAL, "%swrite '%.*s = %s'", where, (int)length, name, name + rest);
	return 0;
}

static int read_line(
	char *line, const char *where, config_file_each *each, void *context, struct reason *reason) {
	size_t name_length = strcspn(line, "=#"); /* names contain neither = nor # */
	char *value = line[name_length] == '=' ? line + name_length + 1 : NULL;
	line[name_length] = '\0';
	char *name = trim(line);
	if (!*name && !value)
		return 0;
	int error = check_name(name, where, reason);
	if (error)
		return error;
	if (value) {
		value = trim_value(value, where, reason);
		if (!value)
			return -EINVAL;
	}
	return each(context, name, value, where, reason);
}

/* Turns the line ends of all systems into one kind. */
static void unify_line_ends(char *text) {
	char *to = text;
	for (const char *from = text; *from; from++) {
		bool both = from[0] == '\r' && from[1] == '\n';
		if (!both)
			*to++ = *from == '\r' ? '\n' : *from;
	}
	*to = '\0';
}

static int read_lines(
	char *text, const char *path, config_file_each *each, void *context, struct reason *reason) {
	char shown[MAX_PATH_SHOWN], where[MAX_PATH_SHOWN + 16];
	int error = 0;
	utf8_copy(shown, sizeof shown, path);
	unify_line_ends(text);
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0) /* the byte order mark in UTF-8 */
		text += 3;
	for (int number = 1; !error && text; number++) {
		snprintf(where, sizeof where, "%s:%d: ", shown, number);
		error = read_line(strsep(&text, "\n"), where, each, context, reason);
	}
	return error;
}

static const char *fault_of(const char *text, size_t size) {
	if (size > MAX_FILE)
		return "it is longer than 1 MiB";
	if (size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
		return "it is UTF-16; save it as UTF-8";
	return memchr(text, '\0', size) ? "it is not text" : NULL;
}

static int cannot_read(const char *path, struct reason *reason) {
	char remedy[ACCESS_REMEDY];
	int error = -errno;
	return reason_set(reason, error, "cannot read the configuration file %s: %s%s", path,
		strerror(-error), access_remedy(path, error, remedy));
}

int config_file_read(const char *path, config_file_each *each, void *context, struct reason *reason) {
	FILE *file = fopen(path, "re");
	if (!file)
		return cannot_read(path, reason);
	int error;
	char *text = malloc(MAX_FILE + 2);
	size_t size = text ? fread(text, 1, MAX_FILE + 1, file) : 0;
	const char *fault = text ? fault_of(text, size) : NULL;
	if (!text) {
		error = reason_set(reason, -ENOMEM, "out of memory");
	} else if (ferror(file)) {
		error = cannot_read(path, reason);
	} else if (fault) {
		error = reason_set(reason, -EINVAL, "%s is no configuration file: %s", path, fault);
	} else {
		text[size] = '\0';
		error = read_lines(text, path, each, context, reason);
	}
	free(text);
	fclose(file);
	return error;
}
