/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keymap_compose: characters that a layout has only as a dead key and a letter.
 */
#ifndef ZEROVNC_KEYMAP_COMPOSE_H
#define ZEROVNC_KEYMAP_COMPOSE_H

#include "server/input/keymap_table.h"

struct keymap_pair {
	xkb_keysym_t composed, dead, base;
};

struct keymap_compose {
	struct keymap_pair *pairs; /* sorted by composed */
	size_t count;
};

/* Lists every pair of the layout; a few milliseconds. Without compose data the list is empty. */
void keymap_compose_init(struct keymap_compose *compose, const struct keymap_table *table);
void keymap_compose_finish(struct keymap_compose *compose);

/* NULL: nothing composes it. */
const struct keymap_pair *keymap_compose_find(const struct keymap_compose *compose, xkb_keysym_t keysym);

#endif
