/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keymap: keysyms as strokes on the machine's keyboard layout. It models the keyboard that the strokes are
 * made on, and returns what to send to it. Viewers are not known here: how many hold a key is counted.
 *
 * Modifiers that a keysym needs and nobody holds are pressed with it, those that are in its way are lifted;
 * both are undone when its key is released or another is pressed. The group that a keysym needs is switched
 * to by the layout's own keys and stays. What no key gives, but a dead key and a letter compose, is typed as
 * those two, or by the compose key where the layout has one. With Control, Alt or Super held a Latin letter
 * that no group has is its key on a US keyboard.
 *
 * AltGr goes by several names. A viewer that holds Alt_R, or Control and Alt, and asks for a character that
 * takes AltGr here, gets that character; with other keys they are what they are called.
 *
 * Other characters cannot be had: an evdev device has no keymap of its own in which a spare key could be
 * given one, for layouts are the compositor's, and what Ctrl+Shift+U does is up to each program.
 */
#ifndef ZEROVNC_KEYMAP_H
#define ZEROVNC_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/reason.h"
#include "server/input/layout.h"

struct keymap;

/* One change of one key; evdev code. */
struct keymap_step {
	uint16_t code;
	bool down;
};

/* Steps to be sent in order; functions append. */
enum { KEYMAP_MAX_STEPS = 320 };
struct keymap_steps {
	size_t count;
	struct keymap_step steps[KEYMAP_MAX_STEPS];
};

/* Bits of the lamps, as EV_LED numbers them. */
enum { KEYMAP_NUM_LOCK = 1 << 0, KEYMAP_CAPS_LOCK = 1 << 1, KEYMAP_SCROLL_LOCK = 1 << 2 };

/* 0 or -errno with a reason (no such layout). */
int keymap_create(const struct layout *layout, struct keymap **keymap, struct reason *reason);
/* Takes NULL. */
void keymap_destroy(struct keymap *keymap);

/* The keyboard has no such key: nothing is typed by it. Right after creation. */
void keymap_remove_key(struct keymap *keymap, uint16_t code);

/*
 * Never presses KEY_SYSRQ while an Alt key is down, for that is the kernel's Alt+SysRq, after which any
 * letter reboots, kills or dumps. Print with Alt held is then typed by KEY_PRINT, which means the same to
 * desktops and nothing to the kernel. Right after creation.
 */
void keymap_withhold_sysrq(struct keymap *keymap);

/* Lists what dead keys compose now, which takes some 50 ms, and not at the first such key. */
void keymap_list_composed(struct keymap *keymap);

/* Presses what types the keysym. 0: `*code` is to be released later. -ENOENT: no key types it; the steps are
 * to be sent all the same. */
int keymap_press(struct keymap *keymap, uint32_t keysym, struct keymap_steps *steps, uint16_t *code);

/* Presses a key by its code, whatever it types. False: there is no such key. */
bool keymap_press_code(struct keymap *keymap, uint16_t code, struct keymap_steps *steps);

/* The code to press for this one as things are: KEY_PRINT for a KEY_SYSRQ that is withheld now, else itself.
 */
uint16_t keymap_instead(const struct keymap *keymap, uint16_t code);

/* Gives back one press of this code. */
void keymap_release(struct keymap *keymap, uint16_t code, struct keymap_steps *steps);

/* Whether desktops repeat this key while it is down. */
bool keymap_repeats(const struct keymap *keymap, uint16_t code);

/* Whether the keysym stands on this key in any group and level. */
bool keymap_stands_on(const struct keymap *keymap, uint32_t keysym, uint16_t code);

/* The lamps as the model has them, and as the machine says they are (another keyboard may have changed them).
 */
unsigned keymap_leds(const struct keymap *keymap);
void keymap_set_leds(struct keymap *keymap, unsigned leds);

#endif
