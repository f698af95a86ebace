/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/crew.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "capture/base/thread.h"

enum { MAX_HANDS = 3 };

struct crew {
	pthread_mutex_t lock;
	pthread_cond_t called, finished;
	unsigned round; /* the round of work; a thread that knows a lower number has not joined it */
	bool open;      /* threads may still join the round; those that wake too late are not waited for */
	unsigned inside;
	bool closing;

	void (*work)(void *data, unsigned i);
	void *data;
	unsigned count;
	atomic_uint next; /* the next item that no thread has taken */

	unsigned hands;
	pthread_t threads[MAX_HANDS];
};

unsigned crew_useful_hands(void) {
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set))
		return 0;
	unsigned spare = (unsigned)CPU_COUNT(&set) - 1;
	return spare < MAX_HANDS ? spare : MAX_HANDS;
}

static void take_part(struct crew *crew) {
	unsigned i;
	while ((i = atomic_fetch_add(&crew->next, 1)) < crew->count)
		crew->work(crew->data, i);
}

static void *hand(void *data) {
	struct crew *crew = data;
	unsigned known = 0;
	pthread_mutex_lock(&crew->lock);
	for (;;) {
		while ((crew->round == known || !crew->open) && !crew->closing)
			pthread_cond_wait(&crew->called, &crew->lock);
		if (crew->closing)
			break;
		known = crew->round;
		crew->inside++;
		pthread_mutex_unlock(&crew->lock);
		take_part(crew);
		pthread_mutex_lock(&crew->lock);
		if (--crew->inside == 0)
			pthread_cond_signal(&crew->finished);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

struct crew *crew_create(unsigned hands) {
	struct crew *crew = hands ? calloc(1, sizeof *crew) : NULL;
	if (!crew)
		return NULL;
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->called, NULL);
	pthread_cond_init(&crew->finished, NULL);
	while (crew->hands < hands && crew->hands < MAX_HANDS &&
		!thread_start(&crew->threads[crew->hands], NULL, hand, crew)) {
		pthread_setname_np(crew->threads[crew->hands], "unpack");
		crew->hands++;
	}
	if (crew->hands)
		return crew;
	crew_destroy(crew);
	return NULL;
}

void crew_destroy(struct crew *crew) {
	if (!crew)
		return;
	pthread_mutex_lock(&crew->lock);
	crew->closing = true;
	pthread_cond_broadcast(&crew->called);
	pthread_mutex_unlock(&crew->lock);
	for (unsigned i = 0; i < crew->hands; i++)
		pthread_join(crew->threads[i], NULL);
	pthread_cond_destroy(&crew->finished);
	pthread_cond_destroy(&crew->called);
	pthread_mutex_destroy(&crew->lock);
	free(crew);
}

void crew_run(struct crew *crew, void (*work)(void *data, unsigned i), void *data, unsigned count) {
	if (!crew) {
		for (unsigned i = 0; i < count; i++)
			work(data, i);
		return;
	}
	pthread_mutex_lock(&crew->lock);
	crew->work = work;
	crew->data = data;
	crew->count = count;
	atomic_store(&crew->next, 0);
	crew->open = true;
	crew->round++;
	pthread_cond_broadcast(&crew->called);
	pthread_mutex_unlock(&crew->lock);
	take_part(crew);
	pthread_mutex_lock(&crew->lock);
	crew->open = false;
	while (crew->inside)
		pthread_cond_wait(&crew->finished, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
}
