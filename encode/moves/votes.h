/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * votes: by what offsets something may have moved. Rows are hashed in a sample of the damaged tile columns.
 * Where several rows in succession are found at another height, and only there, they vote for that distance.
 * A vote proves nothing. Only encode/moves uses this.
 */
#ifndef ZEROVNC_MOVES_VOTES_H
#define ZEROVNC_MOVES_VOTES_H

#include "encode/moves/moves.h"

enum { VOTES_OFFSETS = 3 };

struct votes;

/* NULL: out of memory. */
struct votes *votes_create(void);
void votes_destroy(struct votes *votes);

/* Writes the offsets with the most votes, the best one first, and returns how many. */
size_t votes_count(struct votes *votes, const struct moves_pair *pair, const struct damage *damage,
	struct offset offsets[VOTES_OFFSETS]);

#endif
