/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/plain_users.h"

#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/array.h"

char *plain_users_default(void) {
	struct passwd entry, *found = NULL;
	char room[4096];
	if (geteuid() == 0 || getpwuid_r(geteuid(), &entry, room, sizeof room, &found) || !found)
		return NULL;
	return strdup(found->pw_name);
}

static bool names(const char *list, const char *user) {
	size_t size = strlen(user);
	for (const char *word = list; word; word = strchr(word, ',')) {
		word += strspn(word, ", ");
		size_t length = strcspn(word, ",");
		while (length && word[length - 1] == ' ')
			length--;
		if (length == size && strncmp(word, user, size) == 0)
			return true;
	}
	return false;
}

enum auth_verdict plain_users_verdict(const char *plain, const char *view, const char *user) {
	if (!user[0])
		return AUTH_REFUSED;
	const char *const said[] = {user, "*"};
	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		if (names(view, said[i]))
			return AUTH_VIEW_ONLY;
		if (names(plain, said[i]))
			return AUTH_FULL;
	}
	return AUTH_REFUSED;
}
