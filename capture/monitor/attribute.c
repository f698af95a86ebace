/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/monitor/attribute.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/first_line.h"

bool attribute_path(char full[ATTRIBUTE_PATH], const char *root, const char *path) {
	return snprintf(full, ATTRIBUTE_PATH, "%s%s", root, path) < ATTRIBUTE_PATH;
}

bool attribute_exists(const char *root, const char *path) {
	char full[ATTRIBUTE_PATH];
	return attribute_path(full, root, path) && access(full, F_OK) == 0;
}

bool attribute_read(const char *root, const char *path, char *line, size_t size) {
	char full[ATTRIBUTE_PATH];
	line[0] = '\0';
	if (!attribute_path(full, root, path))
		return false;
	return first_line_read(full, line, size) || access(full, R_OK) == 0;
}

int attribute_write(const char *root, const char *path, const char *text) {
	char full[ATTRIBUTE_PATH];
	if (!attribute_path(full, root, path))
		return -ENAMETOOLONG;
	int fd = open(full, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	size_t length = *text ? strlen(text) : 1;
	ssize_t written = write(fd, text, length);
	int error = written < 0 ? -errno : (size_t)written == length ? 0 : -EIO;
	close(fd);
	return error;
}
