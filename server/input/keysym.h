/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keysym: what is known about X11's keysyms in any layout. It says which ones stand for a key rather than for
 * a character, which ones mean the same, and after which keys they are named. Constant tables, no state; any
 * thread.
 */
#ifndef ZEROVNC_KEYSYM_H
#define ZEROVNC_KEYSYM_H

#include <stdbool.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>

/* Returns whether the keysym belongs to a modifier key. Such a key is pressed as it is, whatever else is
 * held; it types nothing. */
bool keysym_is_modifier(xkb_keysym_t keysym);

/* Returns whether the keysym is a dead key or the compose key, which begin a character. */
bool keysym_is_dead(xkb_keysym_t keysym);

/* Returns whether the keysym types or begins a character, so that only exactly this keysym will do. Other
 * keysyms name a key. */
bool keysym_is_graphic(xkb_keysym_t keysym);

/* Returns whether a key that gives `given` is what a viewer means if it asks for `asked` with the same
 * modifiers held. For example, the viewer calls the key Tab, and the machine calls it ISO_Left_Tab if Shift
 * is held. The reverse does not hold. A key that gives nothing is meant, too. */
bool keysym_includes(xkb_keysym_t asked, xkb_keysym_t given);

/* Returns whether the two are the same keysym or two cases of one letter. */
bool keysym_same_letter(xkb_keysym_t left, xkb_keysym_t right);

/* Returns the keysym of the main block that means the same as this one of the keypad without Num Lock.
 * NoSymbol: there is none. */
xkb_keysym_t keysym_of_main_block(xkb_keysym_t keysym);

/* Returns the keysym that stands in for one that a layout lacks. NoSymbol: there is none. */
xkb_keysym_t keysym_stand_in(xkb_keysym_t keysym);

/* Returns the evdev code of the key that has this name on keyboards, if xkb calls the key by another name
 * (F13 to F24) or by its number. 0: there is none. */
uint16_t keysym_code(xkb_keysym_t keysym);

/* Returns the evdev code of the key that has this ASCII character on a US keyboard. Shortcuts mean that key
 * if a layout has no Latin letters. `*shift` says whether the character needs Shift. 0: there is none. */
uint16_t keysym_us_code(xkb_keysym_t keysym, bool *shift);

#endif
