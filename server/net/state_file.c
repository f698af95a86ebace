/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int state_file_path(const char *name, char path[STATE_FILE_PATH], struct reason *reason) {
	int error = folder_state(path, FOLDER_PATH, reason);
	size_t used = error ? 0 : strlen(path), left = STATE_FILE_PATH - used;
	if (!error && snprintf(path + used, left, "/%s", name) >= (int)left)
		error = reason_set(reason, -ENAMETOOLONG, "the state folder's name is too long");
	return error;
}

static int cannot_keep(const char *path, int error, struct reason *reason) {
	return reason_set(reason, error,
		"cannot keep the server's key in %s: %s; give --tls-certificate and --tls-key, or make that "
		"folder writable",
		path, strerror(-error));
}

int state_file_prepare(const char *path, struct reason *reason) {
	char folder[STATE_FILE_PATH];
	snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
	int made = folder_make(folder, 0700);
	return made < 0 ? cannot_keep(path, made, reason) : folder_check_file(path, reason);
}

static int put(const char *temporary, const char *path, bool keep) {
	if (keep && (link(temporary, path) == 0 || errno == EEXIST))
		return unlink(temporary) ? -errno : 0;
	return rename(temporary, path) ? -errno : 0; /* also where there are no links */
}

static int write_all(int fd, const gnutls_datum_t *data, mode_t mode) {
	ssize_t written = write(fd, data->data, data->size);
	if (written >= 0 && written != (ssize_t)data->size)
		return -EIO;
	return written < 0 || fchmod(fd, mode) || fsync(fd) ? -errno : 0;
}

int state_file_save(
	const char *path, const gnutls_datum_t *data, mode_t mode, bool keep, struct reason *reason) {
	char temporary[STATE_FILE_PATH];
	int error = 0;
	if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= (int)sizeof temporary)
		error = -ENAMETOOLONG;
	int fd = error ? -1 : mkostemp(temporary, O_CLOEXEC);
	if (!error && fd < 0)
		error = -errno;
	if (!error)
		error = write_all(fd, data, mode);
	if (fd >= 0)
		close(fd);
	if (!error)
		error = put(temporary, path, keep);
	if (error && fd >= 0)
		unlink(temporary);
	return error ? cannot_keep(path, error, reason) : 0;
}
