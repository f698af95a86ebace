/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/context.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct context *contexts; /* which may be joined; by all threads, so under the lock */

/* A number that no other thread has or had. */
static unsigned this_thread(void) {
	static atomic_uint threads;
	static _Thread_local unsigned number;
	if (!number)
		number = atomic_fetch_add(&threads, 1) + 1;
	return number;
}

static void fill_key(struct context_key *key, const char *card_node, const struct gl_options *options) {
	struct stat status;
	/* Padding is compared, too. */
	memset(key, 0, sizeof *key);
	snprintf(key->card_node, sizeof key->card_node, "%s", card_node);
	if (!stat(card_node, &status)) {
		key->device = status.st_rdev;
		key->inode = status.st_ino;
		key->changed = status.st_ctim;
	}
	key->version = options->version ? options->version : 32;
	key->ordinary = options->priority < 0;
	key->threads = options->threads;
	key->coding = options->coding;
	key->thread = this_thread();
}

static struct context *find(const struct context_key *key) {
	struct context *context = contexts;
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
	while (context && (memcmp(&context->key, key, sizeof *key) != 0 || context->retired))
		context = context->next;
	return context;
}

static int open_new(struct context **context, const struct context_key *key, struct reason *reason) {
	const struct egl_options options = {
		.card_node = key->card_node, .version = key->version, .ordinary = key->ordinary};
	struct context *opened = calloc(1, sizeof *opened);
	if (!opened)
		return reason_set(reason, -ENOMEM, "out of memory");
	int error = egl_init(&opened->egl, &options, reason);
	if (error) {
		free(opened);
		return error;
	}
	opened->key = *key;
	*context = opened;
	return 0;
}

int context_join(struct context **context, const char *card_node, const struct gl_options *options,
	struct reason *reason) {
	struct context_key key;
	fill_key(&key, card_node, options);
	pthread_mutex_lock(&lock);
	struct context *joined = find(&key);
	if (joined)
		joined->users++;
	pthread_mutex_unlock(&lock);
	if (joined && egl_make_current(&joined->egl)) {
		joined->retired = true;
		context_leave(joined);
		joined = NULL;
	}
	if (!joined) {
		int error = open_new(&joined, &key, reason);
		if (error)
			return error;
		pthread_mutex_lock(&lock);
		joined->users = 1;
		joined->next = contexts;
		contexts = joined;
		pthread_mutex_unlock(&lock);
	}
	context_lend(joined);
	*context = joined;
	return 0;
}

/* Returns whether nobody uses it any more. */
static bool drop(struct context *context) {
	pthread_mutex_lock(&lock);
	bool last = --context->users == 0;
	struct context **at = &contexts;
	while (last && *at != context)
		at = &(*at)->next;
	if (last)
		*at = context->next;
	pthread_mutex_unlock(&lock);
	return last;
}

void context_leave(struct context *context) {
	context_lend(context);
	if (!drop(context))
		return;
	compute_programs_finish(&context->programs, &context->egl.gl);
	egl_finish(&context->egl);
	free(context);
}

int context_enter(struct context *context, const void *user, bool *stranger) {
	*stranger = context->inside != user;
	context->inside = user;
	return egl_make_current(&context->egl);
}

void context_lend(struct context *context) {
	context->inside = NULL;
	compute_programs_forget(&context->programs);
}
