/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * picture: the pixels that viewers' encoders read, and who may write them when.
 *
 * Pixels are XRGB8888 in native byte order (0x00RRGGBB, the X byte always 0), rows `stride` bytes apart.
 *
 * One writer (the frame thread), any number of readers (one thread per viewer). A picture that somebody reads
 * is never written: the writer then goes on in another buffer, and of what was published last only those
 * tiles are copied there that have changed since that buffer was written and are not written now. So what a
 * reader holds is of one moment, readers never wait for the writer for longer than one conversion, and the
 * writer never waits for a reader.
 *
 * However many readers there are, they hold at most PICTURE_HELD_MAX distinct pictures. A reader that has to
 * wait for something else (its viewer) parks its picture meanwhile, and may lose it to others.
 *
 * Damage is kept as one number a tile: the generation in which it changed last. Whoever saw generation G is
 * behind by exactly the tiles whose number is larger than G.
 */
#ifndef ZEROVNC_PICTURE_H
#define ZEROVNC_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/damage.h"

enum { PICTURE_HELD_MAX = 4 };

struct picture {
	uint32_t width, height;
	uint32_t stride; /* bytes, a multiple of 64 */
	uint8_t *pixels; /* 64-byte aligned */
	/* Between begin and publish: what was published last, for comparing, where `pixels` do not hold it
	 * (rows `stride` bytes apart). NULL: they do. */
	const uint8_t *reference;
	uint64_t generation;       /* of the newest change in it; 0: nothing was ever stored */
	uint64_t *tile_generation; /* per tile, as damage's bits are ordered */
};

/* Between begin and publish: whether no picture of this size was published before it. */
static inline bool picture_is_first(const struct picture *picture) {
	return picture->generation == 0 && !picture->reference;
}

struct picture_store;

struct picture_store *picture_store_create(void);
/* Takes NULL. Nobody may hold a picture any more. */
void picture_store_destroy(struct picture_store *store);

/*
 * Writer: a picture of this size to write whole tiles into. Tiles that differ from what was published last
 * (see `reference`) are written; the others need not be. Where the size is new (picture_is_first) the picture
 * is black. NULL where memory ran out. Readers that come meanwhile may have to wait until publish or cancel:
 * keep it short. Exactly one of publish and cancel must follow, unless it was NULL.
 */
struct picture *picture_store_begin(struct picture_store *store, uint32_t width, uint32_t height);
/*
 * Writer, between begin and publish: copies what the picture lacks of what was published last, apart from the
 * tiles in `damage` (NULL: none), which were written. From then on the picture is whole, and its `reference`
 * NULL. publish does this too; to call it before is for who writes into the same picture once more, or wants
 * to know what it costs.
 */
void picture_store_catch_up(struct picture_store *store, const struct damage *damage);
/* Writer: the tiles in `damage` were changed; in a picture of a new size every tile counts as changed.
 * Returns the new generation (the old one where nothing changed). */
uint64_t picture_store_publish(struct picture_store *store, const struct damage *damage);
/*
 * Writer: nothing is to be published. `damage` names the tiles that were written to nonetheless (NULL: none):
 * in a picture of the size published last they count as changed and are published, for the writer's converter
 * takes them for sent; a picture of a new size is thrown away.
 */
void picture_store_cancel(struct picture_store *store, const struct damage *damage);

/*
 * Reader: the newest picture, which stays as it is until it is released or parked. NULL where none was ever
 * published. Where it would be one picture too many, the oldest one that is only parked is taken away from
 * its readers; where each is being read, waits until one is not. So between this and release or park a reader
 * waits for nobody. Any thread.
 */
const struct picture *picture_store_acquire(struct picture_store *store);
void picture_store_release(struct picture_store *store, const struct picture *picture);

/* Reader: does not look at its picture until picture_store_unpark(), for which this returns the ticket. */
uint64_t picture_store_park(struct picture_store *store, const struct picture *picture);
/* Reader: its parked picture; NULL: it was taken away, and nothing is held. */
const struct picture *picture_store_unpark(struct picture_store *store, uint64_t ticket);

/* Any thread: the newest generation and its size, without holding it. 0 where none was published. */
uint64_t picture_store_generation(struct picture_store *store, uint32_t *width, uint32_t *height);

struct picture_store_report {
	unsigned held;       /* distinct pictures that readers hold, parked ones included */
	unsigned pictures;   /* in memory, held or not */
	uint64_t bytes;      /* of their pixels */
	uint64_t taken_away; /* times that a reader lost a parked one */
};
/* Any thread. */
void picture_store_report(struct picture_store *store, struct picture_store_report *report);

/* The tiles of `picture` that changed after generation `seen`, into `damage` (resized to the picture).
 * 0 or -ENOMEM. */
int picture_damage_since(const struct picture *picture, uint64_t seen, struct damage *damage);

#endif
