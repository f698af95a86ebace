/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keysym: what is known of X11's keysyms whatever the layout: which stand for a key rather than for a
 * character, which mean the same, which keys they are called after. Constant tables, no state.
 */
#ifndef ZEROVNC_KEYSYM_H
#define ZEROVNC_KEYSYM_H

#include <stdbool.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>

/* Of a key that is pressed for itself, whatever is held: it is not typed. */
bool keysym_is_modifier(xkb_keysym_t keysym);

/* A dead key or the compose key: begins a character. */
bool keysym_is_dead(xkb_keysym_t keysym);

/* Types or begins a character, so that nothing but exactly this will do; else it names a key. */
bool keysym_is_graphic(xkb_keysym_t keysym);

/* Whether a key that gives `given` is what a viewer means that asks for `asked` with the same modifiers held:
 * it has the name Tab for the key, and the machine the name ISO_Left_Tab for what Shift makes of it. Not the
 * other way round. */
bool keysym_includes(xkb_keysym_t asked, xkb_keysym_t given);

/* Two cases of one letter, or the same. */
bool keysym_same_letter(xkb_keysym_t left, xkb_keysym_t right);

/* The key of the main block that means the same as one of the keypad's without Num Lock; NoSymbol: none. */
xkb_keysym_t keysym_of_main_block(xkb_keysym_t keysym);

/* What stands in for a key that a layout lacks; NoSymbol: nothing. */
xkb_keysym_t keysym_stand_in(xkb_keysym_t keysym);

/* The evdev code of the key that has this name on keyboards, where xkb calls it by another (F13 to F24) or by
 * its number; 0: none. */
uint16_t keysym_code(xkb_keysym_t keysym);

/* The key that has this ASCII character on a US keyboard, which is what shortcuts are meant by where a layout
 * has no Latin letters; `*shift`: with Shift. 0: none. */
uint16_t keysym_us_code(xkb_keysym_t keysym, bool *shift);

#endif
