/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * turns: what each peer may use of one turn of the loop, so that others have theirs.
 *
 * Key exchanges of unauthenticated clients take milliseconds each, and there may be hundreds of them at once.
 * Viewers that never stop sending may be dozens. To keep others from waiting for all of them, each of the two
 * kinds has one common share of a turn of the loop, and the rest waits for the next turn.
 *
 * Used on the loop's thread only.
 */
#ifndef ZEROVNC_TURNS_H
#define ZEROVNC_TURNS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum turns_share {
	TURNS_UNAUTHENTICATED, /* for all unauthenticated clients; a step once begun is finished */
	TURNS_GREEDY,          /* for all viewers that had more to say than they had time for */
	TURNS_SHARES,
	TURNS_OWN = TURNS_SHARES, /* counts towards neither */
};

/* What all peers share. */
struct turns {
	uv_loop_t *loop;
	uint64_t now; /* the loop's present turn, identified by the loop's clock, which stands still during it
		       */
	uint64_t spent[TURNS_SHARES]; /* nanoseconds of that turn */
};

/* What one peer has. */
struct turn {
	uint64_t end; /* on uv_hrtime()'s clock */
	bool greedy;  /* its last turn ended before all that it had sent was read */
};

void turns_init(struct turns *turns, uv_loop_t *loop);

/* Whether anything is left of this share in this turn of the loop. */
bool turns_left(struct turns *turns, enum turns_share share);

/* Runs `run`, and counts the time that it takes towards this share. */
void turns_run(struct turns *turns, enum turns_share share, void (*run)(void *context), void *context);

/* The peer's turn begins, and takes this long. */
void turn_begin(struct turn *turn, uint64_t ns);

/* Whether the turn is used up. */
bool turn_is_over(const struct turn *turn);

/* The turn has ended. `more`: before all that the peer had sent was read. */
void turn_end(struct turn *turn, bool more);

#endif
