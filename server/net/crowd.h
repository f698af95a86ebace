/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crowd: fair shares among places and the networks that they are in (limits.h): who of too many has to go,
 * and whose turn it is among those that wait. Pure.
 */
#ifndef ZEROVNC_CROWD_H
#define ZEROVNC_CROWD_H

#include <stddef.h>
#include <stdint.h>

#include "server/net/limits.h"

struct crowd_member {
	const struct limits_key *key;
	void *who;
	size_t rank; /* no two have the same */
};

/* Of the network that has the most members, within it of the place that has the most, the one of the lowest
 * rank. Networks and places that have equally many: the one with the lowest rank. Sorts the list. NULL: it is
 * empty. */
const struct crowd_member *crowd_most(struct crowd_member *list, size_t count);

/* One of them at random: every network has the same chance, however many members it has, and in it every part
 * of it, down to the place. Sorts the list. NULL: it is empty. */
const struct crowd_member *crowd_turn(struct crowd_member *list, size_t count, uint64_t random);

#endif
