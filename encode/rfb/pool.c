/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "capture/base/thread.h"

enum { STACK_SIZE = 1 << 20 };

struct worker {
	struct pool *pool;
	pthread_t thread;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t called;
	STAILQ_HEAD(, pool_job) urgent, jobs; /* under lock */
	bool ending;                          /* under lock */
	unsigned count;
	struct worker workers[POOL_MAX_THREADS];
};

unsigned pool_useful_threads(void) {
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set))
		return 1;
	unsigned count = (unsigned)CPU_COUNT(&set);
	return count < POOL_MAX_THREADS ? count : POOL_MAX_THREADS;
}

/* NULL: there is none. Under lock. */
static struct pool_job *next_job(struct pool *pool) {
	struct pool_job *job = STAILQ_FIRST(&pool->urgent);
	if (job) {
		STAILQ_REMOVE_HEAD(&pool->urgent, link);
		return job;
	}
	job = STAILQ_FIRST(&pool->jobs);
	if (job)
		STAILQ_REMOVE_HEAD(&pool->jobs, link);
	return job;
}

static void *work(void *data) {
	struct worker *worker = data;
	struct pool *pool = worker->pool;
	pthread_setname_np(pthread_self(), "encode");
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct pool_job *job = next_job(pool);
		if (job) {
			pthread_mutex_unlock(&pool->lock);
			job->run(job, (unsigned)(worker - pool->workers));
			pthread_mutex_lock(&pool->lock);
		} else if (pool->ending) {
			break;
		} else {
			pthread_cond_wait(&pool->called, &pool->lock);
		}
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

struct pool *pool_create(unsigned threads) {
	struct pool *pool = calloc(1, sizeof *pool);
	pthread_attr_t attributes;
	if (!pool)
		return NULL;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->called, NULL);
	STAILQ_INIT(&pool->urgent);
	STAILQ_INIT(&pool->jobs);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	for (; pool->count < threads && pool->count < POOL_MAX_THREADS; pool->count++) {
		struct worker *worker = &pool->workers[pool->count];
		worker->pool = pool;
		if (thread_start(&worker->thread, &attributes, work, worker))
			break;
	}
	pthread_attr_destroy(&attributes);
	return pool;
}

void pool_destroy(struct pool *pool) {
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	pthread_cond_broadcast(&pool->called);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->count; i++)
		pthread_join(pool->workers[i].thread, NULL);
	while (pool_step(pool))
		;
	pthread_cond_destroy(&pool->called);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

unsigned pool_threads(const struct pool *pool) {
	return pool->count;
}

unsigned pool_workers(const struct pool *pool) {
	return pool->count + 1;
}

void pool_add(struct pool *pool, struct pool_job *job, bool urgent) {
	pthread_mutex_lock(&pool->lock);
	if (urgent)
		STAILQ_INSERT_TAIL(&pool->urgent, job, link);
	else
		STAILQ_INSERT_TAIL(&pool->jobs, job, link);
	pthread_cond_signal(&pool->called);
	pthread_mutex_unlock(&pool->lock);
}

bool pool_is_busy(struct pool *pool) {
	pthread_mutex_lock(&pool->lock);
	bool busy = !STAILQ_EMPTY(&pool->urgent) || !STAILQ_EMPTY(&pool->jobs);
	pthread_mutex_unlock(&pool->lock);
	return busy;
}

bool pool_step(struct pool *pool) {
	pthread_mutex_lock(&pool->lock);
	struct pool_job *job = next_job(pool);
	pthread_mutex_unlock(&pool->lock);
	if (job)
		job->run(job, pool->count);
	return job;
}
