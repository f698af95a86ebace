/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pool: threads that do jobs for everybody, in the order in which they come, but urgent ones first. A job
 * must not wait for another one.
 */
#ifndef ZEROVNC_POOL_H
#define ZEROVNC_POOL_H

#include <stdbool.h>
#include <sys/queue.h>

enum { POOL_MAX_THREADS = 16 };

struct pool;

/* Embedded in what the job is about. */
struct pool_job {
	/* `worker`: who does it, 0 to pool_workers() - 1. Nobody else has this number at the time. */
	void (*run)(struct pool_job *job, unsigned worker);
	STAILQ_ENTRY(pool_job) link; /* pool's */
};

/* Returns how many threads there is work for: as many as processors that this process may use, at most
 * POOL_MAX_THREADS. */
unsigned pool_useful_threads(void);

/* With fewer threads than these if there cannot be as many, and maybe with none. NULL: out of memory. */
struct pool *pool_create(unsigned threads);
/* Does the jobs that are left, and ends the threads. Takes NULL. No job may be added any more. */
void pool_destroy(struct pool *pool);

unsigned pool_threads(const struct pool *pool);
/* One more than there are threads: pool_step() is somebody, too. */
unsigned pool_workers(const struct pool *pool);

/* Has the job done soon. It belongs to the pool until its `run` is called. Any thread. */
void pool_add(struct pool *pool, struct pool_job *job, bool urgent);

/* Whether jobs wait for a thread. Any thread. */
bool pool_is_busy(struct pool *pool);

/* Does one job on this thread. False: there is none. For a pool without threads, by one thread at a time. */
bool pool_step(struct pool *pool);

#endif
