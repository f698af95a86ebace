/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_trips: the least that it can cost to have one process read the screen and another one keep its right
 * to. Three processes on one processor send each other messages of four bytes, which mean nothing, and one
 * descriptor for each frame, which nobody looks at. Nothing is checked, and no sandbox is entered.
 */
#ifndef ZEROVNC_BENCH_TRIPS_H
#define ZEROVNC_BENCH_TRIPS_H

#include <sched.h>
#include <stdbool.h>
#include <sys/types.h>

struct trips {
	int socket;
	pid_t reader, keeper; /* who answers, and whom it asks once a frame */
	cpu_set_t before;     /* where the caller may run otherwise */
};

/* `fd`: what a frame brings; borrowed. False, with errno: the processes could not be had. */
bool trips_start(struct trips *trips, int fd);
void trips_stop(struct trips *trips);

/* Around any number of trips: the caller is on the others' processor in between. */
void trips_enter(struct trips *trips);
void trips_leave(struct trips *trips);

/* There and back once. */
void trips_beat(struct trips *trips);
/* There and back twice. The first one asks the third process, and brings a descriptor, which is closed. */
void trips_frame(struct trips *trips);

#endif
