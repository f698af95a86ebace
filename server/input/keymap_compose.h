/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keymap_compose: characters that a layout has only as a sequence: a dead key and a letter, or, where it has
 * Multi_key (the option compose:...), that and two more.
 */
#ifndef ZEROVNC_KEYMAP_COMPOSE_H
#define ZEROVNC_KEYMAP_COMPOSE_H

#include "server/input/keymap_table.h"

enum { KEYMAP_MAX_SEQUENCE = 3 };

struct keymap_sequence {
	xkb_keysym_t composed;
	xkb_keysym_t keys[KEYMAP_MAX_SEQUENCE];
	uint8_t count; /* of the keys */
};

struct keymap_compose {
	struct keymap_sequence *sequences; /* sorted by composed, then by count */
	size_t count;
};

/* Lists every sequence of the layout; some milliseconds, tens of them with Multi_key. Without compose data
 * the list is empty. */
void keymap_compose_init(struct keymap_compose *compose, const struct keymap_table *table);
void keymap_compose_finish(struct keymap_compose *compose);

/* The shortest; NULL: nothing composes it. */
const struct keymap_sequence *keymap_compose_find(const struct keymap_compose *compose, xkb_keysym_t keysym);

#endif
