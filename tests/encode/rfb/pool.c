/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs are done once, in order, urgent ones first, by several threads, or by the caller if there are none. */
#include "encode/rfb/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "tests/test.h"

enum { JOBS = 2000, THREADS = 4 };

struct counted {
	struct pool_job job; /* first */
	unsigned number;
	atomic_uint done;
};

static struct counted jobs[JOBS];
static unsigned order[JOBS];
static atomic_uint done;
static unsigned workers;
static atomic_bool busy[POOL_MAX_THREADS + 1];
static struct pool *adds_to;

static int threads_left = -1; /* that can be had; -1: all */

int __real_pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data);
int __wrap_pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data);
int __wrap_pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data) {
	if (threads_left == 0)
		return EAGAIN;
	threads_left -= threads_left > 0;
	return __real_pthread_create(thread, attributes, run, data);
}

static void count(struct pool_job *job, unsigned worker) {
	struct counted *counted = (struct counted *)job;
	CHECK(worker < workers && !atomic_exchange(&busy[worker], true));
	counted->done++;
	busy[worker] = false;
	order[done++] = counted->number;
}

static void add_next(struct pool_job *job, unsigned worker) {
	struct counted *counted = (struct counted *)job;
	(void)worker;
	counted->done++;
	if (counted->number + 1 < JOBS)
		pool_add(adds_to, &jobs[counted->number + 1].job, false);
	done++;
}

static void reset(void (*run)(struct pool_job *job, unsigned worker)) {
	done = 0;
	for (unsigned i = 0; i < JOBS; i++) {
		jobs[i].job.run = run;
		jobs[i].number = i;
		jobs[i].done = 0;
	}
}

static void all_are_done_once(void) {
	CHECK(done == JOBS);
	for (unsigned i = 0; i < JOBS; i++)
		CHECK(jobs[i].done == 1);
}

static void many_threads(void) {
	struct pool *pool = pool_create(THREADS);
	CHECK(pool && pool_threads(pool) == THREADS);
	workers = pool_workers(pool);
	reset(count);
	for (unsigned i = 0; i < JOBS; i++)
		pool_add(pool, &jobs[i].job, i % 2);
	pool_destroy(pool);
	all_are_done_once();
}

static void jobs_add_jobs(void) {
	struct pool *pool = adds_to = pool_create(THREADS);
	reset(add_next);
	pool_add(pool, &jobs[0].job, false);
	while (done < JOBS)
		;
	pool_destroy(pool);
	all_are_done_once();
}

static void no_threads(void) {
	threads_left = 0;
	struct pool *pool = pool_create(THREADS);
	threads_left = -1;
	CHECK(pool && pool_threads(pool) == 0 && !pool_step(pool));
	workers = pool_workers(pool);
	reset(count);
	for (unsigned i = 0; i < JOBS; i++)
		pool_add(pool, &jobs[i].job, i % 2);
	for (unsigned i = 0; i < JOBS - 10; i++)
		CHECK(pool_step(pool));
	pool_destroy(pool);
	all_are_done_once();
	for (unsigned i = 0; i < JOBS; i++)
		CHECK(order[i] == (i < JOBS / 2 ? 2 * i + 1 : 2 * i - JOBS));
}

static void fewer_threads(void) {
	threads_left = 1;
	struct pool *pool = pool_create(THREADS);
	threads_left = -1;
	CHECK(pool && pool_threads(pool) == 1);
	workers = pool_workers(pool);
	reset(count);
	for (unsigned i = 0; i < JOBS; i++)
		pool_add(pool, &jobs[i].job, false);
	pool_destroy(pool);
	all_are_done_once();
	for (unsigned i = 0; i < JOBS; i++)
		CHECK(order[i] == i);
}

int main(void) {
	CHECK(pool_useful_threads() >= 1 && pool_useful_threads() <= POOL_MAX_THREADS);
	many_threads();
	jobs_add_jobs();
	no_threads();
	fewer_threads();
	pool_destroy(NULL);
	return 0;
}
