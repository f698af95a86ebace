/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The head of a request, and then its path in a folder that has a neighbour. Whatever the path is, only one
 * of the folder's two files may be opened. */
#include "server/net/web/web.h"

#include "server/net/web/origin.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int folder = -1;
static ino_t known[2];

static void touch(const char *path, ino_t *inode) {
	struct stat status;
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	if (fd < 0 || fstat(fd, &status) || close(fd))
		abort();
	if (inode)
		*inode = status.st_ino;
}

static void prepare(void) {
	char path[64] = "/tmp/zerovnc-fuzz-XXXXXX", name[128];
	if (!mkdtemp(path))
		abort();
	snprintf(name, sizeof name, "%s/outside", path);
	touch(name, NULL);
	snprintf(name, sizeof name, "%s/in", path);
	if (mkdir(name, 0700))
		abort();
	folder = open(name, O_PATH | O_DIRECTORY);
	snprintf(name, sizeof name, "%s/in/a", path);
	touch(name, &known[0]);
	snprintf(name, sizeof name, "%s/in/index.html", path);
	touch(name, &known[1]);
	snprintf(name, sizeof name, "%s/in/l", path);
	if (symlink("/", name))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (folder < 0)
		prepare();
	struct web_request request;
	uint8_t *exact = malloc(size + !size);
	memcpy(exact, data, size);
	struct reason reason;
	ssize_t used = web_request_parse(exact, size, &request, &reason);
	free(exact);
	if (used <= 0)
		return 0;
	bool everything = request.method == WEB_OPTIONS && strcmp(request.path, "*") == 0;
	if ((size_t)used > size || (request.path[0] != '/' && !everything))
		abort();
	if (strpbrk(request.query, "\r\n ") || (request.query[0] && request.query[0] != '?'))
		abort();
	char answer[512];
	web_origin_allowed(&request, "desk.example.org:80,https://a", true, &reason);
	if (request.upgrade && web_upgrade_answer(&request, answer, sizeof answer) >= sizeof answer)
		abort();
	off_t length;
	const char *type, *location = NULL;
	int fd = web_open(folder, request.path, &length, &type, &location);
	if (fd < 0)
		return 0;
	struct stat status;
	if (fstat(fd, &status) || (status.st_ino != known[0] && status.st_ino != known[1]))
		abort();
	close(fd);
	return 0;
}
