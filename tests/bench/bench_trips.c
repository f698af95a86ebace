/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench_trips.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BEAT, FRAME };

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* `fd`: -1: none. */
static bool say(int socket, uint32_t word, int fd) {
	union control control = {0};
	struct iovec part = {.iov_base = &word, .iov_len = sizeof word};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) == sizeof word;
}

static bool hear(int socket, uint32_t *word, int *fd) {
	union control control = {0};
	struct iovec part = {.iov_base = word, .iov_len = sizeof *word};
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != sizeof *word)
		return false;
	if (fd && message.msg_controllen >= CMSG_LEN(sizeof *fd))
		memcpy(fd, CMSG_DATA(&control.header), sizeof *fd);
	return true;
}

/* There and back. */
static bool ask(int socket, uint32_t word, int *fd) {
	return say(socket, word, -1) && hear(socket, &word, fd);
}

/* Each of the processes that answer ends with whoever asks it. */
static pid_t start(int *socket, int keeper, int fd) {
	int pair[2];
	uint32_t word;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[0]);
		while (hear(pair[1], &word, NULL)) {
			if (word == FRAME && keeper >= 0 && !ask(keeper, BEAT, NULL))
				break;
			if (!say(pair[1], word, word == FRAME ? fd : -1))
				break;
		}
		_exit(0);
	}
	close(pair[1]);
	*socket = pair[0];
	return pid;
}

bool trips_start(struct trips *trips, int fd) {
	int keeper = -1;
	trips->socket = -1;
	trips->reader = -1;
	if (sched_getaffinity(0, sizeof trips->before, &trips->before) != 0)
		return false;
	trips_enter(trips); /* and the others with it */
	trips->keeper = start(&keeper, -1, -1);
	if (trips->keeper > 0)
		trips->reader = start(&trips->socket, keeper, fd);
	trips_leave(trips);
	close(keeper);
	return trips->keeper > 0 && trips->reader > 0;
}

void trips_stop(struct trips *trips) {
	close(trips->socket);
	waitpid(trips->reader, NULL, 0);
	waitpid(trips->keeper, NULL, 0);
}

void trips_enter(struct trips *trips) {
	cpu_set_t one;
	size_t first = 0;
	while (first < CPU_SETSIZE - 1 && !CPU_ISSET(first, &trips->before))
		first++;
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	sched_setaffinity(0, sizeof one, &one);
}

void trips_leave(struct trips *trips) {
	sched_setaffinity(0, sizeof trips->before, &trips->before);
}

static void must(bool answered) {
	if (answered)
		return;
	fprintf(stderr, "bench_broker: the plainest processes do not answer: %s\n", strerror(errno));
	exit(1);
}

void trips_beat(struct trips *trips) {
	must(ask(trips->socket, BEAT, NULL));
}

void trips_frame(struct trips *trips) {
	int fd = -1;
	must(ask(trips->socket, FRAME, &fd) && fd >= 0);
	must(ask(trips->socket, BEAT, NULL));
	close(fd);
}
