/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file: replaces a whole file. Small enough to be compiled where it is used. */
#ifndef ZEROVNC_FILE_H
#define ZEROVNC_FILE_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_OWN_GROUP ((gid_t)-1) /* the group that a new file gets by itself; chown(2) */

static inline int file_write_all(int fd, const void *bytes, size_t size) {
	const char *at = bytes;
	while (size) {
		ssize_t written = write(fd, at, size);
		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			at += written;
			size -= (size_t)written;
		}
	}
	return 0;
}

/* `keep`: if the file exists by now, it stays. */
static inline int file_put(const char *temporary, const char *path, bool keep) {
	if (keep && (link(temporary, path) == 0 || errno == EEXIST))
		return unlink(temporary) ? -errno : 0;
	return rename(temporary, path) ? -errno : 0; /* this also works on file systems without hard links */
}

/*
 * Writes the file in one step: nobody ever reads half of it, and if it fails, the old contents stay. When
 * this returns, the file is on the disk and has this mode and group, regardless of the umask. `keep`: if
 * another process has created the file in the meantime, that one stays. 0 or -errno.
 */
static inline int file_replace_for(
	const char *path, const void *bytes, size_t size, mode_t mode, gid_t group, bool keep) {
	char temporary[PATH_MAX + 64];
	if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= (int)sizeof temporary)
		return -ENAMETOOLONG;
	int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return -errno;
	int error = file_write_all(fd, bytes, size);
	if (!error &&
		((group != FILE_OWN_GROUP && fchown(fd, (uid_t)-1, group)) || fchmod(fd, mode) || fsync(fd)))
		error = -errno;
	close(fd);
	if (!error)
		error = file_put(temporary, path, keep);
	if (error)
		unlink(temporary);
	return error;
}

/* The same, for the group that a new file gets by itself. */
static inline int file_replace(const char *path, const void *bytes, size_t size, mode_t mode, bool keep) {
	return file_replace_for(path, bytes, size, mode, FILE_OWN_GROUP, keep);
}

#endif
