/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/config/setting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/config/check.h"

/* Returns the number of `word` in "a|b|c", ignoring case, or -1 if it is not in it. */
static int find_choice(const char *choices, const char *word) {
	size_t length = strlen(word);
	for (int i = 0; *choices; i++) {
		size_t span = strcspn(choices, "|");
		if (span == length && strncasecmp(choices, word, length) == 0)
			return i;
		choices += span + (choices[span] == '|');
	}
	return -1;
}

static const char *hint_choice(const char *choices, const char *word, struct nearest_hint *hint) {
	struct nearest nearest;
	nearest_init(&nearest, word, strlen(word));
	for (size_t span; *choices; choices += span + (choices[span] == '|')) {
		span = strcspn(choices, "|");
		nearest_try(&nearest, choices, span);
	}
	return nearest_hint(&nearest, "", hint);
}

int config_setting_set_text(char **text, const char *value) {
	char *copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static const char flag_words[] = "no|yes|false|true|0|1|off|on"; /* words at odd positions mean yes */

static int set_flag(
	bool *flag, const char *value, const char *where, const char *name, struct reason *reason) {
	int choice = value ? find_choice(flag_words, value) : 1;
	if (choice < 0)
		return reason_set(reason, -EINVAL,
			"%s%s: '%s' is neither yes nor no (true or false, on or off, 1 or 0)", where, name,
			value);
	*flag = choice & 1;
	return 0;
}

static int set_number(unsigned *number, const struct config_setting *setting, const char *value,
	const char *where, struct reason *reason) {
	char *end;
	errno = 0;
	unsigned long parsed = strtoul(value, &end, 10);
	if (errno || end == value || *end || value[0] == '-' || parsed < setting->minimum ||
		parsed > setting->maximum)
		return reason_set(reason, -EINVAL, "%s%s: '%s' is not a number from %u to %u", where,
			setting->name, value, setting->minimum, setting->maximum);
	*number = (unsigned)parsed;
	return 0;
}

static int set_choice(int *field, const struct config_setting *setting, const char *value, const char *where,
	struct reason *reason) {
	struct nearest_hint hint;
	int choice = find_choice(setting->choices, value);
	if (choice < 0)
		return reason_set(reason, -EINVAL, "%s%s: '%s' is not one of %s%s", where, setting->name,
			value, setting->choices, hint_choice(setting->choices, value, &hint));
	*field = choice;
	return 0;
}

static int add_listen(struct config *config, const char *value, const char *where, struct reason *reason) {
	if (config->listen_count == CONFIG_MAX_LISTEN)
		return reason_set(
			reason, -EINVAL, "%slisten: at most %d addresses", where, CONFIG_MAX_LISTEN);
	if (config_setting_set_text(&config->listen[config->listen_count], value) < 0)
		return reason_set(reason, -ENOMEM, "out of memory");
	config->listen_count++;
	return 0;
}

/* Sets a text after checking it by the rules of the module that uses it. Their reasons name the setting as an
 * option; if it comes from a file, the line's place is put before that. */
static int set_checked(struct config *config, const struct config_setting *setting, const char *value,
	const char *where, struct reason *reason) {
	char *copy = strdup(value);
	if (!copy)
		return reason_set(reason, -ENOMEM, "out of memory");
	struct reason why;
	int error = config_check(setting->name, copy, &why);
	if (error)
		reason_set(reason, error, "%s%s", strcmp(where, "--") == 0 ? "" : where, why.text);
	else if (setting->kind == LIST)
		error = add_listen(config, copy, where, reason);
	else if (config_setting_set_text((char **)(void *)((char *)config + setting->offset), copy) < 0)
		error = reason_set(reason, -ENOMEM, "out of memory");
	free(copy);
	return error == -ENAMETOOLONG ? -EINVAL : error;
}

int config_setting_apply(struct config *config, const struct config_setting *setting, const char *value,
	const char *where, struct reason *reason) {
	void *field = (char *)config + setting->offset;
	if (setting->kind == FLAG)
		return set_flag(field, value, where, setting->name, reason);
	if (!value || !*value)
		return reason_set(
			reason, -EINVAL, "%s%s needs a value: %s", where, setting->name, setting->value);
	switch (setting->kind) {
	case CHOICE:
		return set_choice(field, setting, value, where, reason);
	case NUMBER:
		return set_number(field, setting, value, where, reason);
	default:
		return set_checked(config, setting, value, where, reason);
	}
}

bool config_setting_is_flag_word(const char *word) {
	return find_choice(flag_words, word) >= 0;
}
