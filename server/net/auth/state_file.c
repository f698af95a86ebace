/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/state_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/base/file.h"

int state_file_path(const char *name, char path[STATE_FILE_PATH], struct reason *reason) {
	int error = folder_state(path, FOLDER_PATH, reason);
	size_t used = error ? 0 : strlen(path), left = STATE_FILE_PATH - used;
	if (!error && snprintf(path + used, left, "/%s", name) >= (int)left)
		error = reason_set(reason, -ENAMETOOLONG, "the state folder's name is too long");
	return error;
}

static int cannot_keep(const char *path, int error, struct reason *reason) {
	return reason_set(reason, error,
		"cannot keep the server's key in %s: %s; give --tls-certificate and --tls-key, or make that folder writable",
		path, strerror(-error));
}

int state_file_prepare(const char *path, struct reason *reason) {
	char folder[STATE_FILE_PATH];
	snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
	int made = folder_make(folder, 0700);
	return made < 0 ? cannot_keep(path, made, reason) : folder_check_file(path, reason);
}

int state_file_save(
	const char *path, const gnutls_datum_t *data, mode_t mode, bool keep, struct reason *reason) {
	int error = file_replace(path, data->data, data->size, mode, keep);
	return error ? cannot_keep(path, error, reason) : 0;
}
