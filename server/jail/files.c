/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/jail/files.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/base/confine.h"
#include "server/config/config.h"
#include "server/folder.h"

struct places {
	struct confine_files files;
	int error;
};

static void allow(struct places *places, const char *path, unsigned what) {
	if (!places->error)
		places->error = confine_files_allow(&places->files, path, what);
}

/* --- the system --- */

/* What libraries and drivers read. Other users' secrets in there are kept from this one by their owners. */
static void allow_system(struct places *places) {
	static const char *const read_only[] = {"/usr", "/lib", "/lib32", "/lib64", "/etc", "/proc", "/sys",
		"/nix/store", "/gnu/store", "/run/opengl-driver", "/run/udev", "/run/systemd/resolve",
		"/run/resolvconf", "/run/NetworkManager", "/run/nvidia-persistenced", "/run/zerovnc-monitor"};
	static const char *const devices[] = {
		"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
	for (size_t i = 0; i < ARRAY_LEN(read_only); i++)
		allow(places, read_only[i], CONFINE_READ);
	for (size_t i = 0; i < ARRAY_LEN(devices); i++)
		allow(places, devices[i], CONFINE_READ | CONFINE_WRITE);
}

/* Returns whether there was any. */
static bool allow_all(struct places *places, const char *pattern, unsigned what) {
	glob_t found;
	bool any = glob(pattern, 0, NULL, &found) == 0;
	for (size_t i = 0; any && i < found.gl_pathc; i++)
		allow(places, found.gl_pathv[i], what);
	if (any)
		globfree(&found);
	return any;
}

/* If there is no render node yet, one may still come, in a folder that may still come: then the nodes of
 * cards are kept from this user only by their owners. */
static void allow_gpu(struct places *places) {
	static const unsigned use = CONFINE_READ | CONFINE_WRITE;
	allow_all(places, "/dev/nvidia*", use);
	allow(places, "/dev", CONFINE_LIST);
	if (!allow_all(places, "/dev/dri/renderD*", use))
		allow(places, access("/dev/dri", F_OK) == 0 ? "/dev/dri" : "/dev", use);
}

/* --- its own --- */

/* Writes the path of the folder that `path` is in. */
static bool folder_of(const char *path, char folder[FOLDER_PATH]) {
	const char *slash = strrchr(path, '/');
	int length = slash ? (int)(slash - path) + (slash == path) : 1;
	return snprintf(folder, FOLDER_PATH, "%.*s", length, slash ? path : ".") < FOLDER_PATH;
}

/* A file that may be replaced by another one of its name, so its folder is what counts; and if it is a link,
 * also the folder of what it leads to. */
static void allow_file(struct places *places, const char *path) {
	char folder[FOLDER_PATH];
	char *real = path ? realpath(path, NULL) : NULL;
	const char *const paths[] = {path, real};
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		if (!paths[i])
			continue;
		bool own_folder = folder_of(paths[i], folder) && strcmp(folder, "/") != 0;
		allow(places, own_folder ? folder : paths[i], CONFINE_READ);
	}
	free(real);
}

static bool is_folder(const char *path) {
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* A unix socket that is made, and its folders if they are missing. What a server that was killed left there
 * is looked at. */
static void allow_socket(struct places *places, const char *path) {
	char folder[FOLDER_PATH], above[FOLDER_PATH];
	unsigned what = CONFINE_SOCKET;
	if (!folder_of(path, folder))
		return;
	while (!is_folder(folder) && folder_of(folder, above) && strcmp(folder, above) != 0) {
		memcpy(folder, above, sizeof folder);
		what |= CONFINE_FOLDER;
	}
	allow(places, folder, what);
}

static void allow_listeners(struct places *places, const struct config *config) {
	static const char unix_prefix[] = "unix:";
	for (size_t i = 0; i < config->listen_count; i++) {
		const char *what = config->listen[i];
		if (strncmp(what, unix_prefix, sizeof unix_prefix - 1) != 0)
			continue;
		char *path = strdup(what + sizeof unix_prefix - 1);
		if (!path) {
			places->error = -ENOMEM;
			return;
		}
		path[strcspn(path, ",")] = '\0'; /* at most a comma too early, in the same folder */
		allow_socket(places, path);
		free(path);
	}
}

/* The folders for sockets, unless the settings name others. */
static void allow_runtime(struct places *places) {
	char folder[FOLDER_PATH];
	const size_t room = sizeof folder - sizeof "/socket";
	for (unsigned i = 0; folder_runtime(i, folder, room) == 0; i++) {
		strcat(folder, "/socket");
		allow_socket(places, folder);
	}
}

/* Keys and the certificate. The folder is made now, because none can be named that does not exist; if it
 * cannot be made, whoever needs it says so. */
static void allow_state(struct places *places) {
	char folder[FOLDER_PATH];
	struct reason ignored;
	if (folder_state(folder, sizeof folder, &ignored) != 0)
		return;
	folder_make(folder, 0700);
	allow(places, folder, CONFINE_READ | CONFINE_WRITE | CONFINE_MAKE);
}

/* Where drivers keep what they compiled: our unit's own folder, or what there is in the user's. */
static void allow_cache(struct places *places) {
	static const unsigned use = CONFINE_READ | CONFINE_WRITE | CONFINE_MAKE | CONFINE_FOLDER;
	const char *own = getenv("CACHE_DIRECTORY"), *cache = getenv("XDG_CACHE_HOME"),
		   *home = getenv("HOME");
	char path[FOLDER_PATH];
	if (own)
		allow(places, own, use);
	if (cache && snprintf(path, sizeof path, "%s/mesa_shader_cache*", cache) < (int)sizeof path)
		allow_all(places, path, use);
	if (!home || snprintf(path, sizeof path, "%s/.cache/mesa_shader_cache*", home) >= (int)sizeof path)
		return;
	allow_all(places, path, use);
	snprintf(path, sizeof path, "%s/.nv", home);
	allow(places, path, use);
}

static void allow_own(struct places *places, const struct config *config) {
	const char *file;
	for (int at = 1; (file = config_next_file(config->argc, config->argv, &at));)
		allow_file(places, file);
	allow_file(places, config->password_file);
	allow_file(places, config->tls_certificate);
	allow_file(places, config->tls_key);
	if (config->web_root)
		allow(places, config->web_root, CONFINE_READ);
	if (config->control)
		allow_socket(places, config->control);
	allow_listeners(places, config);
	allow_runtime(places);
	allow_state(places);
	allow_cache(places);
}

int jail_files_restrict(const struct config *config, bool alone, long *version, struct reason *lacking) {
	struct places places;
	places.error = confine_files_begin(&places.files, alone, lacking);
	*version = places.files.version;
	allow_system(&places);
	if (alone)
		allow_gpu(&places);
	else
		allow(&places, "/dev",
			CONFINE_READ | CONFINE_WRITE); /* cards come and go, in folders that do, too */
	allow_own(&places, config);
	return confine_files_enter(&places.files, places.error);
}
