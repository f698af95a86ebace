/* SPDX-License-Identifier: GPL-2.0-or-later */
/* own_state: what own and its viewers share. No folder but this one includes it. */
#ifndef ZEROVNC_OWN_STATE_H
#define ZEROVNC_OWN_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "encode/rfb/own.h"
#include "encode/rfb/own_update.h"
#include "encode/rfb/piece.h"
#include "encode/rfb/pool.h"
#include "encode/rfb/quality.h"
#include "encode/rfb/refresh.h"
#include "encode/rfb/shot.h"
#include "encode/rfb/video.h"
#include "encode/rfb/worker.h"

struct own {
	struct picture_store *store; /* borrowed */
	struct own_options options;
	struct own_events events;
	struct pool *pool;
	struct piece_log *log;
	struct video *video;
	struct shots shots;
	struct worker workers[POOL_MAX_THREADS + 1]; /* one for each of pool_workers() */
	_Atomic bool woken;                          /* own_turn() will be called */
	_Atomic bool said_poor;                      /* that memory ran out */

	/* The loop's. */
	LIST_HEAD(, own_viewer) viewers;
	struct own_viewer *next;  /* whose turn is next; NULL: nobody's */
	struct own_viewer *typed; /* whose pieces come first; NULL: nobody's */
	uint64_t styles;          /* the last number that was given to one */

	pthread_mutex_t lock;
	struct cursor cursor;           /* under lock */
	_Atomic uint64_t cursor_serial; /* counts the cursor's changes; 0: there never was a cursor */
	char banner[BANNER_WORDS];      /* under lock */
	uint64_t banner_ns;             /* how long the banner is shown; under lock */
	_Atomic uint64_t banner_serial; /* counts the banner's changes; 0: there never was a banner */
};

/* Pieces of an update, in the order in which they are sent: all of them, or one portion after the other. */
struct own_pieces {
	struct own_piece {
		struct piece *piece;
		bool shared; /* it was found in the log */
	} * list;            /* owned; those from `next` on are in use */
	size_t count, capacity;
	size_t next;         /* the first one of which not all was taken */
	size_t offset;       /* bytes of it that were taken */
	struct rect *places; /* owned; of the pieces of pixels */
	size_t place_count, place_capacity;
	size_t next_place;      /* the first one of which no piece was begun */
	struct tally_sent sent; /* of all pieces that were taken */
	size_t first_place;     /* the number of the first piece of pixels in `list` */
	size_t portion;         /* the number of its place */
	/* Of the store and the picture that lacked pixels of the next portion. NULL: there is none. */
	const struct picture_store *lacking;
	uint64_t lacking_generation;
};

enum own_step {
	OWN_WAITS,  /* nothing is being sent */
	OWN_BEGINS, /* a job finds out what to send, and has `update` and `pieces` in the meantime */
	OWN_FOUND,  /* that was done */
	OWN_SENDS,  /* there are pieces to be taken */
	OWN_PAUSES, /* a portion was sent, and the next one is not begun */
};

struct own_viewer {
	struct encoder encoder; /* first */
	struct own *own;
	struct encoder_viewer about;
	LIST_ENTRY(own_viewer) link; /* the list own.viewers */
	_Atomic unsigned references; /* of the owner, and of each job */
	_Atomic bool gone;           /* the owner has destroyed it */
	_Atomic int step;            /* enum own_step */

	/* The loop's. */
	struct picture_store *store; /* that it is to be shown */
	bool draws_cursor, held;
	struct region asked, asked_anew; /* since the last update was begun */
	bool settles;                    /* what is open is to be answered soon */
	uint64_t requests;               /* as many as are in `asked` and `asked_anew` */
	uint64_t answers; /* so many requests are answered by the update that is found out or sent */
	uint64_t taken;   /* bytes */
	uint64_t updates, mixed_updates; /* for the report */
	struct refresh refresh;
	struct quality quality;
	uint64_t began_ns;    /* when the update began that is found out or sent */
	uint64_t lossy_bytes; /* of JPEG and video, that it had been sent by then */
	int error;            /* why nothing works any more; 0: all is well */
	struct encoder_desktop desktop;

	/* Written by the loop, while there is no job. */
	struct worker_style style;      /* that it wishes */
	struct quality_setting setting; /* of JPEG, no better than that */
	int video_quality;              /* of video, that it wishes; 0: it takes none */
	uint64_t style_number; /* the same one for all viewers that wish the same, apart from quality */
	bool last_rect;
	bool urgent;  /* its jobs come first */
	bool goes_on; /* the job makes the next portion of an update */

	/* The job's, or else the loop's. */
	struct pool_job job;
	struct shot *shot;
	struct own_update update;
	struct own_pieces pieces;
	int found; /* 0, or -errno */

	struct zrle *zrle; /* owned; of the job that makes ZRLE, of which there is one at a time */
	struct format zrle_format;
	pthread_mutex_t painting; /* `update.framebuffer` has one place to compose pixels in */
};

/* As reports have it. Static. */
const char *own_encoding_name(int32_t encoding);

/* Has own_turn() called. Any thread. */
void own_wake(struct own *own);
/* Lets the loop run if it was woken and has not done so: on a machine whose processors all encode, it would
 * wait for them for milliseconds, and what is ready with it. For threads of the pool, between two pieces. */
void own_give_way(struct own *own);

/* Brings a copy of the cursor up to date. `serial` is the copy's serial, and 0 if the copy is zeroed. Any
 * thread. */
void own_copy_cursor(struct own *own, struct cursor *cursor, uint64_t *serial);
/* Has a viewer's banner say what there is to say. `serial` is the serial of what the banner said last, and 0
 * if it has said nothing. Any thread. */
void own_copy_banner(struct own *own, struct banner *banner, uint64_t *serial);

/* --- a viewer --- */

/* Does what has become due. It may be destroyed afterwards. Loop thread. */
void own_viewer_turn(struct own_viewer *viewer);
/* As own_turn() returns it, for one viewer. Loop thread. */
int own_viewer_wait_ms(const struct own_viewer *viewer);

void own_viewer_use(struct own_viewer *viewer);
/* The last user frees it. Any thread. */
void own_viewer_release(struct own_viewer *viewer);

/* --- its pieces --- */

/* Has the pieces of an update made, or a first portion of them, on the pool. By the viewer's job. `*rest`:
 * what it is to do itself when it has told the loop; NULL: nothing. 0, or -ENOMEM. */
int own_pieces_begin(
	struct own_viewer *viewer, const struct picture *picture, unsigned worker, struct pool_job **rest);
/* The same for the next portion, when all pieces so far were taken. */
int own_pieces_go_on(
	struct own_viewer *viewer, const struct picture *picture, unsigned worker, struct pool_job **rest);
/* Whether there is another portion behind the pieces that were begun. */
bool own_pieces_lack(const struct own_pieces *pieces);

/* Lends bytes of the next piece, at most `size`. Returns how many; 0: it is not ready, or there is none. When
 * all of it was lent, notes which of the viewer's pixels have lost something. `*more`: there are pieces left.
 * -ENOMEM: the next one has failed. */
ssize_t own_pieces_lend(struct own_viewer *viewer, struct loan *loan, size_t size, bool *more);

/* Whether there are pieces that were not taken. */
bool own_pieces_any(const struct own_pieces *pieces);

/* Whether the next piece is there, or never will be. */
bool own_pieces_ready(const struct own_pieces *pieces);

/* Nobody takes what is left. */
void own_pieces_clear(struct own_pieces *pieces);
void own_pieces_finish(struct own_pieces *pieces);

#endif
