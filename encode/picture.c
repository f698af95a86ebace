/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/picture.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	MAX_SPARE = 2, /* buffers that are kept for the next copy on write */
	WHOLE_WAIT_S = 1,
	MAX_SPARE_BEGINS = 256 /* how many frames a spare may be unused before its memory is given back */
};

struct buffer {
	struct picture picture; /* first: a reader's picture is its buffer */
	uint32_t columns, rows;
	unsigned readers, parked;
	uint64_t last_begin; /* when it was last written or read, counted in begins */
	struct buffer *next; // picture_store::buffers
};

/* A reader that waits. When it can continue, the thread that made this possible gives it a picture. If it
 * took a picture itself when it wakes, others might always be there first. */
struct waiter {
	struct buffer *given; /* NULL until it is given one */
	struct waiter *next;
};

struct picture_store {
	pthread_mutex_t lock;
	pthread_cond_t given;             /* a waiter was given a picture */
	pthread_cond_t published;         /* there is a newer picture */
	void (*on_wanted)(void *context); /* NULL: nobody wants to know */
	void *on_wanted_context;
	struct buffer *buffers;
	struct buffer *newest;  /* the newest that was published; NULL before the first */
	struct buffer *writing; /* between begin and publish or cancel */
	struct waiter *waiters; /* readers that are waiting for the newest picture */
	uint64_t generation;    /* the last one that was given out */
	uint64_t begins;
	uint64_t taken_away;
	uint64_t moves_until;   /* the last generation that is to say what moved */
	uint64_t colours_until; /* the last one that is to have colours */
	struct exposures_wanted wanted;
	uint64_t wanted_until; /* the last begin that has `wanted` */
	uint64_t pixels_until; /* the last begin of which all pixels are wanted */
	uint64_t spared_until; /* the last begin for which parts are spared */
	struct rect spared[PICTURE_SPARED_MAX];
	uint32_t spared_count;
	bool looks_for_moves;        /* in the picture that is begun; the writer's */
	struct moves_finder *finder; /* the writer's; owned; NULL: moves were never wanted */
	/* Of the pictures that are begun from now on; the writer's. */
	struct picture_screen screens[PICTURE_MAX_SCREENS];
	uint32_t screen_count;
};

static const struct exposures_wanted nothing_wanted = {.count = 0};

static void buffer_destroy(struct buffer *buffer) {
	if (!buffer)
		return;
	for (size_t i = 0; buffer->picture.colours && i < (size_t)buffer->columns * buffer->rows; i++)
		tile_colours_drop(buffer->picture.colours[i]);
	free(buffer->picture.colours);
	exposures_clear(&buffer->picture.exposures);
	free(buffer->picture.absent);
	free(buffer->picture.tile_generation);
	free(buffer->picture.histories);
	free(buffer->picture.pixels);
	free(buffer);
}

static struct buffer *buffer_create(uint32_t width, uint32_t height) {
	struct buffer *buffer = calloc(1, sizeof *buffer);
	if (!buffer)
		return NULL;
	struct picture *picture = &buffer->picture;
	if (width > UINT32_MAX / 4 - 64)
		goto failed;
	buffer->columns = (width + DAMAGE_TILE - 1) / DAMAGE_TILE;
	buffer->rows = height / DAMAGE_TILE + (height % DAMAGE_TILE != 0);
	picture->width = width;
	picture->height = height;
	picture->stride = (width * 4 + 63) / 64 * 64;
	size_t size = (size_t)picture->stride * height;
	picture->pixels = aligned_alloc(64, size ? size : 64);
	size_t tiles = (size_t)buffer->columns * buffer->rows + 1;
	picture->tile_generation = calloc(tiles, sizeof *picture->tile_generation);
	picture->histories = calloc(tiles, sizeof *picture->histories);
	picture->colours = calloc(tiles, sizeof(void *));
	picture->absent = calloc(tiles, sizeof *picture->absent);
	if (!picture->pixels || !picture->tile_generation || !picture->histories || !picture->colours ||
		!picture->absent)
		goto failed;
	memset(picture->pixels, 0, size);
	return buffer;
failed:
	buffer_destroy(buffer);
	return NULL;
}

static bool buffer_fits(const struct buffer *buffer, uint32_t width, uint32_t height) {
	return buffer->picture.width == width && buffer->picture.height == height;
}

static void copy_tile(struct picture *to, const struct picture *from, uint32_t column, uint32_t row) {
	uint32_t x = column * DAMAGE_TILE, y = row * DAMAGE_TILE;
	uint32_t width = to->width - x < DAMAGE_TILE ? to->width - x : DAMAGE_TILE;
	uint32_t height = to->height - y < DAMAGE_TILE ? to->height - y : DAMAGE_TILE;
	size_t offset = (size_t)y * to->stride + x * 4;
	for (uint32_t i = 0; i < height; i++, offset += to->stride)
		memcpy(to->pixels + offset, from->pixels + offset, width * 4);
}

/* Whether the tile changed after `to` got it. It may have got it later than its other tiles, by
 * picture_store_prepare(). */
static bool lacks_tile(const struct picture *to, const struct picture *from, size_t tile) {
	return from->tile_generation[tile] > to->tile_generation[tile];
}

/* The tile is or will be what it is in `from`, apart from what is not published so far. Whether it is absent
 * was noted when the picture was begun. */
static void note_tile(struct picture *to, const struct picture *from, size_t tile) {
	to->tile_generation[tile] = from->tile_generation[tile];
	to->histories[tile] = from->histories[tile];
}

/* The tile's pixels are those of `from`, or of nothing whose colours are known (NULL). */
static void take_colours(struct picture *to, const struct picture *from, size_t tile) {
	struct tile_colours *old = to->colours[tile];
	to->colours[tile] = from ? tile_colours_use(from->colours[tile]) : NULL;
	tile_colours_drop(old);
}

/* Every tile that is not written will be what it is in `from`, or there is no such picture (NULL). So these
 * are the flags of a picture that catches up, and converters know what they must store. */
static void take_absent(struct buffer *to, const struct buffer *from) {
	size_t tiles = (size_t)to->columns * to->rows;
	if (from)
		memcpy(to->picture.absent, from->picture.absent, tiles * sizeof *to->picture.absent);
	else
		memset(to->picture.absent, 0, tiles * sizeof *to->picture.absent);
	to->picture.absent_count = from ? from->picture.absent_count : 0;
}

/* Makes `buffer` equal to `newest`, apart from `written`, by copying the tiles that changed since it was the
 * newest itself. */
static void buffer_catch_up(
	struct buffer *buffer, const struct buffer *newest, const struct damage *written) {
	struct picture *to = &buffer->picture;
	const struct picture *from = &newest->picture;
	size_t tile = 0;
	for (uint32_t row = 0; row < buffer->rows; row++) {
		for (uint32_t column = 0; column < buffer->columns; column++, tile++) {
			if (!lacks_tile(to, from, tile))
				continue;
			if (!written || !damage_has(written, column, row)) {
				copy_tile(to, from, column, row);
				take_colours(to, from, tile);
			}
			note_tile(to, from, tile);
		}
	}
	to->generation = from->generation;
}

struct picture_store *picture_store_create(void) {
	struct picture_store *store = calloc(1, sizeof *store);
	if (!store)
		return NULL;
	pthread_mutex_init(&store->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&store->given, NULL);
	pthread_cond_init(&store->published, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return store;
}

void picture_store_destroy(struct picture_store *store) {
	if (!store)
		return;
	for (struct buffer *buffer = store->buffers, *next; buffer; buffer = next) {
		next = buffer->next;
		buffer_destroy(buffer);
	}
	moves_finder_destroy(store->finder);
	exposures_want(&store->wanted, &nothing_wanted);
	pthread_cond_destroy(&store->given);
	pthread_cond_destroy(&store->published);
	pthread_mutex_destroy(&store->lock);
	free(store);
}

int picture_store_set_screens(
	struct picture_store *store, const struct picture_screen *screens, uint32_t count) {
	if (count > PICTURE_MAX_SCREENS)
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++)
		store->screens[i] = screens[i];
	store->screen_count = count;
	return 0;
}

/* Moves the buffers that nobody needs to a list of their own. They are freed after the lock is released. */
static struct buffer *take_superfluous(struct picture_store *store) {
	struct buffer *superfluous = NULL;
	unsigned spare = 0;
	for (struct buffer **link = &store->buffers; *link;) {
		struct buffer *buffer = *link;
		bool busy = buffer->readers || buffer == store->newest || buffer == store->writing;
		bool keep = busy || (store->newest && spare < MAX_SPARE &&
					    buffer_fits(buffer, store->newest->picture.width,
						    store->newest->picture.height) &&
					    store->begins - buffer->last_begin < MAX_SPARE_BEGINS);
		if (keep) {
			spare += !busy;
			link = &buffer->next;
			continue;
		}
		*link = buffer->next;
		buffer->next = superfluous;
		superfluous = buffer;
	}
	return superfluous;
}

/* Takes the exposures of a picture that nobody will read again. They are given back after the lock is
 * released, which may end a camera. */
static struct exposures take_unread(struct picture_store *store) {
	struct exposures taken = {.count = 0};
	for (struct buffer *buffer = store->buffers; buffer && !taken.count; buffer = buffer->next) {
		if (buffer->readers || buffer == store->newest || buffer == store->writing)
			continue;
		taken = buffer->picture.exposures;
		buffer->picture.exposures.count = 0;
	}
	return taken;
}

static void destroy_all(struct buffer *buffer) {
	while (buffer) {
		struct buffer *next = buffer->next;
		buffer_destroy(buffer);
		buffer = next;
	}
}

/* The spare buffer that lacks the least. */
static struct buffer *find_spare(struct picture_store *store, uint32_t width, uint32_t height) {
	struct buffer *best = NULL;
	for (struct buffer *buffer = store->buffers; buffer; buffer = buffer->next) {
		if (buffer->readers || buffer == store->newest || !buffer_fits(buffer, width, height))
			continue;
		if (!best || buffer->picture.generation > best->picture.generation)
			best = buffer;
	}
	return best;
}

static bool moves_are_wanted(const struct picture_store *store) {
	return store->generation < store->moves_until;
}

static bool may_write_in_place(const struct picture_store *store, uint32_t width, uint32_t height) {
	if (moves_are_wanted(store))
		return false;
	/* A reader that has been waiting since the last write in place would have to wait once more. */
	return store->newest && !store->newest->readers && !store->waiters &&
	       buffer_fits(store->newest, width, height);
}

/* What readers want of the picture that is begun. */
struct wishes {
	bool colours;
	struct rect spared[PICTURE_SPARED_MAX];
	uint32_t spared_count;
	struct exposures_wanted wanted; /* the cameras are in use */
};

/* Takes the exposures that nobody has asked for lately. */
static struct exposures_wanted take_unwanted(struct picture_store *store) {
	struct exposures_wanted unwanted = {.count = 0};
	if (store->begins > store->wanted_until) {
		unwanted = store->wanted;
		store->wanted.count = 0;
	}
	return unwanted;
}

static struct wishes wishes_of(const struct picture_store *store) {
	struct wishes wishes = {.colours = store->generation < store->colours_until};
	memcpy(wishes.spared, store->spared, sizeof wishes.spared);
	if (store->begins <= store->spared_until)
		wishes.spared_count = store->spared_count;
	exposures_want(&wishes.wanted, &store->wanted);
	return wishes;
}

/* Makes a buffer, which may be the newest itself, a picture that is begun. */
static void set_up(struct picture_store *store, struct buffer *buffer, const struct wishes *wishes) {
	const struct buffer *newest = store->newest;
	struct picture *picture = &buffer->picture;
	bool follows = newest && buffer_fits(newest, picture->width, picture->height);
	picture->reference = follows && buffer != newest ? newest->picture.pixels : NULL;
	if (buffer != newest)
		take_absent(buffer, follows ? newest : NULL);
	memcpy(picture->spared, wishes->spared, sizeof picture->spared);
	picture->spared_count = follows ? wishes->spared_count : 0;
	memcpy(picture->screens, store->screens, sizeof store->screens);
	picture->screen_count = store->screen_count;
	picture->moves.count = 0;
	picture->wants_colours = wishes->colours;
	picture->wanted = wishes->wanted;
	if (picture->reference)
		exposures_copy(&picture->exposures, &newest->picture.exposures);
	exposures_keep(&picture->exposures, &wishes->wanted);
}

struct picture *picture_store_begin(struct picture_store *store, uint32_t width, uint32_t height) {
	pthread_mutex_lock(&store->lock);
	store->begins++;
	if (may_write_in_place(store, width, height))
		store->writing = store->newest;
	else
		store->writing = find_spare(store, width, height);
	store->looks_for_moves = moves_are_wanted(store);
	struct exposures_wanted unwanted = take_unwanted(store);
	struct wishes wishes = wishes_of(store);
	struct buffer *buffer = store->writing;
	if (buffer)
		buffer->last_begin = store->begins;
	struct buffer *superfluous = take_superfluous(store);
	pthread_mutex_unlock(&store->lock);
	destroy_all(superfluous);
	exposures_want(&unwanted, &nothing_wanted);

	if (!buffer) {
		buffer = buffer_create(width, height);
		if (!buffer) {
			exposures_want(&wishes.wanted, &nothing_wanted);
			return NULL;
		}
		pthread_mutex_lock(&store->lock);
		buffer->last_begin = store->begins;
		buffer->next = store->buffers;
		store->buffers = store->writing = buffer;
		pthread_mutex_unlock(&store->lock);
	}
	set_up(store, buffer, &wishes);
	return &buffer->picture;
}

static void prepare_tile(
	struct buffer *buffer, const struct picture *from, const struct rect *part, struct rect tile) {
	struct picture *to = &buffer->picture;
	uint32_t column = (uint32_t)tile.x / DAMAGE_TILE, row = (uint32_t)tile.y / DAMAGE_TILE;
	size_t number = (size_t)row * buffer->columns + column;
	struct rect covered = rect_intersect(tile, *part);
	bool whole = rect_area(covered) == rect_area(tile);
	if (whole || !rect_area(covered) || !lacks_tile(to, from, number))
		return;
	copy_tile(to, from, column, row);
	take_colours(to, from, number);
	note_tile(to, from, number);
}

/* This needs no lock, nor does the next one: only the writer ever writes to a buffer, and `newest` does not
 * change until it publishes. */
void picture_store_prepare(struct picture_store *store, const struct rect *part) {
	struct buffer *buffer = store->writing;
	const struct damage grid = {.width = buffer->picture.width, .height = buffer->picture.height};
	if (!buffer->picture.reference)
		return;
	for (uint32_t row = 0; row < buffer->rows; row++)
		for (uint32_t column = 0; column < buffer->columns; column++)
			prepare_tile(buffer, &store->newest->picture, part, damage_tile(&grid, column, row));
}

void picture_store_catch_up(struct picture_store *store, const struct damage *damage) {
	struct buffer *buffer = store->writing;
	if (!buffer->picture.reference)
		return;
	buffer_catch_up(buffer, store->newest, damage);
	buffer->picture.reference = NULL;
}

static void mark_tiles(struct buffer *buffer, const struct damage *damage, uint64_t generation, bool all) {
	struct picture *picture = &buffer->picture;
	const struct damage grid = {.width = picture->width, .height = picture->height};
	size_t tile = 0;
	for (uint32_t row = 0; row < buffer->rows; row++) {
		for (uint32_t column = 0; column < buffer->columns; column++, tile++) {
			if (!all && !damage_has(damage, column, row))
				continue;
			if (!damage || !damage_has_colours(damage, column, row) || picture->absent[tile])
				take_colours(picture, NULL, tile);
			picture->tile_generation[tile] = generation;
			history_add(&picture->histories[tile], generation,
				all ? damage_whole(&grid, column, row) : damage->boxes[tile]);
		}
	}
	picture->generation = generation;
}

static unsigned count_held(const struct picture_store *store) {
	unsigned held = 0;
	for (const struct buffer *buffer = store->buffers; buffer; buffer = buffer->next)
		held += buffer->readers > 0;
	return held;
}

/* The picture that its readers have had for longest, and for which all of them wait for something else. */
static struct buffer *oldest_parked(struct picture_store *store) {
	struct buffer *oldest = NULL;
	for (struct buffer *buffer = store->buffers; buffer; buffer = buffer->next) {
		bool parked = buffer->readers && buffer->parked == buffer->readers;
		if (parked && (!oldest || buffer->picture.generation < oldest->picture.generation))
			oldest = buffer;
	}
	return oldest;
}

/* Whether the newest picture may be held, if necessary in place of a parked one. */
static bool make_room(struct picture_store *store) {
	if (store->newest->readers || count_held(store) < PICTURE_HELD_MAX)
		return true;
	struct buffer *victim = oldest_parked(store);
	if (!victim)
		return false;
	store->taken_away += victim->readers;
	victim->readers = victim->parked = 0;
	return true;
}

static bool must_wait(struct picture_store *store) {
	return store->writing == store->newest || !make_room(store);
}

static void give(struct picture_store *store) {
	if (!store->waiters || must_wait(store))
		return;
	for (struct waiter *waiter = store->waiters; waiter; waiter = waiter->next) {
		waiter->given = store->newest;
		store->newest->readers++;
	}
	store->waiters = NULL;
	pthread_cond_broadcast(&store->given);
}

static uint32_t count_absent(const struct buffer *buffer) {
	size_t tiles = (size_t)buffer->columns * buffer->rows;
	uint32_t count = 0;
	for (size_t i = 0; i < tiles; i++)
		count += buffer->picture.absent[i];
	return count;
}

/* Notes in the picture what moved, if what was published last still exists and is of this size. What absent
 * tiles show is not known. */
static void note_moves(struct picture_store *store, const struct damage *damage, uint32_t absent) {
	const struct buffer *newest = store->newest;
	struct picture *picture = &store->writing->picture;
	if (!newest || newest == store->writing || !buffer_fits(newest, picture->width, picture->height))
		return;
	if (newest->picture.absent_count || absent)
		return;
	if (!store->finder)
		store->finder = moves_finder_create();
	if (!store->finder)
		return;
	const struct moves_pair pair = {
		newest->picture.pixels, picture->pixels, picture->stride, picture->width, picture->height};
	moves_find(store->finder, &pair, damage, &picture->moves);
	picture->moves.from = newest->picture.generation;
}

/* Ends the writing. What was written becomes the newest picture if there is something new in it. */
static uint64_t end(struct picture_store *store, const struct damage *damage, bool publish_size) {
	struct buffer *buffer = store->writing;
	bool written = damage && !damage_is_empty(damage);
	if (written)
		picture_store_catch_up(store, damage);
	uint32_t absent = written ? count_absent(buffer) : buffer->picture.absent_count;
	if (written && store->looks_for_moves)
		note_moves(store, damage, absent);
	buffer->picture.spared_count = 0;
	pthread_mutex_lock(&store->lock);
	buffer->picture.absent_count = absent; /* in what may be the newest picture */
	bool other_size =
		!store->newest || !buffer_fits(store->newest, buffer->picture.width, buffer->picture.height);
	if (other_size ? publish_size : written) {
		mark_tiles(buffer, damage, ++store->generation, other_size);
		exposures_publish(&buffer->picture.exposures, store->generation);
		store->newest = buffer;
		pthread_cond_broadcast(&store->published);
	} else {
		exposures_cancel(&buffer->picture.exposures);
	}
	store->writing = NULL;
	uint64_t generation = store->generation;
	give(store);
	struct buffer *superfluous = take_superfluous(store);
	struct exposures_wanted wanted = buffer->picture.wanted;
	buffer->picture.wanted.count = 0;
	struct exposures unread = take_unread(store);
	pthread_mutex_unlock(&store->lock);
	destroy_all(superfluous);
	exposures_want(&wanted, &nothing_wanted);
	exposures_clear(&unread);
	return generation;
}

uint64_t picture_store_publish(struct picture_store *store, const struct damage *damage) {
	return end(store, damage, true);
}

void picture_store_cancel(struct picture_store *store, const struct damage *damage) {
	end(store, damage, false);
}

const struct picture *picture_store_acquire(struct picture_store *store) {
	struct waiter self = {NULL, NULL};
	pthread_mutex_lock(&store->lock);
	if (store->newest) {
		self.next = store->waiters;
		store->waiters = &self;
		give(store);
	}
	while (store->newest && !self.given)
		pthread_cond_wait(&store->given, &store->lock);
	struct buffer *superfluous = take_superfluous(store);
	pthread_mutex_unlock(&store->lock);
	destroy_all(superfluous);
	return self.given ? &self.given->picture : NULL;
}

void picture_store_release(struct picture_store *store, const struct picture *picture) {
	struct buffer *buffer = (struct buffer *)picture;
	pthread_mutex_lock(&store->lock);
	buffer->readers--;
	buffer->last_begin = store->begins;
	give(store);
	struct buffer *superfluous = take_superfluous(store);
	struct exposures unread = take_unread(store);
	pthread_mutex_unlock(&store->lock);
	destroy_all(superfluous);
	exposures_clear(&unread);
}

/* The ticket is the generation, because no two pictures that were held ever have the same. */
uint64_t picture_store_park(struct picture_store *store, const struct picture *picture) {
	struct buffer *buffer = (struct buffer *)picture;
	pthread_mutex_lock(&store->lock);
	buffer->parked++;
	give(store);
	uint64_t ticket = picture->generation;
	pthread_mutex_unlock(&store->lock);
	return ticket;
}

const struct picture *picture_store_unpark(struct picture_store *store, uint64_t ticket) {
	const struct picture *picture = NULL;
	pthread_mutex_lock(&store->lock);
	for (struct buffer *buffer = store->buffers; buffer && !picture; buffer = buffer->next) {
		if (!buffer->parked || buffer->picture.generation != ticket)
			continue;
		buffer->parked--;
		picture = &buffer->picture;
	}
	pthread_mutex_unlock(&store->lock);
	return picture;
}

/* The bytes of its colours, some of which another picture may use, too. */
static uint64_t colours_of(const struct buffer *buffer) {
	size_t tiles = (size_t)buffer->columns * buffer->rows;
	uint64_t bytes = 0;
	for (size_t i = 0; i < tiles; i++)
		bytes += tile_colours_bytes(buffer->picture.colours[i]);
	return bytes;
}

void picture_store_report(struct picture_store *store, struct picture_store_report *report) {
	pthread_mutex_lock(&store->lock);
	*report = (struct picture_store_report){.held = count_held(store), .taken_away = store->taken_away};
	for (const struct buffer *buffer = store->buffers; buffer; buffer = buffer->next) {
		report->pictures++;
		report->bytes += (uint64_t)buffer->picture.stride * buffer->picture.height;
		if (buffer != store->writing) /* those may be changing */
			report->bytes += colours_of(buffer);
	}
	pthread_mutex_unlock(&store->lock);
}

void picture_store_want_moves(struct picture_store *store) {
	pthread_mutex_lock(&store->lock);
	store->moves_until = store->generation + PICTURE_MOVES_WANTED;
	pthread_mutex_unlock(&store->lock);
}

void picture_store_want_colours(struct picture_store *store) {
	pthread_mutex_lock(&store->lock);
	store->colours_until = store->generation + PICTURE_COLOURS_WANTED;
	pthread_mutex_unlock(&store->lock);
}

void picture_store_want_exposures(struct picture_store *store, const struct exposures_wanted *wanted) {
	struct exposures_wanted former = {.count = 0};
	pthread_mutex_lock(&store->lock);
	former = store->wanted;
	store->wanted.count = 0;
	exposures_want(&store->wanted, wanted);
	store->wanted_until = store->begins + PICTURE_EXPOSURES_WANTED;
	pthread_mutex_unlock(&store->lock);
	exposures_want(&former, &nothing_wanted); /* this may end a camera, which takes its time */
}

void picture_store_spare(struct picture_store *store, const struct rect *parts, uint32_t count) {
	pthread_mutex_lock(&store->lock);
	if (store->begins >= store->pixels_until) {
		store->spared_count = count < PICTURE_SPARED_MAX ? count : PICTURE_SPARED_MAX;
		store->spared_until = store->begins + PICTURE_SPARED_FOR;
		for (uint32_t i = 0; i < store->spared_count; i++)
			store->spared[i] = parts[i];
	}
	pthread_mutex_unlock(&store->lock);
}

/* Under the lock. */
static bool lacks_pixels(const struct picture_store *store) {
	return store->begins < store->pixels_until && store->newest && store->newest->picture.absent_count;
}

void picture_store_want_pixels(struct picture_store *store) {
	pthread_mutex_lock(&store->lock);
	store->spared_count = 0;
	store->pixels_until = store->begins + PICTURE_PIXELS_WANTED;
	if (lacks_pixels(store) && store->on_wanted)
		store->on_wanted(store->on_wanted_context);
	pthread_mutex_unlock(&store->lock);
}

void picture_store_on_wanted(struct picture_store *store, void (*wanted)(void *context), void *context) {
	pthread_mutex_lock(&store->lock);
	store->on_wanted = wanted;
	store->on_wanted_context = context;
	pthread_mutex_unlock(&store->lock);
}

bool picture_store_lacks_pixels(struct picture_store *store) {
	pthread_mutex_lock(&store->lock);
	bool lacks = lacks_pixels(store);
	pthread_mutex_unlock(&store->lock);
	return lacks;
}

/* Waits for a picture that is newer than this generation. Returns false if none comes in time. */
static bool wait_for_newer(struct picture_store *store, uint64_t generation, const struct timespec *until) {
	int error = 0;
	pthread_mutex_lock(&store->lock);
	while (!error && store->generation == generation)
		error = pthread_cond_timedwait(&store->published, &store->lock, until);
	bool newer = store->generation != generation;
	pthread_mutex_unlock(&store->lock);
	return newer;
}

const struct picture *picture_store_acquire_whole(struct picture_store *store) {
	const struct picture *picture;
	struct timespec until;
	bool wait = true;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WHOLE_WAIT_S;
	picture_store_want_pixels(store);
	while ((picture = picture_store_acquire(store)) && picture->absent_count && wait) {
		uint64_t generation = picture->generation;
		picture_store_release(store, picture);
		picture_store_want_pixels(store);
		wait = wait_for_newer(store, generation, &until);
	}
	return picture;
}

uint64_t picture_store_generation(struct picture_store *store, uint32_t *width, uint32_t *height) {
	pthread_mutex_lock(&store->lock);
	const struct buffer *newest = store->newest;
	uint64_t generation = newest ? newest->picture.generation : 0;
	if (width)
		*width = newest ? newest->picture.width : 0;
	if (height)
		*height = newest ? newest->picture.height : 0;
	pthread_mutex_unlock(&store->lock);
	return generation;
}

uint32_t picture_store_screens(
	struct picture_store *store, struct picture_screen screens[PICTURE_MAX_SCREENS]) {
	pthread_mutex_lock(&store->lock);
	const struct buffer *newest = store->newest;
	uint32_t count = newest ? newest->picture.screen_count : 0;
	if (count)
		memcpy(screens, newest->picture.screens, count * sizeof *screens);
	pthread_mutex_unlock(&store->lock);
	return count;
}

int picture_damage_since(const struct picture *picture, uint64_t seen, struct damage *damage) {
	int error = damage_resize(damage, picture->width, picture->height);
	if (error)
		return error;
	size_t tile = 0;
	for (uint32_t row = 0; row < damage->rows; row++) {
		for (uint32_t column = 0; column < damage->columns; column++, tile++) {
			if (picture->tile_generation[tile] > seen)
				damage_add_box(
					damage, column, row, history_since(&picture->histories[tile], seen));
		}
	}
	return 0;
}

/* Tiles as a rectangle touches them, up to and not including `right` and `bottom`. */
struct touched {
	uint32_t left, top, right, bottom, columns;
};

static struct touched touched_by(const struct picture *picture, const struct rect *part) {
	struct rect inside = rect_intersect(*part, (struct rect){0, 0, picture->width, picture->height});
	uint32_t left = (uint32_t)inside.x, top = (uint32_t)inside.y;
	uint32_t columns = (picture->width + DAMAGE_TILE - 1) / DAMAGE_TILE;
	if (!rect_area(inside))
		return (struct touched){.columns = columns};
	return (struct touched){left / DAMAGE_TILE, top / DAMAGE_TILE,
		(left + inside.width - 1) / DAMAGE_TILE + 1, (top + inside.height - 1) / DAMAGE_TILE + 1,
		columns};
}

uint64_t picture_newest_in(const struct picture *picture, const struct rect *part) {
	const struct touched touched = touched_by(picture, part);
	uint64_t newest = 0;
	for (uint32_t row = touched.top; row < touched.bottom; row++)
		for (uint32_t column = touched.left; column < touched.right; column++) {
			uint64_t generation =
				picture->tile_generation[(size_t)row * touched.columns + column];
			newest = generation > newest ? generation : newest;
		}
	return newest;
}

const struct exposure *picture_exposure(const struct picture *picture, const struct rect *part) {
	const struct exposures_one *one = exposures_find(&picture->exposures, part);
	return one && one->generation >= picture_newest_in(picture, part) ? one->exposure : NULL;
}

bool picture_has_pixels(const struct picture *picture, const struct rect *part) {
	/* The count is not kept up while tiles may become absent. */
	if (!picture->absent || (!picture->absent_count && !picture->spared_count))
		return true;
	const struct touched touched = touched_by(picture, part);
	for (uint32_t row = touched.top; row < touched.bottom; row++) {
		const bool *absent = picture->absent + (size_t)row * touched.columns;
		if (memchr(absent + touched.left, 1, touched.right - touched.left))
			return false;
	}
	return true;
}

void picture_note_stored(struct picture *picture, const struct rect *part) {
	const struct touched touched = touched_by(picture, part);
	for (uint32_t row = touched.top; picture->absent && row < touched.bottom; row++)
		memset(picture->absent + (size_t)row * touched.columns + touched.left, 0,
			touched.right - touched.left);
}

struct tile_colours_grid picture_colours(const struct picture *picture, const struct rect *part) {
	size_t columns = (picture->width + DAMAGE_TILE - 1) / DAMAGE_TILE;
	if (!picture->colours || part->x % DAMAGE_TILE || part->y % DAMAGE_TILE)
		return (struct tile_colours_grid){NULL, 0};
	return (struct tile_colours_grid){
		picture->colours + (size_t)part->y / DAMAGE_TILE * columns + (size_t)part->x / DAMAGE_TILE,
		columns};
}
