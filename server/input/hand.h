/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hand: the keys and buttons that one viewer holds down. Pure bookkeeping.
 */
#ifndef ZEROVNC_HAND_H
#define ZEROVNC_HAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/input/hold.h"

enum { HAND_MAX_KEYS = 32 }; /* more than anybody has fingers */

/* A key that the viewer holds. */
struct hand_key {
	uint32_t keysym, scancode; /* as the viewer named it when it pressed the key; scancode 0: none */
	uint16_t code;             /* the evdev code that was pressed for it */
	struct hold hold;
};

struct hand {
	struct hand *next;
	uint64_t viewer;
	uint32_t buttons; /* as in the mask of RFB's PointerEvent */
	uint64_t pointed; /* number of pointer events so far */
	struct hand_key keys[HAND_MAX_KEYS];
	size_t key_count;
	/* The log says already that it presses buttons that do not exist, or that it holds too many keys. */
	bool said_buttons, said_keys;
};

/* Returns the viewer's hand, and makes one if it has none yet. NULL: out of memory. */
struct hand *hand_get(struct hand **hands, uint64_t viewer);
/* Returns the viewer's hand, or NULL if it has none. */
struct hand *hand_find(struct hand *hands, uint64_t viewer);
/* Removes the hand from the list and frees it. */
void hand_drop(struct hand **hands, struct hand *hand);

/* Returns the held key that was pressed under these names, or NULL. If scancode != 0, only the scancode is
 * compared. Without one, a key matches that has the same keysym and was pressed without a scancode. */
struct hand_key *hand_holds(struct hand *hand, uint32_t keysym, uint32_t scancode);
/* Returns the held key with this evdev code, or NULL. */
struct hand_key *hand_holds_code(struct hand *hand, uint16_t code);
/* Adds a held key. False: the hand holds HAND_MAX_KEYS already. */
bool hand_take(struct hand *hand, struct hand_key key);
/* Removes a held key. `key` points into the hand; another key may take its place there. */
void hand_give(struct hand *hand, struct hand_key *key);

#endif
