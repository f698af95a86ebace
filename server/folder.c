/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/folder.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- where folders are --- */

/* A relative path would mean another folder each time the server is started from another one. */
static const char *absolute(const char *variable) {
	const char *value = getenv(variable);
	return value && value[0] == '/' ? value : NULL;
}

static const char *home(void) {
	const char *home = absolute("HOME");
	struct passwd *entry = home ? NULL : getpwuid(geteuid());
	return home ? home : entry ? entry->pw_dir : "";
}

int folder_state(char *path, size_t size, struct reason *reason) {
	const char *systemd = absolute("STATE_DIRECTORY"), *state = absolute("XDG_STATE_HOME");
	int length;
	if (systemd)
		length = snprintf(path, size, "%.*s", (int)strcspn(systemd, ":"), systemd);
	else if (geteuid() == 0)
		length = snprintf(path, size, "/var/lib/zerovnc");
	else if (state)
		length = snprintf(path, size, "%s/zerovnc", state);
	else
		length = snprintf(path, size, "%s/.local/state/zerovnc", home());
	return length < (int)size ? 0
				  : reason_set(reason, -ENAMETOOLONG, "the state folder's name is too long");
}

static bool is_own(const char *path) {
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid();
}

/* Where the manager made folders for this service, it lists them with colons between them. */
static int take_first(const char *list, char *path, size_t size) {
	int length = (int)strcspn(list, ":");
	return snprintf(path, size, "%.*s", length, list) < (int)size ? 0 : -ENAMETOOLONG;
}

int folder_runtime(unsigned index, char *path, size_t size) {
	char users[64], state[FOLDER_PATH];
	const char *runtime = absolute("XDG_RUNTIME_DIR"), *places[3];
	const char *systemd = absolute("RUNTIME_DIRECTORY");
	unsigned count = 0;
	if (systemd)
		return index ? -ENOENT : take_first(systemd, path, size);
	snprintf(users, sizeof users, "/run/user/%u", (unsigned)geteuid());
	if (geteuid() == 0) {
		places[count++] = "/run";
	} else {
		if (runtime && is_own(runtime))
			places[count++] = runtime;
		if (is_own(users) && (!count || strcmp(users, runtime) != 0))
			places[count++] = users;
	}
	if (index < count)
		return snprintf(path, size, "%s/zerovnc", places[index]) < (int)size ? 0 : -ENAMETOOLONG;
	if (index > count || geteuid() == 0 || folder_state(state, sizeof state, NULL) < 0)
		return -ENOENT;
	return snprintf(path, size, "%s", state) < (int)size ? 0 : -ENAMETOOLONG;
}

int folder_make(const char *path, mode_t mode) {
	char part[FOLDER_PATH];
	if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
		return -ENAMETOOLONG;
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, mode) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	if (mkdir(part, mode) == 0)
		return 1;
	return errno == EEXIST ? 0 : -errno;
}

/* --- who can write to them --- */

const char *folder_owner_name(uid_t uid) {
	static char text[128];
	struct passwd *entry = getpwuid(uid);
	if (entry)
		snprintf(text, sizeof text, "%.64s (uid %u)", entry->pw_name, (unsigned)uid);
	else
		snprintf(text, sizeof text, "uid %u", (unsigned)uid);
	return text;
}

static bool is_trusted(uid_t uid) {
	return uid == 0 || uid == geteuid();
}

/* Whether this is the user's own group, with no other member. Most distributions make one for each user. */
static bool is_private_group(gid_t gid) {
	struct passwd *user = geteuid() ? getpwuid(geteuid()) : NULL;
	struct group *group = user && user->pw_gid == gid ? getgrgid(gid) : NULL;
	if (!group || strcmp(group->gr_name, user->pw_name) != 0)
		return false;
	for (char **member = group->gr_mem; *member; member++)
		if (strcmp(*member, user->pw_name) != 0)
			return false;
	return true;
}

static bool others_may_write(const struct stat *status, bool above) {
	if (status->st_mode & S_ISVTX) /* then only its owner can remove or rename a file */
		return false;
	if (status->st_mode & S_IWOTH)
		return true;
	return status->st_mode & S_IWGRP && !(above && status->st_gid == 0) &&
	       !is_private_group(status->st_gid);
}

/* In a user namespace (a container without root), every user without a number in it appears as this one.
 * Above all that is the root outside, who owns the folders above all others. user_namespaces(7) */
static bool is_unknown_user(uid_t uid) {
	unsigned inside = 0, outside = 0, count = 0, unknown = 65534;
	FILE *map = fopen("/proc/self/uid_map", "re"),
	     *overflow = fopen("/proc/sys/kernel/overflowuid", "re");
	bool whole = !map || (fscanf(map, "%u %u %u", &inside, &outside, &count) == 3 && count == UINT_MAX);
	if (overflow && fscanf(overflow, "%u", &unknown) != 1)
		unknown = 65534;
	if (map)
		fclose(map);
	if (overflow)
		fclose(overflow);
	return !whole && uid == unknown;
}

static int check_one(const char *path, bool above, struct reason *reason) {
	struct stat status;
	if (stat(path, &status))
		return reason_set(reason, -errno, "cannot look at the folder %s: %s", path, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return reason_set(reason, -ENOTDIR, "%s is no folder", path);
	if (!is_trusted(status.st_uid) && !(above && is_unknown_user(status.st_uid)))
		return reason_set(reason, -EPERM,
			"the folder %s belongs to %s, who could put another file in the place of yours", path,
			folder_owner_name(status.st_uid));
	if (others_may_write(&status, above))
		return reason_set(reason, -EPERM,
			"others may write to the folder %s, and could put another file in the place of yours: 'chmod go-w %s'",
			path, path);
	return 0;
}

int folder_check(const char *path, struct reason *reason) {
	char real[PATH_MAX];
	if (!realpath(path, real))
		return reason_set(reason, -errno, "cannot look at the folder %s: %s", path, strerror(errno));
	int error = check_one(real, false, reason);
	while (!error && real[1]) {
		char *slash = strrchr(real, '/');
		slash[slash == real] = '\0';
		error = check_one(real, true, reason);
	}
	return error;
}

int folder_check_file(const char *file, struct reason *reason) {
	char folder[FOLDER_PATH];
	const char *slash = strrchr(file, '/');
	struct stat status;
	int length = slash ? (int)(slash - file) + (slash == file) : 1;
	if (snprintf(folder, sizeof folder, "%.*s", length, slash ? file : ".") >= (int)sizeof folder)
		return reason_set(reason, -ENAMETOOLONG, "%s is too long a name", file);
	int error = folder_check(folder, reason);
	if (error || lstat(file, &status))
		return error;
	return is_trusted(status.st_uid) ? 0
					 : reason_set(reason, -EPERM, "%s belongs to %s, not to you or root",
						   file, folder_owner_name(status.st_uid));
}

/* Only root makes folders in /run: whoever owns one there was given it by root. */
bool folder_is_service(const char *file, uid_t *owner) {
	static const char service[] = "/run/zerovnc", above[] = "/run";
	const char *slash = strrchr(file, '/');
	struct stat status;
	if (!slash || (size_t)(slash - file) != sizeof service - 1 ||
		strncmp(file, service, sizeof service - 1) != 0)
		return false;
	if (lstat(service, &status) || !S_ISDIR(status.st_mode) || status.st_mode & (S_IWGRP | S_IWOTH) ||
		folder_check(above, NULL))
		return false;
	*owner = status.st_uid;
	return lstat(file, &status) == 0 && (status.st_uid == *owner || status.st_uid == 0);
}

/* Refuses links, which lead wherever their maker wants, and folders that everybody may write to. */
static int check_own(const char *path, struct reason *reason) {
	struct stat status;
	if (lstat(path, &status))
		return reason_set(reason, -errno, "cannot look at the folder %s: %s", path, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return reason_set(reason, -ENOTDIR, "%s is no folder: move it away", path);
	if (status.st_mode & S_ISVTX)
		return reason_set(reason, -EPERM,
			"%s is a folder that everybody may write to: 'chmod go-w,-t %s'", path, path);
	return folder_check(path, reason);
}

int folder_make_runtime(char *path, size_t size, struct reason *reason) {
	mode_t mode = geteuid() ? 0700 : 0755;
	int made = folder_runtime(0, path, size);
	if (made == 0)
		made = folder_make(path, mode);
	if (made < 0)
		return reason_set(reason, made, "cannot make the folder for sockets %s: %s%s", path,
			strerror(-made),
			geteuid() ? "; XDG_RUNTIME_DIR may name another folder that is yours" : "");
	if (made)
		chmod(path, mode); /* regardless of the umask */
	int error = check_own(path, reason);
	return error ? error : made;
}
