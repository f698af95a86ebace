/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/own.h"

#include <sched.h>
#include <stdlib.h>

#include "capture/base/clock.h"
#include "capture/base/utf8.h"
#include "encode/rfb/own_state.h"

static void say_threads(const struct own *own) {
	if (!pool_threads(own->pool))
		own->events.says(own->events.context,
			"no thread could be started to encode what viewers see: it is done between other things, slowly (limits of processes or of memory, see ulimit -u and TasksMax=)");
}

struct own *own_create(
	struct picture_store *store, const struct own_options *options, const struct own_events *events) {
	struct own *own = calloc(1, sizeof *own);
	if (!own)
		return NULL;
	own->store = store;
	own->options = *options;
	own->events = *events;
	LIST_INIT(&own->viewers);
	pthread_mutex_init(&own->lock, NULL);
	shots_init(&own->shots);
	own->log = piece_log_create(OWN_PIECES_KEPT);
	own->video = own->log ? video_create(own->log) : NULL;
	own->pool = own->video ? pool_create(pool_useful_threads()) : NULL;
	if (!own->pool) {
		own_destroy(own);
		return NULL;
	}
	say_threads(own);
	return own;
}

void own_destroy(struct own *own) {
	if (!own)
		return;
	pool_destroy(own->pool);
	video_destroy(own->video);
	piece_log_destroy(own->log);
	for (unsigned i = 0; i <= POOL_MAX_THREADS; i++)
		worker_finish(&own->workers[i]);
	shots_finish(&own->shots);
	pthread_mutex_destroy(&own->lock);
	free(own);
}

void own_wake(struct own *own) {
	if (!atomic_exchange(&own->woken, true))
		own->events.wake(own->events.context);
}

void own_give_way(struct own *own) {
	if (atomic_load(&own->woken))
		sched_yield();
}

/* Without threads, this one does a job each time, and other things in between. */
static void work(struct own *own) {
	if (!pool_threads(own->pool) && pool_step(own->pool))
		own_wake(own);
}

static int sooner(int one, int other) {
	if (one < 0 || other < 0)
		return one < 0 ? other : one;
	return one < other ? one : other;
}

int own_turn(struct own *own) {
	int wait = -1;
	own->woken = false;
	work(own);
	for (struct own_viewer *viewer = LIST_FIRST(&own->viewers); viewer; viewer = own->next) {
		own->next = LIST_NEXT(viewer, link);
		own_viewer_turn(viewer);
	}
	const struct own_viewer *viewer;
	LIST_FOREACH(viewer, &own->viewers, link)
		wait = sooner(wait, own_viewer_wait_ms(viewer));
	return wait;
}

size_t own_bytes_in_use(const struct own *own) {
	return piece_log_in_use(own->log);
}

void own_published(struct own *own) {
	own_wake(own);
}

void own_set_cursor(struct own *own, const struct cursor *cursor) {
	pthread_mutex_lock(&own->lock);
	bool differs = cursor_differs(cursor, &own->cursor);
	if (differs) {
		cursor_copy(&own->cursor, cursor);
		own->cursor_serial++;
	}
	pthread_mutex_unlock(&own->lock);
	if (differs)
		own_wake(own);
}

void own_copy_cursor(struct own *own, struct cursor *cursor, uint64_t *serial) {
	if (*serial == own->cursor_serial)
		return;
	pthread_mutex_lock(&own->lock);
	cursor_copy(cursor, &own->cursor);
	*serial = own->cursor_serial;
	pthread_mutex_unlock(&own->lock);
}

void own_set_banner(struct own *own, const char *words, unsigned ms) {
	pthread_mutex_lock(&own->lock);
	utf8_copy(own->banner, sizeof own->banner, words);
	own->banner_ns = ms * 1000000ull;
	own->banner_serial++;
	pthread_mutex_unlock(&own->lock);
	own_wake(own);
}

void own_copy_banner(struct own *own, struct banner *banner, uint64_t *serial) {
	if (*serial == own->banner_serial)
		return;
	pthread_mutex_lock(&own->lock);
	banner_say(banner, own->banner, clock_now_ns(), own->banner_ns);
	*serial = own->banner_serial;
	pthread_mutex_unlock(&own->lock);
}
