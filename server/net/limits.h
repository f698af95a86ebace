/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limits: how many strangers and viewers there may be, in all and from one place, and how long a place that
 * gave wrong passwords has to wait. Pure bookkeeping; the time is the caller's, in milliseconds.
 *
 * A place is a user of this machine where the kernel tells which, whatever address he comes from. Else it is
 * an IPv4 address, or an IPv6 /64, for whoever has one address there has them all. All of 127.0.0.0/8 and ::1
 * are one place.
 *
 * Addresses can be had in bulk, so wrong passwords count for the networks around a place as well: IPv4's /24,
 * IPv6's /56 and /48. A network bears more of them, and only those that cost their own place no waiting: a
 * viewer with a wrong password saved keeps nobody else out. Beyond that, and beyond a rate of guesses over
 * all places, a place that has not proven lately that it knows a password has to pause; it is not refused.
 */
#ifndef ZEROVNC_LIMITS_H
#define ZEROVNC_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum {
	LIMITS_STRANGERS = 256, /* connections that are not authenticated yet */
	LIMITS_SEATS = 128,     /* of them people who are kept whoever else comes in */
	LIMITS_VIEWERS = 64,    /* viewers in all */
	LIMITS_VIEWERS_PER_PLACE = 48,
	LIMITS_FREE_FAILURES = 4, /* wrong passwords of a place that cost no waiting */
	LIMITS_MAX_DELAY_MS = 5 * 60 * 1000,
	LIMITS_MAX_PAUSE_MS = 15 * 1000, /* for what others in the same network did */
	LIMITS_FORGET_MS = 30 * 60 * 1000,
	LIMITS_LOOKS = 24, /* guesses over all places that cost no pause; then one for each of these: */
	LIMITS_LOOK_MS = 2000,
	LIMITS_PLACES = 4096, /* that wrong passwords are remembered of, networks included; the rate above
				 does not fill them before the first are forgotten */
	LIMITS_PROVEN = 256,  /* places that are known to know a password */
};

#define LIMITS_PROVEN_MS (7ull * 24 * 60 * 60 * 1000)

/* A place as limits count it: its kind, then what tells it from others, in the order of networks. */
struct limits_key {
	uint8_t bytes[9];
};

struct limits_key limits_key(const struct sockaddr *address);
struct limits_key limits_key_of_user(uid_t uid);
bool limits_same(const struct limits_key *a, const struct limits_key *b);
bool limits_is_user(const struct limits_key *key);
/* How many of the key's first bytes name the network that it is in: level 0 is the place itself, 1 the first
 * network around it. 0: there is no such level. */
size_t limits_network(const struct limits_key *key, unsigned level);

struct limits;

/* `own`: the user that the server runs as. He and root pause for nobody else. NULL: out of memory. */
struct limits *limits_create(uid_t own);
void limits_destroy(struct limits *limits);

/* Milliseconds until that place may try again, for its own wrong passwords; 0: now. */
uint64_t limits_wait(const struct limits *limits, const struct limits_key *key, uint64_t now_ms);
/* Milliseconds that it has to pause before its password is looked at, for what others did; 0: none. */
uint64_t limits_pause(const struct limits *limits, const struct limits_key *key, uint64_t now_ms);

/* A password of that place is being looked at. It is right, or else has failed. */
void limits_looked(struct limits *limits, const struct limits_key *key, uint64_t now_ms);
void limits_right(struct limits *limits, const struct limits_key *key, uint64_t now_ms);
/* `user`: whose password was tried; "": the server's own. */
void limits_failed(struct limits *limits, const struct limits_key *key, const char *user, uint64_t now_ms);
/* After limits_right(): it was one that nothing more can be had by. Forgets the wrong ones before, where all
 * were for the same user: whoever has a password of his own may not guess another's for ever. */
void limits_proven(struct limits *limits, const struct limits_key *key, const char *user, uint64_t now_ms);

#endif
