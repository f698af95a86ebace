/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/xserver.h"

#include <stddef.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/word.h"

enum kind { NONE, SERVER, BY_XINIT, BY_STARTX };

static enum kind kind_of(const char *program) {
	static const struct {
		const char *name;
		enum kind kind;
	} programs[] = {{"X", SERVER}, {"Xorg", SERVER}, {"xinit", BY_XINIT}, {"startx", BY_STARTX}};
	const char *name = word_last_in(program);
	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		if (strcmp(name, programs[i].name) == 0)
			return programs[i].kind;
	return NONE;
}

bool xserver_is(const char *program) {
	return kind_of(program) != NONE;
}

static bool is_terminal(const char *word) {
	return strncmp(word, "vt", 2) == 0 && word[2] >= '0' && word[2] <= '9';
}

bool xserver_lacks_terminal(char *const *command) {
	enum kind kind = kind_of(command[0]);
	bool named = false;
	for (char *const *word = command; *word; word++)
		named |= is_terminal(*word);
	return (kind == SERVER || kind == BY_XINIT) && !named;
}

bool xserver_is_last(char *const *command) {
	bool last = kind_of(command[0]) == SERVER;
	for (char *const *word = command; *word; word++)
		last |= strcmp(*word, "--") == 0;
	return last;
}
