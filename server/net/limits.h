/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limits: how many strangers and viewers there may be, in all and for each address, and how long an address
 * that gave wrong passwords has to wait. Pure bookkeeping; the time is the caller's, in milliseconds.
 *
 * An IPv6 address counts as its /64, for whoever has one address there has them all.
 */
#ifndef ZEROVNC_LIMITS_H
#define ZEROVNC_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	LIMITS_STRANGERS = 256, /* connections that are not authenticated yet */
	LIMITS_VIEWERS = 64,    /* viewers in all */
	LIMITS_VIEWERS_PER_ADDRESS = 48,
	LIMITS_FREE_FAILURES = 4, /* wrong passwords that cost no waiting */
	LIMITS_MAX_DELAY_MS = 5 * 60 * 1000,
	LIMITS_FORGET_MS = 30 * 60 * 1000,
	LIMITS_ADDRESSES = 4096, /* that wrong passwords are remembered of */
};

/* An address as limits count it. */
struct limits_key {
	uint8_t bytes[9]; /* family, then IPv4's four bytes or IPv6's first eight; zeros for others */
};

struct limits_key limits_key(const struct sockaddr *address);
bool limits_same(const struct limits_key *a, const struct limits_key *b);

struct limits;

struct limits *limits_create(void); /* NULL: out of memory */
void limits_destroy(struct limits *limits);

/* A wrong password came from there. */
void limits_failed(struct limits *limits, const struct limits_key *key, uint64_t now_ms);
/* The right one: forgets the wrong ones before. */
void limits_succeeded(struct limits *limits, const struct limits_key *key);
/* Milliseconds until that address may try again; 0: now. */
uint64_t limits_wait(const struct limits *limits, const struct limits_key *key, uint64_t now_ms);

#endif
