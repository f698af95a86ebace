/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * held: unauthenticated clients whose password has to pause because of what others did (guesses_pause()).
 * Passwords are checked one by one as the pauses end, and networks take turns: however many guesses come from
 * one network, a client in another one is checked within seconds.
 *
 * Used on the loop's thread only.
 */
#ifndef ZEROVNC_HELD_H
#define ZEROVNC_HELD_H

struct held;
struct login;
struct logins;

/* `look` is called, later and from the loop, for each login whose turn it is. Returns NULL when out of
 * memory. */
struct held *held_create(struct logins *logins, void (*look)(struct login *login));
/* Call it before guesses_destroy(). The loop closes the timer: run it once more. Takes NULL. */
void held_destroy(struct held *held);

/* The login waits for its turn from now on. */
void held_hold(struct held *held, struct login *login);

#endif
