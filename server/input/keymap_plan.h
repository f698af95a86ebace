/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keymap_plan: the cheapest way to type one keysym from the state the keyboard is in. Pure: nothing is
 * pressed here.
 */
#ifndef ZEROVNC_KEYMAP_PLAN_H
#define ZEROVNC_KEYMAP_PLAN_H

#include "server/input/keymap_table.h"

enum { KEYMAP_MAX_HELD = 16 };

/* The state of the keyboard. */
struct keymap_now {
	uint16_t held[KEYMAP_MAX_HELD]; /* modifier keys that are down */
	size_t held_count;
	struct keymap_effect depressed; /* what they amount to */
	xkb_mod_mask_t latched, locked;
	xkb_layout_index_t latched_group, locked_group;
};

/* What to do, in this order. Afterwards the locks are tapped again; lifts and adds are undone by the caller.
 */
struct keymap_plan {
	xkb_layout_index_t group;        /* to be locked first */
	uint16_t lifts[KEYMAP_MAX_HELD]; /* held keys to let go */
	size_t lift_count;
	bool keeps_lifts; /* they are undone at the next key, not with this one: an Alt key that is pressed
			   * and let go with nothing between opens menus */
	uint16_t locks[KEYMAP_MAX_LOCKS]; /* lock keys to tap */
	size_t lock_count;
	uint16_t adds[KEYMAP_MAX_KINDS]; /* modifier keys to press */
	size_t add_count;
	uint16_t code; /* the key itself */
};

/*
 * What it costs, to be compared with that of others, 0 being a key as things are; -1: no key types it.
 * Control, Alt and Super that are held stay held, and the keysym is then looked for as if they were not, so
 * that Ctrl+Alt+F1 is those three keys and not XF86Switch_VT_1; letters may then have the other case, for
 * with Control nobody means to add or to lift Shift. What names a key (Tab) rather than a character is that
 * key with whatever is held, unless it means something else so.
 */
int keymap_plan_find(const struct keymap_table *table, const struct keymap_now *now, xkb_keysym_t keysym,
	struct keymap_plan *plan);

#endif
