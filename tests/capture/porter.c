/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The porter connects to what it was told of, and to nothing else; and those who ask it are told what went
 * wrong. */
#include "capture/broker/porter.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/broker/entrance.h"
#include "tests/process.h"
#include "tests/test.h"

static char folder[] = "/tmp/porter-XXXXXX", here[64], nowhere[64], elsewhere[64];

static pid_t start_porter(void) {
	const char *const paths[] = {here, nowhere};
	int ends[2];
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		porter_serve(ends[1], paths, 2);
		_exit(0);
	}
	close(ends[1]);
	porter_use(ends[0], paths, 2);
	return pid;
}

static void connects(int listener) {
	struct timeval patience;
	socklen_t size = sizeof patience;
	char byte = 0;
	int fd;
	CHECK(porter_connect(here, 7, &fd) == 0 && fd >= 0);
	CHECK(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, &size) == 0 && patience.tv_sec == 7);
	int other = accept(listener, NULL, NULL);
	CHECK(other >= 0 && send(fd, "x", 1, 0) == 1 && recv(other, &byte, 1, 0) == 1 && byte == 'x');
	close(fd);
	CHECK(recv(other, &byte, 1, 0) == 0); /* the porter keeps no connection */
	close(other);
}

static void fails(const char *path, int error) {
	int fd = 7;
	CHECK(porter_connect(path, 1, &fd) == error && fd == -1);
}

int main(void) {
	int listener, other;
	CHECK(mkdtemp(folder));
	snprintf(here, sizeof here, "%s/here", folder);
	snprintf(nowhere, sizeof nowhere, "%s/nowhere", folder);
	snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", folder);
	CHECK(entrance_open(here, getuid(), &listener) == 0 &&
		entrance_open(elsewhere, getuid(), &other) == 0);
	connects(listener); /* without one, it is done here */
	pid_t porter = start_porter();
	unsigned fds = process_open_fds();
	for (int i = 0; i < 3; i++) {
		connects(listener);
		fails(nowhere, -ENOENT);
		fails(elsewhere, -EACCES); /* it could be reached, but not by the porter */
	}
	CHECK(process_open_fds() == fds);
	CHECK(kill(porter, SIGKILL) == 0 && waitpid(porter, NULL, 0) == porter);
	fails(here, -ESHUTDOWN);
	unlink(here);
	unlink(elsewhere);
	rmdir(folder);
	return 0;
}
