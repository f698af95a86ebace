/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/rights.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/array.h"

static const struct {
	const char *word;
	unsigned rights;
} words[] = {{"view", RIGHT_VIEW}, {"type", RIGHT_VIEW | RIGHT_TYPE}, {"none", RIGHTS_NONE}};

char *rights_own_user(const char *helper) {
	struct passwd entry, *found = NULL;
	char room[4096];
	if (helper || geteuid() == 0 || getpwuid_r(geteuid(), &entry, room, sizeof room, &found) || !found)
		return NULL;
	return strdup(found->pw_name);
}

const char *rights_word(unsigned right) {
	return right == RIGHT_VIEW ? "view" : "type";
}

/* The next part of a list, without the blanks around it. False past the last one. */
struct part {
	const char *text;
	size_t length;
};

static bool next_part(const char **rest, char separator, struct part *part) {
	const char all[] = {separator, '\0'};
	if (!*rest)
		return false;
	part->text = *rest + strspn(*rest, " ");
	part->length = strcspn(part->text, all);
	*rest = part->text[part->length] ? part->text + part->length + 1 : NULL;
	while (part->length && part->text[part->length - 1] == ' ')
		part->length--;
	return true;
}

static bool is_word(const struct part *part, const char *word) {
	return part->length == strlen(word) && strncmp(part->text, word, part->length) == 0;
}

static bool names(const char *list, const char *user) {
	struct part part;
	while (next_part(&list, ',', &part))
		if (part.length && is_word(&part, user))
			return true;
	return false;
}

/* --- of `rights` --- */

/* Adds the rights of one word. False: there is no such word. */
static bool add_word(const struct part *part, unsigned *rights) {
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!is_word(part, words[i].word))
			continue;
		*rights |= words[i].rights;
		return true;
	}
	return false;
}

/* Reads "view+type", which ends where a list goes on. */
static bool read_words(struct part *said, unsigned *rights) {
	*rights = RIGHTS_NONE;
	for (bool more = true; more;) {
		const char *plus = memchr(said->text, '+', said->length);
		struct part word = {said->text, plus ? (size_t)(plus - said->text) : said->length};
		if (!add_word(&word, rights))
			return false;
		more = plus;
		said->text += word.length + (more ? 1 : 0);
		said->length -= word.length + (more ? 1 : 0);
	}
	return true;
}

/* Splits "NAME:WORDS" at its last colon. False: it is none. */
static bool split(const struct part *entry, struct part *name, struct part *said) {
	const char *colon = memrchr(entry->text, ':', entry->length);
	if (!colon || colon == entry->text)
		return false;
	*name = (struct part){entry->text, (size_t)(colon - entry->text)};
	*said = (struct part){colon + 1, entry->length - name->length - 1};
	while (name->length && name->text[name->length - 1] == ' ')
		name->length--;
	return name->length;
}

int rights_check(const char *list, struct reason *reason) {
	struct part entry, name, said;
	unsigned rights;
	while (next_part(&list, ',', &entry))
		if (!split(&entry, &name, &said) || !read_words(&said, &rights))
			return reason_set(reason, -EINVAL,
				"--rights: '%.*s' is not NAME:RIGHTS, where RIGHTS is view, type (which includes view) or none: alice:type,bob:view",
				(int)entry.length, entry.text);
	return 0;
}

bool rights_next_name(const char **rights, char name[RIGHTS_NAME]) {
	struct part entry, part, said;
	while (next_part(rights, ',', &entry)) {
		if (!split(&entry, &part, &said) || is_word(&part, "*") || part.length >= RIGHTS_NAME)
			continue;
		memcpy(name, part.text, part.length);
		name[part.length] = '\0';
		return true;
	}
	return false;
}

/* False: it says nothing about this user. */
static bool find(const char *list, const char *user, unsigned *rights) {
	struct part entry, name, said;
	while (next_part(&list, ',', &entry))
		if (split(&entry, &name, &said) && is_word(&name, user))
			return read_words(&said, rights);
	return false;
}

/* --- of all lists --- */

static bool find_in_all(const struct rights_lists *lists, const char *user, unsigned *rights) {
	if (find(lists->rights, user, rights))
		return true;
	bool views = names(lists->view, user);
	*rights = views ? RIGHT_VIEW : RIGHTS_ALL;
	return views || names(lists->plain, user);
}

unsigned rights_of_user(const struct rights_lists *lists, const char *user) {
	unsigned rights;
	bool known = user[0] && (find_in_all(lists, user, &rights) || find_in_all(lists, "*", &rights));
	return known ? rights : RIGHTS_NONE;
}

unsigned rights_of_local_user(const struct rights_lists *lists, const char *user) {
	unsigned rights;
	return find(lists->rights, user, &rights) ? rights : RIGHTS_ALL;
}
