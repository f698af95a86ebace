/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/socket_file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int socket_file_clear(const char *path) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat status;
	if (lstat(path, &status))
		return 0;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	if (snprintf(address.sun_path, sizeof address.sun_path, "%s", path) >= (int)sizeof address.sun_path)
		return 0;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return 0;
	int error = connect(fd, (const struct sockaddr *)&address, sizeof address) ? errno : 0;
	close(fd);
	if (error == ECONNREFUSED)
		unlink(path);
	/* EAGAIN: the server there has not accepted earlier connections yet */
	return error == 0 || error == EAGAIN ? -EADDRINUSE : 0;
}
