/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keymap_plan: finds the cheapest way to type one keysym from the state in which the keyboard is. Pure:
 * nothing is pressed here.
 */
#ifndef ZEROVNC_KEYMAP_PLAN_H
#define ZEROVNC_KEYMAP_PLAN_H

#include "server/input/keymap_table.h"

enum { KEYMAP_MAX_HELD = 16 };

/* The state of the keyboard. */
struct keymap_now {
	uint16_t held[KEYMAP_MAX_HELD]; /* the modifier keys that are down, plain Shift keys last */
	size_t held_count;
	struct keymap_effect depressed; /* the modifiers and group that the held keys set together */
	xkb_mod_mask_t latched, locked;
	xkb_layout_index_t latched_group, locked_group;
};

/* What to do, in this order. Afterwards the caller taps the locks again. Later it undoes lifts and adds. */
struct keymap_plan {
	xkb_layout_index_t group;        /* the group to lock first */
	uint16_t lifts[KEYMAP_MAX_HELD]; /* held keys to release */
	size_t lift_count;
	/* The lifts are undone when the next key is pressed, not when this one is released. Otherwise an Alt
	 * key would be pressed and released with nothing between, and that opens menus. */
	bool keeps_lifts;
	uint16_t locks[KEYMAP_MAX_LOCKS]; /* lock keys to tap */
	size_t lock_count;
	uint16_t adds[KEYMAP_MAX_KINDS]; /* modifier keys to press */
	size_t add_count;
	uint16_t code; /* the key itself */
};

/*
 * Fills the plan and returns what it costs. Costs are only good for comparison; 0 is a plain key pressed as
 * things are. -1: no key types the keysym, or memory ran out.
 *
 * If Control, Alt or Super is held, it stays held. The keysym is then also looked for as if it were not, so
 * that Ctrl+Alt+F1 is those three keys and not XF86Switch_VT_1. A letter may then have the other case,
 * because with Control nobody means to press or to release Shift. A keysym that names a key (Tab) rather than
 * a character is that key whatever is held, unless the key then means something else.
 */
int keymap_plan_find(const struct keymap_table *table, const struct keymap_now *now, xkb_keysym_t keysym,
	struct keymap_plan *plan);

#endif
