/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_way RTT_MS MBYTES_PER_S[,SECONDS,MBYTES_PER_S] PROGRAM...: runs a program far away. It runs in a
 * network namespace of its own, from which 10.86.0.1 is this one. RTT_MS is the round trip. At most this many
 * million bytes a second come to it (0: as many as the machine carries), and after SECONDS the other number.
 * This does what tc's netem does, for kernels that have none: packets go through two tun devices and wait
 * here, so TCP itself sees the way. Needs CAP_NET_ADMIN over the namespace in which it is started (`unshare
 * -rn` gives it).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	MTU = 1500,
	PLACES = 1 << 15, /* packets under way in one direction */
	BUFFER_MS = 100,  /* of a router's buffer before a slow line: beyond it, packets are dropped */
};

struct packet {
	uint64_t due;
	uint16_t size;
	uint8_t bytes[MTU];
};

struct line {
	int from, to;
	double rate, later; /* bytes a nanosecond; 0: no limit */
	uint64_t change;    /* when the later rate begins */
	uint64_t half, free;
	struct packet *ring;
	unsigned first, count;
	unsigned long dropped;
};

static uint64_t now_ns(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void die(const char *what) {
	fprintf(stderr, "net_way: %s: %s\n", what, strerror(errno));
	exit(77);
}

/* Opens a tun device in the namespace in which this process is now. */
static int open_end(const char *address, const char *other) {
	char command[256];
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		die("no tun device");
	snprintf(command, sizeof command,
		"ip link set lo up && ip address add %s peer %s dev %s && ip link set %s mtu %d txqueuelen 10000 up",
		address, other, request.ifr_name, request.ifr_name, MTU);
	if (system(command))
		die(command);
	return fd;
}

static void take(struct line *line) {
	for (int i = 0; i < 64; i++) {
		struct packet *packet = &line->ring[(line->first + line->count) % PLACES], dropped;
		bool full = line->count == PLACES;
		packet = full ? &dropped : packet;
		ssize_t size = read(line->from, packet->bytes, MTU);
		if (size <= 0)
			return;
		uint64_t now = now_ns(), free = line->free > now ? line->free : now;
		if (now >= line->change)
			line->rate = line->later;
		if (full || free - now > BUFFER_MS * 1000000ull) {
			line->dropped++;
			continue;
		}
		line->free = line->rate > 0 ? free + (uint64_t)((double)size / line->rate) : now;
		packet->size = (uint16_t)size;
		packet->due = line->free + line->half;
		line->count++;
	}
}

/* Returns when the next packet is due. */
static uint64_t give(struct line *line) {
	for (uint64_t now = now_ns(); line->count; line->count--) {
		struct packet *packet = &line->ring[line->first];
		if (packet->due > now && packet->due > (now = now_ns()))
			return packet->due;
		if (write(line->to, packet->bytes, packet->size) < 0)
			line->dropped++;
		line->first = (line->first + 1) % PLACES;
	}
	return UINT64_MAX;
}

static void carry(struct line lines[2], pid_t program, int *status) {
	while (waitpid(program, status, WNOHANG) == 0) {
		uint64_t now = now_ns(), next = now + 20000000;
		for (int i = 0; i < 2; i++) {
			uint64_t due = give(&lines[i]);
			next = due < next ? due : next;
		}
		now = now_ns();
		struct timespec wait = {0, next > now ? (long)(next - now) : 0};
		struct pollfd fds[] = {
			{.fd = lines[0].from, .events = POLLIN}, {.fd = lines[1].from, .events = POLLIN}};
		ppoll(fds, 2, &wait, NULL);
		for (int i = 0; i < 2; i++)
			if (fds[i].revents)
				take(&lines[i]);
	}
}

int main(int argc, char **argv) {
	if (argc < 4)
		return 2;
	uint64_t half = (uint64_t)(atof(argv[1]) * 1e6 / 2);
	prctl(PR_SET_TIMERSLACK, 1UL);
	int near = open_end("10.86.0.1", "10.86.0.2");
	if (unshare(CLONE_NEWNET) < 0)
		die("no network namespace");
	int far = open_end("10.86.0.2", "10.86.0.1");
	double rate = 0, seconds = 0, later = 0;
	bool changes = sscanf(argv[2], "%lf,%lf,%lf", &rate, &seconds, &later) == 3;
	struct line lines[2] = {
		{.from = near,
			.to = far,
			.half = half,
			.rate = rate / 1000,
			.later = later / 1000,
			.change = changes ? now_ns() + (uint64_t)(seconds * 1e9) : UINT64_MAX},
		{.from = far, .to = near, .half = half, .change = UINT64_MAX},
	};
	for (int i = 0; i < 2; i++)
		if (!(lines[i].ring = calloc(PLACES, sizeof *lines[i].ring)))
			die("packets");
	pid_t program = fork();
	if (program == 0) {
		execvp(argv[3], argv + 3);
		die(argv[3]);
	}
	int status = 0;
	carry(lines, program, &status);
	if (getenv("NET_WAY_SAYS"))
		fprintf(stderr, "net_way: dropped %lu and %lu packets\n", lines[0].dropped, lines[1].dropped);
	for (int i = 0; i < 2; i++)
		free(lines[i].ring);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
