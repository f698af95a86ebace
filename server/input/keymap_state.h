/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keymap_state: what the files behind keymap.h share: keymap.c moves keys, keymap_press.c chooses them.
 * Nobody else includes it. */
#ifndef ZEROVNC_KEYMAP_STATE_H
#define ZEROVNC_KEYMAP_STATE_H

#include "server/input/keymap.h"
#include "server/input/keymap_compose.h"
#include "server/input/keymap_plan.h"

enum { KEYMAP_LAMPS = 3 };

struct keymap {
	struct keymap_table table;
	struct keymap_compose compose;
	bool compose_listed;
	struct xkb_state *state; /* of the keyboard as our strokes left it */
	uint8_t holders[KEY_CNT];
	bool down[KEY_CNT];
	struct keymap_plan made; /* whose lifts and adds are still in force; code 0: its key is up again */
	bool alt_r_is_level3;    /* KEY_RIGHTALT is held by who calls it Alt, where it is AltGr */
	uint8_t alt_r_moved;     /* holders of KEY_LEFTALT that call it the right one */
	xkb_led_index_t lamps[KEYMAP_LAMPS];
};

/* Undoes what the last plan pressed and lifted. */
void keymap_settle(struct keymap *keymap, struct keymap_steps *steps);
/* Lets go of keys that are held, until a plan whose lifts they are is undone. */
void keymap_lift(struct keymap *keymap, const uint16_t *codes, size_t count, struct keymap_steps *steps);
/* Presses the key for one holder more. */
void keymap_hold(struct keymap *keymap, uint16_t code, struct keymap_steps *steps);
/* The same for the key of a plan, as that says; it stays in force. */
void keymap_make(struct keymap *keymap, const struct keymap_plan *plan, struct keymap_steps *steps);
/* Every holder of KEY_RIGHTALT holds KEY_LEFTALT instead. */
void keymap_move_alt_r(struct keymap *keymap, struct keymap_steps *steps);

struct keymap_now keymap_look(const struct keymap *keymap);

#endif
