/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * turns: strangers whose proof has to pause for what others did (limits_pause()). They are looked at one by
 * one as their pauses end, and networks take turns: however many guesses come from one side, whoever comes
 * from another one is looked at within seconds.
 *
 * All of it belongs to the loop's thread.
 */
#ifndef ZEROVNC_TURNS_H
#define ZEROVNC_TURNS_H

struct gateway;
struct peer;
struct turns;

/* NULL: out of memory. */
struct turns *turns_create(struct gateway *gateway);
/* Before the gateway's limits; its timer ends on the loop. Takes NULL. */
void turns_destroy(struct turns *turns);

/* The phase is PEER_HELD now, until stranger_look() is called for it from the loop. */
void turns_hold(struct turns *turns, struct peer *peer);

#endif
