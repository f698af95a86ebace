/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * piece: bytes of an update that were encoded together. A piece is made once, by one thread, and read by any
 * number of viewers when it is ready.
 *
 * The piece log has pieces that can be sent to any viewer that wants the same: what a piece is made of is its
 * key, and whoever asks for a key that somebody asked for before gets the same piece, also while it is being
 * made. Pieces that nobody uses any more stay in the log until they take more than its limit in bytes; then
 * the one that was used least recently goes. Those that are in use do not count for that. How many bytes they
 * have is known (piece_log_in_use()), so that whoever begins pieces can keep within bounds.
 *
 * Any thread, except where something else is said.
 */
#ifndef ZEROVNC_PIECE_H
#define ZEROVNC_PIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/rect.h"
#include "encode/rfb/lossy.h"
#include "encode/rfb/tally.h"

struct piece;
struct piece_log;

/* Bytes that count for each piece besides its own: most pieces are small. */
enum { PIECE_OVERHEAD = 512 };

/* Pixels of a part of a picture change only if one of its tiles does (encode/picture.h). So these determine
 * them, and all bytes that they can become. */
struct piece_key {
	uint64_t generation; /* the newest one of its tiles */
	uint64_t style;      /* a number for the encoding, the pixel format and all else that is asked for */
	struct rect place;
};

enum piece_state {
	PIECE_IN_WORK,
	PIECE_READY,
	PIECE_FAILED, /* memory ran out */
};

/* `limit`: bytes of pieces that nobody uses. NULL: out of memory. */
struct piece_log *piece_log_create(size_t limit);
/* No piece may be in use. Takes NULL. */
void piece_log_destroy(struct piece_log *log);

/* Returns the piece for this key, to be given back by piece_drop(). `*make`: it is new, and the caller is to
 * have it made. NULL: out of memory. */
struct piece *piece_log_get(struct piece_log *log, const struct piece_key *key, bool *make);

/* A piece for one viewer alone, which the caller is to have made. NULL: out of memory. */
struct piece *piece_create(struct piece_log *log);

/* One more user. */
void piece_use(struct piece *piece);
/* One user less. */
void piece_drop(struct piece *piece);

/* By its maker, once: the piece will have at most `size` bytes, and counts as if it had them until it is
 * made. */
void piece_expect(struct piece *piece, size_t size);

/* Whether somebody besides the caller, who is its maker, uses the piece. If not, it is forgotten: it may be
 * dropped unmade. */
bool piece_is_wanted(struct piece *piece);

/* By its maker, once: these are its bytes, which become the piece's own. NULL: it has failed, and the next
 * one who asks for its key gets another piece. */
void piece_made(struct piece *piece, uint8_t *bytes, size_t size);

/* What it consists of, zeroed at first. Its maker may write it before piece_made(). */
struct tally *piece_tally(struct piece *piece);

/* By its maker, before it is made: what of it has lost something. The places are copied. */
void piece_lose(struct piece *piece, const struct lossy_places *places);

enum piece_state piece_state(const struct piece *piece);

/* Those of a piece that is ready. */
const uint8_t *piece_bytes(const struct piece *piece, size_t *size);

/* What of a piece that is ready has lost something, or more than that if memory ran out. Borrowed as long as
 * the piece is used. */
struct lossy_places piece_lossy(const struct piece *piece);

/* Bytes of pieces in use, also of those that have no key. */
size_t piece_log_in_use(struct piece_log *log);

struct piece_log_report {
	uint64_t made,
		shared; /* pieces with a key that were made, and how often one of them was used again */
	size_t bytes;   /* of pieces that nobody uses */
};
void piece_log_report(struct piece_log *log, struct piece_log_report *report);

#endif
