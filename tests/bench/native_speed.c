/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * native_speed: how fast this kernel does what a server asks of it. Run it on the machine, and in the guest
 * of tests/bench/native on that machine: what is measured in the guest is slower by this much.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 31, SYSTEM_CALLS = 1000, WAKES = 100, PAGES = 768 };

static unsigned char *pages[2]; /* as large as a screen of 1024x768 */
static int there[2], back[2];   /* pipes to the child that answers, and back */

static void call(void) {
	for (int i = 0; i < SYSTEM_CALLS; i++)
		syscall(SYS_getppid);
}

static void wake(void) {
	char byte = 0;
	for (int i = 0; i < WAKES; i++) {
		if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
			exit(1);
	}
}

static void compare(void) {
	if (memcmp(pages[0], pages[1], PAGES * 4096) != 0)
		exit(1);
}

static void touch(void) {
	unsigned char *fresh =
		mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fresh == MAP_FAILED)
		exit(1);
	for (int i = 0; i < PAGES; i++)
		fresh[i * 4096] = 1;
	munmap(fresh, PAGES * 4096);
}

static double now_us(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void measure(const char *what, void (*work)(void), int count) {
	double times[ROUNDS];
	for (int i = 0; i < ROUNDS; i++) {
		double begun = now_us();
		work();
		times[i] = (now_us() - begun) / count;
	}
	qsort(times, ROUNDS, sizeof times[0], by_size);
	printf("%-60s %8.2f us\n", what, times[ROUNDS / 2]);
}

static pid_t start_answering(void) {
	char byte;
	if (pipe(there) < 0 || pipe(back) < 0)
		exit(1);
	pid_t child = fork();
	if (child != 0)
		return child;
	while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1)
		;
	_exit(0);
}

int main(void) {
	pid_t child = start_answering();
	for (int i = 0; i < 2; i++) {
		pages[i] = calloc(PAGES, 4096);
		if (!pages[i])
			return 1;
		memset(pages[i], 1, PAGES * 4096);
	}
	measure("a system call", call, SYSTEM_CALLS);
	measure("another process woken, and its answer waited for", wake, WAKES);
	measure("a fresh page", touch, PAGES);
	measure("comparing 1024x768 pixels (memcmp)", compare, 1);
	kill(child, SIGTERM);
	return waitpid(child, NULL, 0) == child ? 0 : 1;
}
