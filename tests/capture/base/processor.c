/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/base/processor.h"

#include "tests/test.h"

static unsigned moves, restored;
static uint32_t moved_to;
static int where = -1; /* the thread is said to be; -1: where it is */

int __wrap_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set);
int __wrap_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set) {
	CHECK(pid == 0 && size == sizeof *set);
	if (where >= 0 && CPU_COUNT(set) != 1) {
		restored++;
		return 0;
	}
	CHECK(CPU_COUNT(set) == 1);
	for (uint32_t i = 0; i < CPU_SETSIZE; i++)
		moved_to = CPU_ISSET(i, set) ? i : moved_to;
	moves++;
	return 0;
}

static void begin(struct processor_follower *follower) {
	processor_follower_init(follower);
	CHECK(CPU_COUNT(&follower->allowed) > 0);
	for (uint32_t i = 0; i < 8; i++)
		CPU_SET(i, &follower->allowed);
	CPU_CLR(5, &follower->allowed);
	moves = 0;
}

static void follow(struct processor_follower *follower, const uint32_t *from, size_t count) {
	for (size_t i = 0; i < count; i++)
		processor_follow(follower, from[i]);
}

#define FOLLOW(...)                                                                                          \
	follow(&follower, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

int __real_sched_getcpu(void);
int __wrap_sched_getcpu(void);
int __wrap_sched_getcpu(void) {
	return where < 0 ? __real_sched_getcpu() : where;
}

int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);
int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set) {
	CHECK(pid == 0 && size == sizeof *set);
	CPU_ZERO(set);
	for (uint32_t i = 0; i < 16; i++)
		CPU_SET(i, set);
	return 0;
}

static void ask_at(int before, int after) {
	struct processor_stay stay;
	where = before;
	processor_stay_begin(&stay);
	CHECK(stay.at == (uint32_t)before);
	where = after;
	processor_stay_end(&stay);
}

/* Only a thread that was moved while it waited is held, for a number of questions. */
static void who_asks_stays(void) {
	moves = restored = 0;
	for (int i = 0; i < 10; i++)
		ask_at(3, 3);
	CHECK(moves == 0 && restored == 0);
	ask_at(3, 5);
	CHECK(moves == 0 && restored == 0);
	for (int i = 0; i < 256; i++)
		ask_at(7, 7);
	CHECK(moves == 256 && moved_to == 7 && restored == 256);
	ask_at(7, 7);
	CHECK(moves == 256 && restored == 256);
	ask_at(7, 6);
	ask_at(2, 2);
	CHECK(moves == 257 && moved_to == 2 && restored == 257);
	where = -1;
}

/* --wrap: a clock of this test's own, and who else wants the processor. */
static uint64_t now_ns = 1;
static unsigned yields;
static uint64_t others_ns; /* so long others keep the processor */
uint64_t __wrap_clock_now_ns(void);
uint64_t __wrap_clock_now_ns(void) {
	return now_ns;
}
int __wrap_sched_yield(void);
int __wrap_sched_yield(void) {
	yields++;
	now_ns += others_ns;
	return 0;
}

/* How often it is worth looking for the answer, if it does not come. */
static unsigned ask(void) {
	struct processor_turn turn = {0};
	unsigned looks = 0;
	while (processor_give(&turn))
		looks++;
	return looks;
}

/* On a busy machine a thread sleeps for its answers, and tries later if it still is one. */
static void who_asks_gives_way(void) {
	others_ns = 10000;
	for (int i = 0; i < 3000; i++)
		CHECK(ask() == 8);
	CHECK(yields == 3000 * 8);
	others_ns = 4000000;
	for (int i = 0; i < 10; i++) {
		CHECK(ask() == 1);
		for (int j = 0; j < 1024; j++)
			CHECK(ask() == 0);
	}
	CHECK(yields == 3000 * 8 + 10);
	others_ns = 0;
	CHECK(ask() == 8);
}

int main(void) {
	struct processor_follower follower;
	CHECK(processor_now() == PROCESSOR_UNKNOWN || processor_now() < CPU_SETSIZE);
	begin(&follower);
	FOLLOW(3, 2, 3, 2, 3, 2);
	CHECK(moves == 0);
	FOLLOW(2);
	CHECK(moves == 1 && moved_to == 2);
	FOLLOW(2, 2, 2, 7, 2, 2, 2);
	CHECK(moves == 1);
	FOLLOW(7, 7, 7);
	CHECK(moves == 2 && moved_to == 7);
	FOLLOW(2, 2);
	CHECK(moves == 3 && moved_to == 2);
	begin(&follower);
	FOLLOW(5, 5, 5, CPU_SETSIZE, CPU_SETSIZE, 1u << 31, 1u << 31, PROCESSOR_UNKNOWN, PROCESSOR_UNKNOWN);
	CHECK(moves == 0);
	who_asks_stays();
	who_asks_gives_way();
	return 0;
}
