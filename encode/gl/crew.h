/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crew: a few threads that take part in a piece of work of the thread that owns them, and sleep between.
 * For work that one core's path to memory limits.
 */
#ifndef ZEROVNC_CREW_H
#define ZEROVNC_CREW_H

struct crew;

/* With this many threads besides the caller's; they take no signals. NULL where there is none: that is a crew
 * too, of nobody. */
struct crew *crew_create(unsigned hands);
/* Takes NULL. */
void crew_destroy(struct crew *crew);

/* As many as do any good on this machine: 0 to 3. */
unsigned crew_useful_hands(void);

/* Calls work(data, i) once for each i below `count`, in any order, on this thread and the crew's. Returns
 * when all is done and visible to the caller. */
void crew_run(struct crew *crew, void (*work)(void *data, unsigned i), void *data, unsigned count);

#endif
