/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guesses: counts the passwords that places (server/net/place.h) tried, and tells how long a place has to
 * wait before the next one. Pure bookkeeping: the caller passes the time, in milliseconds.
 *
 * A place has to wait after wrong passwords of its own. Because addresses are cheap, wrong passwords also
 * count for the networks around a place. Networks may fail more often than places, and a failure counts for
 * them only if it cost the place itself no waiting: one viewer that retries a saved wrong password does not
 * block its neighbours. There is also a rate over all places. If a network or the rate is exceeded, passwords
 * are not refused but have to pause, except those of places that have lately proven that they know one.
 */
#ifndef ZEROVNC_GUESSES_H
#define ZEROVNC_GUESSES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "server/net/place.h"

enum {
	GUESSES_FREE_FAILURES = 4, /* wrong passwords of a place that cost no waiting */
	GUESSES_MAX_DELAY_MS = 5 * 60 * 1000,
	GUESSES_MAX_PAUSE_MS = 15 * 1000, /* the longest pause because of others in the same network */
	GUESSES_FORGET_MS = 30 * 60 * 1000,
	GUESSES_LOOKS = 24, /* guesses over all places that cost no pause; beyond them, one guess per
			      GUESSES_LOOK_MS */
	GUESSES_LOOK_MS = 2000,
	GUESSES_PLACES = 4096, /* places and networks whose wrong passwords are remembered; the rate above
				 does not fill them before the first are forgotten */
	GUESSES_PROVEN = 256,  /* places that are known to know a password */
};

#define GUESSES_PROVEN_MS (7ull * 24 * 60 * 60 * 1000)

struct guesses;

/* `own`: the user that the server runs as. That user and root never pause because of others. Returns NULL
 * when out of memory. */
struct guesses *guesses_create(uid_t own);
void guesses_destroy(struct guesses *guesses);

/* Whether any wrong password is remembered, of whatever place. */
bool guesses_remembers(const struct guesses *guesses, uint64_t now_ms);

/* Milliseconds until the place may try again after its own wrong passwords; 0: now. */
uint64_t guesses_wait(const struct guesses *guesses, const struct place *place, uint64_t now_ms);
/* Milliseconds until a password of the place may be checked, because of what others did; 0: now. */
uint64_t guesses_pause(const struct guesses *guesses, const struct place *place, uint64_t now_ms);

/* guesses_looked(): a password of the place is about to be checked. Afterwards either guesses_right() or
 * guesses_failed() says how that ended. */
void guesses_looked(struct guesses *guesses, const struct place *place, uint64_t now_ms);
void guesses_right(struct guesses *guesses, const struct place *place, uint64_t now_ms);
/* `user`: whose password was tried; "" for the server's own password. */
void guesses_failed(struct guesses *guesses, const struct place *place, const char *user, uint64_t now_ms);
/* Call it after guesses_right(), if it was a full password and not a view-only one. Forgets earlier failures
 * if all of them were for the same user: a user with a valid password must not guess another user's for
 * ever. */
void guesses_proven(struct guesses *guesses, const struct place *place, const char *user, uint64_t now_ms);

#endif
