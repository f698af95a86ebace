/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/layout.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/utf8.h"

/* Each setting's name in the environment, in the files that a shell could read, and in xorg.conf. */
static const struct {
	const char *environment, *shell, *xorg;
	size_t offset, size;
} settings[] = {
#define SETTING(environment, shell, xorg, member)                                                            \
	{ environment, shell, xorg, offsetof(struct layout, member), sizeof((struct layout *)0)->member }
	SETTING("XKB_DEFAULT_RULES", NULL, NULL, rules),
	SETTING("XKB_DEFAULT_MODEL", "XKBMODEL", "XkbModel", model),
	SETTING("XKB_DEFAULT_LAYOUT", "XKBLAYOUT", "XkbLayout", layouts),
	SETTING("XKB_DEFAULT_VARIANT", "XKBVARIANT", "XkbVariant", variants),
	SETTING("XKB_DEFAULT_OPTIONS", "XKBOPTIONS", "XkbOptions", options),
#undef SETTING
};
enum { SETTINGS = ARRAY_LEN(settings) };

static void set(struct layout *layout, size_t index, const char *value, size_t length) {
	size_t size = settings[index].size;
	char *member = (char *)layout + settings[index].offset;
	if (length >= size)
		length = size - 1;
	memcpy(member, value, length);
	member[length] = 0;
}

static void reset(struct layout *layout) {
	memset(layout, 0, sizeof *layout);
	snprintf(layout->rules, sizeof layout->rules, "evdev");
	snprintf(layout->model, sizeof layout->model, "pc105");
}

/* Returns the value of `KEY=value` or `KEY="value"`, or NULL if the line sets something else. */
static const char *shell_value(const char *line, const char *key, size_t *length) {
	while (isspace((unsigned char)*line))
		line++;
	size_t n = strlen(key);
	if (strncmp(line, key, n) != 0 || line[n] != '=')
		return NULL;
	line += n + 1;
	if (*line == '"' || *line == '\'') {
		const char *end = strchr(line + 1, *line);
		*length = end ? (size_t)(end - line - 1) : strcspn(line + 1, "\n");
		return line + 1;
	}
	*length = strcspn(line, " \t\n#");
	return line;
}

/* Returns the value of `Option "Key" "value"`, or NULL if the line is something else. */
static const char *xorg_value(const char *line, const char *key, size_t *length) {
	while (isspace((unsigned char)*line))
		line++;
	if (strncasecmp(line, "Option", 6) != 0)
		return NULL;
	const char *name = strchr(line, '"');
	const char *name_end = name ? strchr(name + 1, '"') : NULL;
	const char *value = name_end ? strchr(name_end + 1, '"') : NULL;
	const char *value_end = value ? strchr(value + 1, '"') : NULL;
	size_t n = strlen(key);
	if (!value_end || (size_t)(name_end - name - 1) != n || strncasecmp(name + 1, key, n) != 0)
		return NULL;
	*length = (size_t)(value_end - value - 1);
	return value + 1;
}

static bool read_file(struct layout *layout, const char *root, const char *path, bool xorg) {
	char full[512];
	snprintf(full, sizeof full, "%s%s", root, path);
	FILE *file = fopen(full, "re");
	if (!file)
		return false;
	reset(layout);
	char line[1024];
	while (fgets(line, sizeof line, file)) {
		for (size_t i = 0; i < SETTINGS; i++) {
			size_t length = 0;
			const char *key = xorg ? settings[i].xorg : settings[i].shell;
			const char *value = !key   ? NULL
					    : xorg ? xorg_value(line, key, &length)
						   : shell_value(line, key, &length);
			if (value)
				set(layout, i, value, length);
		}
	}
	fclose(file);
	utf8_copy(layout->origin, sizeof layout->origin, path);
	return layout->layouts[0] != 0;
}

static bool read_environment(struct layout *layout) {
	reset(layout);
	for (size_t i = 0; i < SETTINGS; i++) {
		const char *value = getenv(settings[i].environment);
		if (value)
			set(layout, i, value, strlen(value));
	}
	snprintf(layout->origin, sizeof layout->origin, "XKB_DEFAULT_LAYOUT");
	return layout->layouts[0] != 0;
}

void layout_of_system(struct layout *layout, const char *root) {
	if (read_environment(layout) ||
		read_file(layout, root, "/etc/X11/xorg.conf.d/00-keyboard.conf", true) ||
		read_file(layout, root, "/etc/vconsole.conf", false) ||
		read_file(layout, root, "/etc/default/keyboard", false))
		return;
	reset(layout);
	snprintf(layout->layouts, sizeof layout->layouts, "us");
	snprintf(layout->origin, sizeof layout->origin, "no setting found");
}

static bool name_is_fine(const char *name, size_t length) {
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("_-()", name[i]))
			return false;
	return true;
}

/* Appends to a comma list. False: there is no room. */
static bool append(char *list, size_t size, bool first, const char *text, size_t length) {
	size_t used = strlen(list);
	if (used + length + 2 > size)
		return false;
	if (!first)
		list[used++] = ',';
	memcpy(list + used, text, length);
	list[used + length] = 0;
	return true;
}

int layout_parse(struct layout *layout, const char *text, struct reason *reason) {
	struct layout parsed = *layout;
	parsed.layouts[0] = parsed.variants[0] = 0;
	bool first = true;
	for (const char *item = text;; first = false) {
		size_t length = strcspn(item, ","), name = strcspn(item, ":,");
		const char *variant = item + name + (name < length);
		size_t variant_length = name < length ? length - name - 1 : 0;
		if (name == 0 || !name_is_fine(item, name) || !name_is_fine(variant, variant_length))
			return reason_set(reason, -EINVAL,
				"--layout=%s: write LAYOUT[:VARIANT],... as in \"de:nodeadkeys,us\"", text);
		if (!append(parsed.layouts, sizeof parsed.layouts, first, item, name) ||
			!append(parsed.variants, sizeof parsed.variants, first, variant, variant_length))
			return reason_set(reason, -EINVAL, "--layout=%s: too long", text);
		if (!item[length])
			break;
		item += length + 1;
	}
	snprintf(parsed.origin, sizeof parsed.origin, "--layout");
	*layout = parsed;
	return 0;
}
