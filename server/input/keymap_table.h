/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keymap_table: what the keys of a layout can do, found out once. It says which key and level has which
 * keysym, which keys are modifiers or locks, and which strokes change the group. Constant after creation,
 * apart from keymap_table_remove() and `no_sysrq`, which are set right after it.
 */
#ifndef ZEROVNC_KEYMAP_TABLE_H
#define ZEROVNC_KEYMAP_TABLE_H

#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>

#include "capture/base/reason.h"
#include "server/input/layout.h"

enum {
	KEYMAP_EVDEV_OFFSET = 8, /* an xkb key code is the evdev code plus 8 */
	KEYMAP_MAX_GROUPS = 4,
	KEYMAP_MAX_KINDS = 12,
	KEYMAP_MAX_LOCKS = 3,
	KEYMAP_MAX_STROKE = 4,
	KEYMAP_MAX_STROKES = 16,
	KEYMAP_MAX_MODIFIERS = 64,
};

/* One key and level that has a keysym. */
struct keymap_entry {
	xkb_keysym_t keysym;
	uint16_t code; /* evdev */
	uint8_t group, level;
};

/* The modifiers that a key sets and the number it adds to the group while it is held. All 0: the key is no
 * modifier. */
struct keymap_effect {
	xkb_mod_mask_t mods;
	xkb_layout_index_t group;
};

/* One effect and the best key to press for it. */
struct keymap_kind {
	struct keymap_effect effect;
	uint16_t code;
	bool shortcut; /* Control, Alt or Super: a viewer that holds it means it, so it is never lifted */
};

/* A key that locks modifiers when it is tapped, such as Caps Lock and Num Lock. */
struct keymap_lock {
	uint16_t code;
	xkb_mod_mask_t mods;
};

/* A stroke that changes the locked group: the last key is tapped while the others are held, and nothing else
 * is held. */
struct keymap_stroke {
	uint16_t codes[KEYMAP_MAX_STROKE];
	uint8_t count;
};

struct keymap_table {
	struct xkb_context *context;  /* owned */
	struct xkb_keymap *keymap;    /* owned */
	struct keymap_entry *entries; /* owned; sorted by keysym, and the best place of each comes first */
	size_t entry_count;
	bool lacks[KEY_CNT]; /* keys that this keyboard does not have, whatever the layout says */
	bool no_sysrq;       /* Alt and KEY_SYSRQ must never be down together */
	struct keymap_effect effects[KEY_CNT];
	uint16_t modifiers[KEYMAP_MAX_MODIFIERS]; /* the keys that have an effect; plain Shift keys last */
	size_t modifier_count;
	struct keymap_kind kinds[KEYMAP_MAX_KINDS]; /* Shift is the last */
	size_t kind_count;
	struct keymap_lock locks[KEYMAP_MAX_LOCKS];
	size_t lock_count;
	xkb_mod_mask_t shift, control, alt, level3; /* what these keys set; level3 0: there is no AltGr */
	xkb_mod_mask_t shortcuts;                   /* Control, Alt and Super together */
	xkb_layout_index_t groups;                  /* how many; at most KEYMAP_MAX_GROUPS */
	struct keymap_stroke strokes[KEYMAP_MAX_STROKES];
	size_t stroke_count;
	/* The group to which each stroke leads from each group. */
	uint8_t stroke_leads_to[KEYMAP_MAX_STROKES][KEYMAP_MAX_GROUPS];
	/* The first stroke of the shortest way from one group to another; -1: there is none. */
	int8_t way[KEYMAP_MAX_GROUPS][KEYMAP_MAX_GROUPS];
};

/* 0 or -errno with a reason (-EINVAL: xkb does not know the layout). On failure there is nothing to finish.
 */
int keymap_table_init(struct keymap_table *table, const struct layout *layout, struct reason *reason);
void keymap_table_finish(struct keymap_table *table);

/* Says that the keyboard lacks this key, which must not be a modifier. */
void keymap_table_remove(struct keymap_table *table, uint16_t code);
/* Returns whether the keyboard has a key with this code, whatever it types. */
bool keymap_table_has(const struct keymap_table *table, uint16_t code);

/* Returns the first of the `count` consecutive entries of a keysym, or NULL if no key has it. Borrowed until
 * finish. */
const struct keymap_entry *keymap_table_find(
	const struct keymap_table *table, xkb_keysym_t keysym, size_t *count);

/* Returns another keysym of the layout for the same character (U+20AC and EuroSign), or XKB_KEY_NoSymbol. */
xkb_keysym_t keymap_table_same_character(const struct keymap_table *table, xkb_keysym_t keysym);

/* How likely it is that readers of the keyboard know a key: the text console, X, a game, a virtual machine.
 * The first is the best. */
enum keymap_place {
	KEYMAP_MAIN,     /* on every keyboard */
	KEYMAP_REGIONAL, /* on those of some countries: right of the left Shift, or Japan's and Korea's */
	KEYMAP_SPECIAL,  /* for sound and browsers, F13 and above */
	KEYMAP_RARE,     /* keypad symbols that few keypads have */
	KEYMAP_BEYOND_X, /* codes that X cannot see */
	KEYMAP_NOWHERE,  /* only in xkb, to carry modifiers; no keyboard has it */
};
enum keymap_place keymap_table_place(uint16_t code);

#endif
