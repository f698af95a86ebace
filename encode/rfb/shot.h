/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shot: a picture that jobs of a pool read. Whoever begins at the same generation shares one. There are so
 * few that other readers of the store always find room (PICTURE_HELD_MAX): if there were one too many, its
 * job would wait for jobs that wait behind it.
 */
#ifndef ZEROVNC_SHOT_H
#define ZEROVNC_SHOT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "encode/picture.h"

enum { SHOTS_MAX = PICTURE_HELD_MAX - 1 };

struct shot {
	struct picture_store *store;   /* borrowed */
	uint64_t generation;           /* of the newest picture when it was begun, or of `picture` */
	unsigned users;                /* 0: it is free */
	const struct picture *picture; /* NULL: nobody has read it yet */
	pthread_mutex_t taking;        /* held while the picture is taken from the store */
};

struct shots {
	pthread_mutex_t lock; /* for all but shot.taking */
	struct shot all[SHOTS_MAX];
};

void shots_init(struct shots *shots);
/* Nobody uses a shot. */
void shots_finish(struct shots *shots);

/* Begins to use the store's newest picture, or one that is newer by the time it is read. NULL: there are too
 * many; try again when one has become free. Any thread. */
struct shot *shots_begin(struct shots *shots, struct picture_store *store);
/* One more user. Any thread. */
void shots_use(struct shots *shots, struct shot *shot);
/* One user less. Any thread. */
void shots_drop(struct shots *shots, struct shot *shot);

/* Returns the picture, which stays as it is until its last user drops it. NULL: the store has none. This may
 * wait as picture_store_acquire() does. Any thread. */
const struct picture *shots_picture(struct shots *shots, struct shot *shot);

#endif
