/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crowd: fair shares among places and the networks around them (server/net/place.h). Chooses which connection
 * must end if there are too many, and which waiting connection is next. Pure.
 */
#ifndef ZEROVNC_CROWD_H
#define ZEROVNC_CROWD_H

#include <stddef.h>
#include <stdint.h>

#include "server/net/place.h"

struct crowd_member {
	const struct place *place;
	void *who;
	size_t rank; /* different for every member */
};

/* Takes the network with the most members, then the smaller network inside it with the most, then the place
 * with the most. Returns that place's member of the lowest rank. Of equals, the one with the lowest rank
 * wins. Sorts the list. Returns NULL if the list is empty. */
const struct crowd_member *crowd_most(struct crowd_member *list, size_t count);

/* Chooses at random. All networks have the same chance, however many members they have, and so have the parts
 * of a network, down to the place. Sorts the list. Returns NULL if the list is empty. */
const struct crowd_member *crowd_turn(struct crowd_member *list, size_t count, uint64_t random);

#endif
