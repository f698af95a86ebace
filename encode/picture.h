/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * picture: the pixels that viewers' encoders read, and who may write them when.
 *
 * Pixels are XRGB8888 in native byte order (0x00RRGGBB, the X byte always 0), rows `stride` bytes apart.
 *
 * There is one writer (the frame thread) and any number of readers (viewers' encoders). A picture that
 * somebody reads is never written. The writer continues in another buffer. Of what was published last, it
 * copies there only the tiles that have changed since that buffer was written and are not written now. So a
 * reader's picture is of one moment, a reader waits for the writer no longer than one conversion takes, and
 * the writer never waits for a reader.
 *
 * However many readers there are, they hold at most PICTURE_HELD_MAX distinct pictures. A reader that has to
 * wait for something else (its viewer) parks its picture in the meantime, and may lose it to others.
 *
 * If readers want them, the picture says what only moved since the one before it (encode/moves). To find
 * that, the writer leaves the picture before as it is, and writes into another buffer each time.
 *
 * If readers want them, the colours of tiles that have few are there, too, as far as the converter found them
 * on its way.
 *
 * If readers say that nobody needs the pixels of a part, the writer need not store them: tiles that change
 * there may become absent. Their generations and histories are right, and their pixels are older. As soon as
 * a tile is not spared any more, the writer stores it and reports all of it as changed.
 *
 * Damage is kept as one number per tile: the generation in which the tile changed last. A reader that saw
 * generation G lacks exactly the tiles whose number is larger than G. Where in them something changed since
 * then, each tile's history says.
 */
#ifndef ZEROVNC_PICTURE_H
#define ZEROVNC_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/rect.h"
#include "encode/damage.h"
#include "encode/exposures.h"
#include "encode/history.h"
#include "encode/moves/moves.h"
#include "encode/tile_colours.h"

enum {
	PICTURE_HELD_MAX = 4,
	PICTURE_MAX_SCREENS = 16,
	/* How many pictures are made for readers who want something. */
	PICTURE_MOVES_WANTED = 64,
	PICTURE_COLOURS_WANTED = 64,
	PICTURE_EXPOSURES_WANTED = 16,
	PICTURE_PIXELS_WANTED = 32, /* these are pictures that are begun */
	/* How many parts may be spared, and in how many pictures that are begun. */
	PICTURE_SPARED_MAX = 4,
	PICTURE_SPARED_FOR = 8,
};

/* A part of the picture that one head of the machine shows. */
struct picture_screen {
	uint32_t id; /* the writer's; the same head keeps it */
	struct rect place;
};

struct picture {
	uint32_t width, height;
	uint32_t stride; /* bytes, a multiple of 64 */
	uint8_t *pixels; /* 64-byte aligned */
	/* Between begin and publish: what was published last, for comparison, if `pixels` do not hold it
	 * (rows `stride` bytes apart). NULL if they do. */
	const uint8_t *reference;
	uint64_t generation;       /* of its newest change; 0: nothing was ever stored in it */
	uint64_t *tile_generation; /* one per tile, in the order of damage's bits */
	struct history *histories; /* likewise; the newest entry's generation is the tile's */
	/* One per tile; NULL: not known. Whoever writes a tile may put its colours here, and tells the damage
	 * (damage_add_colours). `colours` is NULL in pictures that are of no store. */
	struct tile_colours **colours;
	bool wants_colours; /* between begin and publish: readers do */
	/* One per tile: its pixels are older than its generation says. A picture that is begun has what was
	 * published last here; then whoever stores a tile, or leaves it unstored, says so. NULL in pictures
	 * that are of no store: no tile is absent. */
	bool *absent;
	uint32_t absent_count; /* how many tiles are; of a published picture */
	/* Between begin and publish: the parts of which whole tiles need not be stored. The writer may take
	 * from them before the first frame is begun or converted. */
	struct rect spared[PICTURE_SPARED_MAX];
	uint32_t spared_count;
	struct picture_screen screens[PICTURE_MAX_SCREENS];
	uint32_t screen_count;          /* 0: one screen, the whole picture */
	struct exposures_wanted wanted; /* between begin and publish: what is to be exposed */
	/* Parts of it as the GPU has them that encodes them. Some may be older (picture_exposure). Whoever
	 * writes the picture may add some, of what it shows now. */
	struct exposures exposures;
	/* What only moved since generation `moves.from`. It is of use only to a reader that saw that one. */
	struct moves moves;
};

/* Between begin and publish: whether no picture of this size was published before. */
static inline bool picture_is_first(const struct picture *picture) {
	return picture->generation == 0 && !picture->reference;
}

struct picture_store;

struct picture_store *picture_store_create(void);
/* Takes NULL. Nobody may still hold a picture. */
void picture_store_destroy(struct picture_store *store);

/*
 * Writer, while nothing is begun: the screens that every picture begun from now on consists of. They are
 * copied. A change of them alone is no damage, so readers see it with the next picture that is published.
 * 0 screens: one, the whole picture. -EINVAL if there are more than PICTURE_MAX_SCREENS.
 */
int picture_store_set_screens(
	struct picture_store *store, const struct picture_screen *screens, uint32_t count);
/*
 * Writer: a picture of this size to write whole tiles into. The writer writes the tiles that differ from what
 * was published last (see `reference`), and need not write the others. If the size is new (picture_is_first),
 * the picture is black. NULL if memory ran out. Readers that come in the meantime may have to wait until
 * publish or cancel, so keep it short. Unless this returns NULL, exactly one of publish and cancel must
 * follow.
 */
struct picture *picture_store_begin(struct picture_store *store, uint32_t width, uint32_t height);
/*
 * Writer, between begin and the first pixel that it writes into this part of the picture: the tiles that lie
 * only partly in the part then hold what was published last, so a writer that writes nothing outside the part
 * leaves whole tiles right, and may call them damaged. Several parts that do not overlap may be prepared and
 * written one after the other before publish, which takes the damage of all of them together. For a part that
 * ends where tiles do, and so for the whole picture, there is nothing to do.
 */
void picture_store_prepare(struct picture_store *store, const struct rect *part);
/*
 * Writer, between begin and publish: copies what the picture lacks of what was published last, apart from the
 * tiles in `damage` (NULL: none), which were written. From then on the picture is complete and its
 * `reference` is NULL. publish does this too. Call it earlier to write into the same picture once more, or to
 * measure what it costs.
 */
void picture_store_catch_up(struct picture_store *store, const struct damage *damage);
/* Writer: publishes the picture, in which the tiles in `damage` changed within their boxes. In a picture of a
 * new size every tile counts as changed. Returns the new generation, or the old one if nothing changed. */
uint64_t picture_store_publish(struct picture_store *store, const struct damage *damage);
/*
 * Writer: publishes nothing. `damage` has the tiles that were written to nonetheless (NULL: none). In a
 * picture of the size published last they count as changed and are published after all, because the writer's
 * converter assumes that they were sent. A picture of a new size is thrown away.
 */
void picture_store_cancel(struct picture_store *store, const struct damage *damage);

/*
 * Reader: the newest picture, which stays as it is until it is released or parked. NULL if none was ever
 * published. If this is one picture too many, the oldest one that is only parked is taken away from its
 * readers. If all of them are being read, this waits until one is not. So between this and release or park, a
 * reader must wait for nobody. Any thread.
 */
const struct picture *picture_store_acquire(struct picture_store *store);
/* The same for a reader that may need every pixel: says so, and waits for a picture without absent tiles. If
 * none comes within a second, the writer is in trouble, and this gives what there is. */
const struct picture *picture_store_acquire_whole(struct picture_store *store);
void picture_store_release(struct picture_store *store, const struct picture *picture);

/* Reader: gives up reading its picture until picture_store_unpark(). Returns the ticket for that. */
uint64_t picture_store_park(struct picture_store *store, const struct picture *picture);
/* Reader: the parked picture, or NULL if it was taken away, and then nothing is held. */
const struct picture *picture_store_unpark(struct picture_store *store, uint64_t ticket);

/* Reader: says that moves would be of use. They are looked for in the next PICTURE_MOVES_WANTED pictures that
 * are published. Any thread. */
void picture_store_want_moves(struct picture_store *store);

/* Reader: says that the colours of tiles would be of use, in the next PICTURE_COLOURS_WANTED pictures that
 * are published. Any thread. */
void picture_store_want_colours(struct picture_store *store);

/* Reader: has the writer take exposures of these parts, as far as it can, with the next
 * PICTURE_EXPOSURES_WANTED pictures that it begins. This replaces what was wanted before. The store uses the
 * cameras as long as that. Any thread. */
void picture_store_want_exposures(struct picture_store *store, const struct exposures_wanted *wanted);
/*
 * Reader: says of which parts of the picture nobody needs pixels, in the next PICTURE_SPARED_FOR pictures
 * that are begun. This replaces what was said before; without parts, all of the picture is needed from the
 * next picture on. It has no effect while pixels are wanted. There are at most PICTURE_SPARED_MAX parts, and
 * those beyond are not spared. They may overlap and reach beyond the picture. Any thread.
 */
void picture_store_spare(struct picture_store *store, const struct rect *parts, uint32_t count);
/* Reader: says that all pixels are needed. This takes back what picture_store_spare() said, and has it
 * ignored until PICTURE_PIXELS_WANTED further pictures are begun. Any thread. */
void picture_store_want_pixels(struct picture_store *store);

/* Writer: what is to be called when pixels are wanted of which the newest picture has none, so that it begins
 * another one soon. Any thread calls it, with the store locked, so it must not use the store. NULL: nothing.
 * When this returns, nobody calls what there was before. */
void picture_store_on_wanted(struct picture_store *store, void (*wanted)(void *context), void *context);
/* Writer: whether there are such pixels. */
bool picture_store_lacks_pixels(struct picture_store *store);

/* Any thread: the newest generation and its size, without holding a picture. 0 if none was published. */
uint64_t picture_store_generation(struct picture_store *store, uint32_t *width, uint32_t *height);

/* Any thread: the screens of the newest picture, without holding it. Returns how many there are; 0: none, or
 * one, which is the whole picture. */
uint32_t picture_store_screens(
	struct picture_store *store, struct picture_screen screens[PICTURE_MAX_SCREENS]);

struct picture_store_report {
	unsigned held;       /* distinct pictures that readers hold, including parked ones */
	unsigned pictures;   /* all pictures in memory, held or not */
	uint64_t bytes;      /* of the pixels of all pictures in memory, and at most those of their colours */
	uint64_t taken_away; /* how often a reader lost a parked picture */
};
/* Any thread. */
void picture_store_report(struct picture_store *store, struct picture_store_report *report);

/* Writes the tiles of `picture` that changed after generation `seen` into `damage`, which is resized to the
 * picture. Outside their boxes, the picture is what it was in that generation if it had the same size. 0 or
 * -ENOMEM. */
int picture_damage_since(const struct picture *picture, uint64_t seen, struct damage *damage);

/* The newest generation of the tiles that a part of the picture touches. The part is not empty, and inside.
 */
uint64_t picture_newest_in(const struct picture *picture, const struct rect *part);

/* The exposure of a part of the picture. NULL: there is none, or something has changed in it since. Borrowed
 * as long as the picture is. */
const struct exposure *picture_exposure(const struct picture *picture, const struct rect *part);
/* Whether no tile that a part of the picture touches is absent. What of the part lies outside does not count.
 */
bool picture_has_pixels(const struct picture *picture, const struct rect *part);

/* Writer, between begin and publish: all pixels of the part were stored, so no tile that it touches is
 * absent. If it covers a tile only partly, that became absent before the outputs were laid out anew, and then
 * all of them are stored. */
void picture_note_stored(struct picture *picture, const struct rect *part);

/* The colours of a part of the picture, as far as they are known: of none if the part does not begin at a
 * tile's corner. Borrowed as long as the picture is. */
struct tile_colours_grid picture_colours(const struct picture *picture, const struct rect *part);

#endif
