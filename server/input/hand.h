/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hand: what one viewer holds: keys and buttons. Pure bookkeeping.
 */
#ifndef ZEROVNC_HAND_H
#define ZEROVNC_HAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/input/hold.h"

enum { HAND_MAX_KEYS = 32 }; /* more than anybody's fingers */

/* A key as the viewer named it at its press, and the evdev code that was pressed for it. */
struct hand_key {
	uint32_t keysym, scancode;
	uint16_t code;
	struct hold hold;
};

struct hand {
	struct hand *next;
	uint64_t viewer;
	uint32_t buttons; /* as the pointer event has them */
	uint64_t pointed; /* pointer events so far */
	struct hand_key keys[HAND_MAX_KEYS];
	size_t key_count;
	bool said_buttons, said_keys; /* nonsense of it is in the log already */
};

/* The viewer's, made where it has none yet. NULL: out of memory. */
struct hand *hand_get(struct hand **hands, uint64_t viewer);
/* NULL where it has none. */
struct hand *hand_find(struct hand *hands, uint64_t viewer);
/* Takes it out of the list and frees it. */
void hand_drop(struct hand **hands, struct hand *hand);

/* The key that was pressed under these very names; NULL: none. A scancode, where there is one, is the name.
 */
struct hand_key *hand_holds(struct hand *hand, uint32_t keysym, uint32_t scancode);
/* The key with this code; NULL: none. */
struct hand_key *hand_holds_code(struct hand *hand, uint16_t code);
/* False: it holds too many already. */
bool hand_take(struct hand *hand, struct hand_key key);
/* Forgets one. */
void hand_give(struct hand *hand, struct hand_key *key);

#endif
