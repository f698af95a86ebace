/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * processor: where a process runs that answers others, one question at a time. Who asks waits meanwhile, so
 * the answer comes soonest from the processor that the question comes from: otherwise another one has to be
 * woken for the answer, and then the first one again. The scheduler does the opposite if one is idle.
 */
#ifndef ZEROVNC_PROCESSOR_H
#define ZEROVNC_PROCESSOR_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#define PROCESSOR_UNKNOWN UINT32_MAX

/* The calling thread's, at this moment. */
uint32_t processor_now(void);

struct processor_follower {
	cpu_set_t allowed; /* where the thread was allowed to run at the beginning */
	uint32_t last;     /* where the last question came from */
	uint32_t followed; /* where the thread was moved last */
};

void processor_follower_init(struct processor_follower *follower);

/* To be called after each answer, by the thread that gave it. Moves it to the processor that the question
 * came from, if the one before came from there, too. Any number may be given. */
void processor_follow(struct processor_follower *follower, uint32_t processor);

/*
 * For who asks, instead of sleeping until the answer is there: a scheduler wakes who sleeps on an idle
 * processor, and who answers would have to follow. Gives the processor to others, and returns true; then it
 * is worth looking for the answer. False: sleep. That is so after a few turns, and for some time if others
 * keep the processor for long, because a scheduler lets who sleeps wait for less time on a busy machine.
 * `turn` is zeroed for each question. Any thread.
 */
struct processor_turn {
	unsigned count;
	uint64_t since;
};

bool processor_give(struct processor_turn *turn);

/*
 * For who asks: to be called before each question and after its answer, by the same thread. A scheduler that
 * moved the thread to an idle processor while it waited is kept from that for the next questions, as who
 * answers would have to follow. In between the thread may run wherever it might before.
 */
struct processor_stay {
	cpu_set_t before; /* where the thread may run otherwise */
	uint32_t at;      /* where it asked */
	bool held;
};

void processor_stay_begin(struct processor_stay *stay);
void processor_stay_end(struct processor_stay *stay);

#endif
