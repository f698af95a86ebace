/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keymap_compose: the characters that a layout has only as a sequence of keys. Such a sequence is a dead key
 * and a letter. If the layout has Multi_key (the option compose:...), it may be that key and two more.
 */
#ifndef ZEROVNC_KEYMAP_COMPOSE_H
#define ZEROVNC_KEYMAP_COMPOSE_H

#include "server/input/keymap_table.h"

enum { KEYMAP_MAX_SEQUENCE = 3 };

struct keymap_sequence {
	xkb_keysym_t composed; /* what the keys compose */
	xkb_keysym_t keys[KEYMAP_MAX_SEQUENCE];
	uint8_t count; /* number of keys */
};

struct keymap_compose {
	struct keymap_sequence *sequences; /* owned; sorted by composed, then by count */
	size_t count;
};

/* Lists every sequence that the layout's keys can type. That takes some milliseconds, and tens of them with
 * Multi_key. The list is empty if the machine has no compose data. `table` is used only during this call. */
void keymap_compose_init(struct keymap_compose *compose, const struct keymap_table *table);
void keymap_compose_finish(struct keymap_compose *compose);

/* Returns the shortest sequence that composes the keysym, or NULL if none does. Borrowed until finish. */
const struct keymap_sequence *keymap_compose_find(const struct keymap_compose *compose, xkb_keysym_t keysym);

#endif
