/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_relay UPDATE RATE ENCODING: how many CPU seconds a second the plainest relay takes from a socket pair
 * to a TCP connection: one that passes on whatever there is, and one that sleeps until a whole update is
 * there, which nobody would do to a viewer far away. RATE updates a second are written as libvncserver does
 * it: in pieces, while it encodes each piece for ENCODING microseconds. An update has UPDATE bytes.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	WRITTEN = 30000,   /* what the library writes at once */
	PIECE = 256 << 10, /* what the gateway reads at once */
	PAIR_SIZE = 512 << 10,
	SECONDS = 3,
};

static long update, rate, encoding_us;
static int pair[2], whole; /* `whole`: an eventfd that counts the updates that are complete */

static uint64_t now_us(clockid_t clock) {
	struct timespec time;
	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static void die(const char *what) {
	fprintf(stderr, "net_relay: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *encode(void *unused) {
	static unsigned char bytes[WRITTEN];
	for (long i = 0; i < SECONDS * rate; i++) {
		nanosleep(&(struct timespec){0, 1000000000 / rate}, NULL);
		for (long left = update; left > 0; left -= WRITTEN) {
			size_t size = left < WRITTEN ? (size_t)left : WRITTEN;
			uint64_t end =
				now_us(CLOCK_MONOTONIC) + (uint64_t)encoding_us * size / (uint64_t)update;
			do
				memset(bytes, (int)i, sizeof bytes);
			while (now_us(CLOCK_MONOTONIC) < end);
			if (write(pair[0], bytes, size) != (ssize_t)size)
				die("write");
		}
		eventfd_write(whole, 1);
	}
	shutdown(pair[0], SHUT_WR); /* the viewer's process has it, too */
	eventfd_write(whole, 1);
	return unused;
}

/* Starts the viewer's end in a process of its own. */
static int connect_to_viewer(pid_t *viewer) {
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
	if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *)&address, &size) < 0)
		die("listen");
	*viewer = fork();
	if (*viewer == 0) {
		static unsigned char memory[PIECE];
		int fd = accept(listener, NULL, NULL);
		while (read(fd, memory, sizeof memory) > 0)
			;
		_exit(0);
	}
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&address, size) < 0)
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	close(listener);
	return fd;
}

static void send_all(int fd, const unsigned char *bytes, size_t size) {
	while (size > 0) {
		ssize_t sent = send(fd, bytes, size, 0);
		if (sent < 0)
			die("send");
		bytes += sent;
		size -= (size_t)sent;
	}
}

static void relay(int to, bool waits) {
	static unsigned char memory[PIECE];
	struct pollfd poll_fd = {.fd = waits ? whole : pair[1], .events = POLLIN};
	ssize_t got = 1;
	while (got) {
		poll(&poll_fd, 1, -1);
		if (waits)
			eventfd_read(whole, &(eventfd_t){0});
		while ((got = recv(pair[1], memory, sizeof memory, MSG_DONTWAIT)) > 0)
			send_all(to, memory, (size_t)got);
		if (got < 0 && errno != EAGAIN)
			die("read");
	}
}

static double spend(bool waits) {
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || (whole = eventfd(0, EFD_NONBLOCK)) < 0)
		die("socketpair");
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &(int){PAIR_SIZE}, sizeof(int));
	pid_t viewer;
	int to = connect_to_viewer(&viewer);
	pthread_t encoder;
	if (pthread_create(&encoder, NULL, encode, NULL) != 0)
		die("no thread");
	uint64_t begin = now_us(CLOCK_THREAD_CPUTIME_ID);
	relay(to, waits);
	uint64_t spent = now_us(CLOCK_THREAD_CPUTIME_ID) - begin;
	pthread_join(encoder, NULL);
	close(to);
	close(pair[0]);
	close(pair[1]);
	close(whole);
	waitpid(viewer, NULL, 0);
	return (double)spent / 1e6 / SECONDS;
}

int main(int argc, char **argv) {
	if (argc < 4 || (update = atol(argv[1])) <= 0 || (rate = atol(argv[2])) <= 0 ||
		(encoding_us = atol(argv[3])) <= 0) {
		fprintf(stderr, "usage: net_relay UPDATE RATE ENCODING\n");
		return 2;
	}
	double plain = spend(false), waiting = spend(true);
	printf("%.4f %.4f\n", plain, waiting);
	return 0;
}
