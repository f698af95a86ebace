/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crowd: fair shares among places and the networks around them (limits.h). Chooses which of too many
 * connections has to go, and whose turn it is among those that wait. Pure.
 */
#ifndef ZEROVNC_CROWD_H
#define ZEROVNC_CROWD_H

#include <stddef.h>
#include <stdint.h>

#include "server/net/limits.h"

struct crowd_member {
	const struct limits_key *key;
	void *who;
	size_t rank; /* different for every member */
};

/* Takes the network with the most members, within it the smaller network and then the place with the most,
 * and returns that place's member of the lowest rank. Of equals, the one with the lowest rank wins. Sorts the
 * list. NULL: it is empty. */
const struct crowd_member *crowd_most(struct crowd_member *list, size_t count);

/* Chooses at random: all networks have the same chance, however many members they have, and so have the parts
 * of a network, down to the place. Sorts the list. NULL: it is empty. */
const struct crowd_member *crowd_turn(struct crowd_member *list, size_t count, uint64_t random);

#endif
