/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_setting: one setting, as the table in config.c describes it, and how a value gets into the
 * configuration. Only the files of config include it. */
#ifndef ZEROVNC_CONFIG_SETTING_H
#define ZEROVNC_CONFIG_SETTING_H

#include "server/config/config.h"
#include "server/config/nearest.h"

enum config_kind { TEXT, FLAG, CHOICE, NUMBER, LIST };

struct config_setting {
	const char *name, *value; /* `value`: its name in the help text; NULL for flags */
	enum config_kind kind;
	size_t offset;       /* of its member of struct config */
	const char *choices; /* "a|b|c", for CHOICE */
	unsigned minimum, maximum;
	const char *help;
};

/* The setting whose name these `length` bytes are, or NULL. In config.c, which has the table. */
const struct config_setting *config_setting_find(const char *name, size_t length);

/* Suggests the setting whose name is nearest to what was written, with `before` in front of it; "" if none is
 * near. In config.c. */
const char *config_setting_hint(
	const char *name, size_t length, const char *before, struct nearest_hint *hint);

/* Sets it to what the value says. NULL is no value, which only a flag can do without. `where` is "--" or
 * "FILE:LINE: ", and is put before the setting's name in a reason. 0 or -errno with a reason. */
int config_setting_apply(struct config *config, const struct config_setting *setting, const char *value,
	const char *where, struct reason *reason);

/* Whether this could be the value of a flag. */
bool config_setting_is_flag_word(const char *word);

/* Replaces an owned text by a copy of `value`. 0 or -ENOMEM. */
int config_setting_set_text(char **text, const char *value);

#endif
