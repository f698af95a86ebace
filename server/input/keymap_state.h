/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keymap_state: what the files behind keymap.h share. keymap.c presses and releases keys, and keymap_press.c
 * chooses them. No other file includes it. */
#ifndef ZEROVNC_KEYMAP_STATE_H
#define ZEROVNC_KEYMAP_STATE_H

#include "server/input/keymap.h"
#include "server/input/keymap_compose.h"
#include "server/input/keymap_plan.h"

enum { KEYMAP_LEDS = 3 };

struct keymap {
	struct keymap_table table;
	struct keymap_compose compose;
	bool compose_listed;      /* `compose` is filled */
	struct xkb_state *state;  /* the state in which our strokes left the keyboard */
	uint8_t holders[KEY_CNT]; /* how many presses of each key have not been released */
	bool down[KEY_CNT];       /* the keys that are down; a held key that is lifted is not */
	struct keymap_plan made; /* the plan whose lifts and adds are in force; code 0: its key is up again */
	bool alt_r_is_level3;    /* a viewer holds KEY_RIGHTALT as Alt_R, but it is AltGr in this layout */
	uint8_t alt_r_moved;     /* how many holders of KEY_LEFTALT pressed it as the right Alt key */
	xkb_led_index_t led_indices[KEYMAP_LEDS]; /* xkb's indices of the LEDs */
};

/* Undoes what the last plan pressed and lifted. */
void keymap_settle(struct keymap *keymap, struct keymap_steps *steps);
/* Releases keys that viewers still hold. They are pressed again when a plan that has them in its lifts is
 * undone. */
void keymap_lift(struct keymap *keymap, const uint16_t *codes, size_t count, struct keymap_steps *steps);
/* Presses the key for one more holder. */
void keymap_hold(struct keymap *keymap, uint16_t code, struct keymap_steps *steps);
/* Carries out a plan and presses its key for one more holder. The plan stays in force until it is settled. */
void keymap_make(struct keymap *keymap, const struct keymap_plan *plan, struct keymap_steps *steps);
/* Makes every holder of KEY_RIGHTALT hold KEY_LEFTALT instead. */
void keymap_move_alt_r(struct keymap *keymap, struct keymap_steps *steps);

/* Returns the state of the keyboard. */
struct keymap_now keymap_look(const struct keymap *keymap);

#endif
