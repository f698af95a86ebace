/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * turns: unauthenticated clients whose password has to pause because of what others did (limits_pause()).
 * Passwords are checked one by one as the pauses end, and networks take turns: however many guesses come from
 * one network, a client in another one is checked within seconds.
 *
 * Used on the loop's thread only.
 */
#ifndef ZEROVNC_TURNS_H
#define ZEROVNC_TURNS_H

struct gateway;
struct peer;
struct turns;

/* Returns NULL when out of memory. */
struct turns *turns_create(struct gateway *gateway);
/* Call it before limits_destroy(). The loop closes the timer: run it once more. Takes NULL. */
void turns_destroy(struct turns *turns);

/* Sets the phase PEER_HELD. stranger_look() is called later, from the loop. */
void turns_hold(struct turns *turns, struct peer *peer);

#endif
