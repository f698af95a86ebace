/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/shot.h"

#include <stddef.h>
#include <string.h>

void shots_init(struct shots *shots) {
	memset(shots, 0, sizeof *shots);
	pthread_mutex_init(&shots->lock, NULL);
	for (int i = 0; i < SHOTS_MAX; i++)
		pthread_mutex_init(&shots->all[i].taking, NULL);
}

void shots_finish(struct shots *shots) {
	for (int i = 0; i < SHOTS_MAX; i++)
		pthread_mutex_destroy(&shots->all[i].taking);
	pthread_mutex_destroy(&shots->lock);
}

/* One of this generation, or a free one. NULL: there is neither. Under lock. */
static struct shot *find(struct shots *shots, struct picture_store *store, uint64_t generation) {
	struct shot *unused = NULL;
	for (int i = 0; i < SHOTS_MAX; i++) {
		struct shot *shot = &shots->all[i];
		if (!shot->users)
			unused = shot;
		else if (shot->store == store && shot->generation == generation)
			return shot;
	}
	return unused;
}

struct shot *shots_begin(struct shots *shots, struct picture_store *store) {
	uint64_t generation = picture_store_generation(store, NULL, NULL);
	pthread_mutex_lock(&shots->lock);
	struct shot *shot = find(shots, store, generation);
	if (shot && !shot->users++) {
		shot->store = store;
		shot->generation = generation;
	}
	pthread_mutex_unlock(&shots->lock);
	return shot;
}

void shots_use(struct shots *shots, struct shot *shot) {
	pthread_mutex_lock(&shots->lock);
	shot->users++;
	pthread_mutex_unlock(&shots->lock);
}

/* The picture is given back before the shot can be taken for another one. */
void shots_drop(struct shots *shots, struct shot *shot) {
	pthread_mutex_lock(&shots->lock);
	if (shot->users == 1 && shot->picture) {
		picture_store_release(shot->store, shot->picture);
		shot->picture = NULL;
	}
	shot->users--;
	pthread_mutex_unlock(&shots->lock);
}

static const struct picture *taken(struct shots *shots, const struct shot *shot) {
	pthread_mutex_lock(&shots->lock);
	const struct picture *picture = shot->picture;
	pthread_mutex_unlock(&shots->lock);
	return picture;
}

const struct picture *shots_picture(struct shots *shots, struct shot *shot) {
	pthread_mutex_lock(&shot->taking);
	const struct picture *picture = taken(shots, shot);
	if (!picture && (picture = picture_store_acquire(shot->store))) {
		pthread_mutex_lock(&shots->lock);
		shot->picture = picture;
		shot->generation = picture->generation;
		pthread_mutex_unlock(&shots->lock);
	}
	pthread_mutex_unlock(&shot->taking);
	return picture;
}
