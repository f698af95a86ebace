/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crew: a worker pool: a few threads that take part in the work of the thread that owns them, and sleep in
 * between. It is for work that is limited by one core's bandwidth to memory.
 */
#ifndef ZEROVNC_CREW_H
#define ZEROVNC_CREW_H

struct crew;

/* A pool with this many threads besides the caller's. They receive no signals. NULL if there are none; NULL
 * is a valid pool without threads. */
struct crew *crew_create(unsigned hands);
/* Takes NULL. */
void crew_destroy(struct crew *crew);

/* How many threads are of any use on this machine: 0 to 3. */
unsigned crew_useful_hands(void);

/* Calls work(data, i) once for each i below `count`, in any order, on this thread and the pool's. Returns
 * when everything is done and visible to the caller. */
void crew_run(struct crew *crew, void (*work)(void *data, unsigned i), void *data, unsigned count);

#endif
