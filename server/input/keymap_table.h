/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keymap_table: what the keys of a layout can do, looked up once: which keysym stands on which key and level,
 * which keys are modifiers or locks, which strokes change the group, which dead keys compose what. Constant
 * after creation.
 */
#ifndef ZEROVNC_KEYMAP_TABLE_H
#define ZEROVNC_KEYMAP_TABLE_H

#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>

#include "capture/reason.h"
#include "server/input/layout.h"

enum {
	KEYMAP_EVDEV_OFFSET = 8, /* xkb key codes are evdev's plus 8 */
	KEYMAP_MAX_GROUPS = 4,
	KEYMAP_MAX_KINDS = 12,
	KEYMAP_MAX_LOCKS = 3,
	KEYMAP_MAX_STROKE = 4,
	KEYMAP_MAX_STROKES = 16,
	KEYMAP_MAX_MODIFIERS = 64,
};

/* One place where a keysym stands. */
struct keymap_entry {
	xkb_keysym_t keysym;
	uint16_t code; /* evdev */
	uint8_t group, level;
};

/* What a key does while it is held: modifiers, and a group added. All 0: it is no modifier. */
struct keymap_effect {
	xkb_mod_mask_t mods;
	xkb_layout_index_t group;
};

/* One effect and the key that is best pressed for it. */
struct keymap_kind {
	struct keymap_effect effect;
	uint16_t code;
	bool shortcut; /* Control, Alt, Super: a viewer that holds it means it, it is never lifted */
};

/* A key that locks modifiers when tapped: Caps Lock, Num Lock. */
struct keymap_lock {
	uint16_t code;
	xkb_mod_mask_t mods;
};

/* Keys to hold, the last one tapped, with nothing else held: it changes the locked group. */
struct keymap_stroke {
	uint16_t codes[KEYMAP_MAX_STROKE];
	uint8_t count;
};

struct keymap_table {
	struct xkb_context *context;
	struct xkb_keymap *keymap;
	struct keymap_entry *entries; /* sorted by keysym, then by how good the place is */
	size_t entry_count;
	bool lacks[KEY_CNT]; /* keys that this keyboard does not have, whatever the layout says */
	bool no_sysrq;       /* Alt and KEY_SYSRQ are never down together */
	struct keymap_effect effects[KEY_CNT];
	uint16_t modifiers[KEYMAP_MAX_MODIFIERS]; /* the keys that have an effect; plain Shift keys last */
	size_t modifier_count;
	struct keymap_kind kinds[KEYMAP_MAX_KINDS]; /* Shift is the last */
	size_t kind_count;
	struct keymap_lock locks[KEYMAP_MAX_LOCKS];
	size_t lock_count;
	xkb_mod_mask_t shift, control, alt, level3; /* what these keys set; level3 0: there is no AltGr */
	xkb_mod_mask_t shortcuts;                   /* Control, Alt, Super */
	xkb_layout_index_t groups;
	struct keymap_stroke strokes[KEYMAP_MAX_STROKES];
	size_t stroke_count;
	/* The group after a stroke, from each group. */
	uint8_t stroke_leads_to[KEYMAP_MAX_STROKES][KEYMAP_MAX_GROUPS];
	/* The first stroke of the shortest way from one group to another; -1: there is none. */
	int8_t way[KEYMAP_MAX_GROUPS][KEYMAP_MAX_GROUPS];
};

/* 0 or -errno with a reason (no such layout). On failure nothing is to be finished. */
int keymap_table_init(struct keymap_table *table, const struct layout *layout, struct reason *reason);
void keymap_table_finish(struct keymap_table *table);

/* The keyboard lacks this key, which is no modifier. */
void keymap_table_remove(struct keymap_table *table, uint16_t code);
/* Whether the keyboard has a key with this code, whatever that types. */
bool keymap_table_has(const struct keymap_table *table, uint16_t code);

/* The entries of a keysym: the first of `count` in a row; NULL where it stands nowhere. */
const struct keymap_entry *keymap_table_find(
	const struct keymap_table *table, xkb_keysym_t keysym, size_t *count);

/* A keysym of the layout for the same character (U+20AC and EuroSign); XKB_KEY_NoSymbol: none. */
xkb_keysym_t keymap_table_same_character(const struct keymap_table *table, xkb_keysym_t keysym);

/* How sure it is that whoever reads the keyboard knows a key: the text console, X, a game, a virtual machine.
 * The first is the best. */
enum keymap_place {
	KEYMAP_MAIN,     /* on every keyboard */
	KEYMAP_REGIONAL, /* on those of some countries: right of the left Shift, Japan's and Korea's */
	KEYMAP_SPECIAL,  /* sound and browsers, F13 and more */
	KEYMAP_RARE,     /* symbols of the keypad that few keypads have */
	KEYMAP_BEYOND_X, /* codes that X cannot see */
	KEYMAP_NOWHERE,  /* exists in xkb only, to carry modifiers */
};
enum keymap_place keymap_table_place(uint16_t code);

/* Whether it is a KEY_*, not a BTN_*. */
bool keymap_table_is_key(uint32_t code);

#endif
