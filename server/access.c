/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/access.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/broker/entrance.h"

/* Writes the first folder above the file that this user cannot enter. False: there is none. */
static bool find_closed(const char *path, char folder[PATH_MAX]) {
	if (snprintf(folder, PATH_MAX, "%s", path) >= PATH_MAX)
		return false;
	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (access(folder, X_OK) && errno == EACCES)
			return true;
		*slash = '/';
	}
	return false;
}

static void name_self(char user[64], char group[64]) {
	const struct passwd *self = getpwuid(geteuid());
	const struct group *own = getgrgid(getegid());
	snprintf(user, 64, "%u", (unsigned)geteuid());
	snprintf(group, 64, "%u", (unsigned)getegid());
	if (self)
		snprintf(user, 64, "%s", self->pw_name);
	if (own)
		snprintf(group, 64, "%s", own->gr_name);
}

const char *access_remedy(const char *path, int error, char words[ACCESS_REMEDY]) {
	char folder[PATH_MAX], user[64], group[64];
	words[0] = '\0';
	if (error != -EACCES || geteuid() == 0)
		return words;
	name_self(user, group);
	if (find_closed(path, folder))
		snprintf(words, ACCESS_REMEDY,
			"; the folder %.256s is closed to the user %s: move the file to another one", folder,
			user);
	else
		snprintf(words, ACCESS_REMEDY,
			"; as root, 'chgrp %s %.160s && chmod g+r %.160s' lets the user %s read it", group,
			path, path, user);
	return words;
}

bool access_group(gid_t *group) {
	const struct group *found = getgrnam(ENTRANCE_USER);
	if (found)
		*group = found->gr_gid;
	return found;
}

bool access_is_private(mode_t mode, gid_t group) {
	gid_t server;
	if (!(mode & 077))
		return true;
	return (mode & 077) == S_IRGRP && access_group(&server) && server == group;
}
