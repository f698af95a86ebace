/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limits: how long a place has to wait after wrong passwords. Pure bookkeeping: the caller passes the time,
 * in milliseconds.
 *
 * A place is a user of this machine if the kernel tells which one, an IPv4 address, or an IPv6 /64, because a
 * host usually owns a whole /64. If the user is not known, all of 127.0.0.0/8 and ::1 are one place.
 *
 * Addresses are cheap, so wrong passwords also count for the networks around a place: the /24 for IPv4, the
 * /56 and /48 for IPv6. Networks may fail more often than places, and a failure counts for them only if it
 * cost the place itself no waiting: one viewer that retries a saved wrong password does not block its
 * neighbours. There is also a rate over all places. If a network or the rate is exceeded, passwords are not
 * refused but have to pause, except those of places that have lately proven that they know one.
 */
#ifndef ZEROVNC_LIMITS_H
#define ZEROVNC_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum {
	LIMITS_FREE_FAILURES = 4, /* wrong passwords of a place that cost no waiting */
	LIMITS_MAX_DELAY_MS = 5 * 60 * 1000,
	LIMITS_MAX_PAUSE_MS = 15 * 1000, /* the longest pause because of others in the same network */
	LIMITS_FORGET_MS = 30 * 60 * 1000,
	LIMITS_LOOKS = 24, /* guesses over all places that cost no pause; beyond them, one guess per
			      LIMITS_LOOK_MS */
	LIMITS_LOOK_MS = 2000,
	LIMITS_PLACES = 4096, /* places and networks whose wrong passwords are remembered; the rate above does
				 not fill them before the first are forgotten */
	LIMITS_PROVEN = 256,  /* places that are known to know a password */
};

#define LIMITS_PROVEN_MS (7ull * 24 * 60 * 60 * 1000)

/* A place: its kind, then the bytes that identify it, those of the widest network first. */
struct limits_key {
	uint8_t bytes[9];
};

struct limits_key limits_key(const struct sockaddr *address);
struct limits_key limits_key_of_user(uid_t uid);
bool limits_same(const struct limits_key *a, const struct limits_key *b);
bool limits_is_user(const struct limits_key *key);
/* The number of leading bytes that identify a network around the place: level 0 is the place itself, level 1
 * the smallest network around it. Returns 0 if there is no such level. */
size_t limits_network(const struct limits_key *key, unsigned level);

struct limits;

/* `own`: the user that the server runs as. That user and root never pause because of others. Returns NULL
 * when out of memory. */
struct limits *limits_create(uid_t own);
void limits_destroy(struct limits *limits);

/* Milliseconds until the place may try again after its own wrong passwords; 0: now. */
uint64_t limits_wait(const struct limits *limits, const struct limits_key *key, uint64_t now_ms);
/* Milliseconds until a password of the place may be checked, because of what others did; 0: now. */
uint64_t limits_pause(const struct limits *limits, const struct limits_key *key, uint64_t now_ms);

/* limits_looked(): a password of the place is about to be checked. Afterwards either limits_right() or
 * limits_failed() says how that ended. */
void limits_looked(struct limits *limits, const struct limits_key *key, uint64_t now_ms);
void limits_right(struct limits *limits, const struct limits_key *key, uint64_t now_ms);
/* `user`: whose password was tried; "" for the server's own password. */
void limits_failed(struct limits *limits, const struct limits_key *key, const char *user, uint64_t now_ms);
/* Call it after limits_right(), if it was a full password and not a view-only one. Forgets earlier failures
 * if all of them were for the same user: a user with a valid password must not guess another user's for
 * ever. */
void limits_proven(struct limits *limits, const struct limits_key *key, const char *user, uint64_t now_ms);

#endif
