/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/base/processor.h"

#include "capture/base/clock.h"

enum { HELD = 256 }; /* questions; each of them costs three system calls more */

uint32_t processor_now(void) {
	int processor = sched_getcpu();
	return processor < 0 ? PROCESSOR_UNKNOWN : (uint32_t)processor;
}

/* 0 or -1. Where it is refused, answers come later, and nothing else happens. */
static int move_to(uint32_t processor) {
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(processor, &one);
	return sched_setaffinity(0, sizeof one, &one);
}

/* --- who answers --- */

void processor_follower_init(struct processor_follower *follower) {
	follower->last = follower->followed = PROCESSOR_UNKNOWN;
	if (sched_getaffinity(0, sizeof follower->allowed, &follower->allowed) != 0)
		CPU_ZERO(&follower->allowed);
}

void processor_follow(struct processor_follower *follower, uint32_t processor) {
	bool again = processor == follower->last;
	follower->last = processor;
	if (!again || processor == follower->followed || processor >= CPU_SETSIZE ||
		!CPU_ISSET(processor, &follower->allowed))
		return;
	move_to(processor);
	follower->followed = processor;
}

/* --- who asks --- */

enum {
	TURNS = 8,
	BUSY_NS = 500000, /* so long nobody keeps the processor who answers at once */
	SLEEPS = 1024,    /* questions */
};

static _Thread_local unsigned to_sleep; /* for how many of the thread's next questions it sleeps at once */

static bool begin(struct processor_turn *turn) {
	turn->since = clock_now_ns();
	if (!to_sleep)
		return true;
	to_sleep--;
	return false;
}

static bool go_on(const struct processor_turn *turn) {
	if (clock_now_ns() - turn->since > BUSY_NS)
		to_sleep = SLEEPS;
	return turn->count < TURNS && !to_sleep;
}

bool processor_give(struct processor_turn *turn) {
	if (!(turn->count ? go_on(turn) : begin(turn)))
		return false;
	turn->count++;
	sched_yield();
	return true;
}

static _Thread_local unsigned to_hold; /* of the thread's next questions */

void processor_stay_begin(struct processor_stay *stay) {
	stay->at = processor_now();
	stay->held = to_hold > 0 && stay->at < CPU_SETSIZE &&
		     sched_getaffinity(0, sizeof stay->before, &stay->before) == 0 && move_to(stay->at) == 0;
}

void processor_stay_end(struct processor_stay *stay) {
	if (to_hold > 0)
		to_hold--;
	else if (processor_now() != stay->at)
		to_hold = HELD;
	if (stay->held)
		sched_setaffinity(0, sizeof stay->before, &stay->before);
}
