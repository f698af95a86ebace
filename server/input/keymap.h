/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keymap: turns keysyms into key strokes on the machine's keyboard layout. It models the keyboard on which
 * the strokes are made, and returns the steps to send to it. It does not know viewers; it only counts how
 * many of them hold each key. One thread uses a keymap.
 *
 * Modifiers that a keysym needs and that nobody holds are pressed with its key. Modifiers that are in its way
 * are released. Both are undone when its key is released or another key is pressed. If a keysym needs another
 * group, the layout's own keys switch to that group, and the group stays. A character that no key types, but
 * that a dead key and a letter compose, is typed as those two, or with the compose key if the layout has one.
 * If Control, Alt or Super is held, a Latin letter that is in no group is typed by its key on a US keyboard.
 *
 * AltGr has several names. If a viewer holds Alt_R, or Control and Alt, and asks for a character that needs
 * AltGr on this layout, it gets that character. With other keys these modifiers are what their names say.
 *
 * Other characters cannot be typed. An evdev device has no keymap of its own in which a spare key could be
 * mapped to them, because the compositor owns the layout. What Ctrl+Shift+U does depends on each program.
 */
#ifndef ZEROVNC_KEYMAP_H
#define ZEROVNC_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "server/input/layout.h"

struct keymap;

/* One key press or release. */
struct keymap_step {
	uint16_t code; /* evdev */
	bool down;
};

/* Steps to send in this order. The functions below append to them. */
enum { KEYMAP_MAX_STEPS = 320 };
struct keymap_steps {
	size_t count;
	struct keymap_step steps[KEYMAP_MAX_STEPS];
};

/* Bits of the LEDs, numbered as EV_LED numbers them. */
enum { KEYMAP_NUM_LOCK = 1 << 0, KEYMAP_CAPS_LOCK = 1 << 1, KEYMAP_SCROLL_LOCK = 1 << 2 };

/* 0 or -errno with a reason: -EINVAL if xkb does not know the layout. `layout` is not kept. */
int keymap_create(const struct layout *layout, struct keymap **keymap, struct reason *reason);
/* Takes NULL. */
void keymap_destroy(struct keymap *keymap);

/* Says that the keyboard lacks this key, so that nothing is typed with it. Call it right after creation. */
void keymap_remove_key(struct keymap *keymap, uint16_t code);

/*
 * From now on KEY_SYSRQ is never pressed while an Alt key is down. That would be the kernel's Alt+SysRq,
 * after which any letter reboots, kills or dumps. Print with Alt held is then typed by KEY_PRINT, which means
 * the same to desktops and nothing to the kernel. Call it right after creation.
 */
void keymap_withhold_sysrq(struct keymap *keymap);

/* Lists now what dead keys and the compose key compose, so that the first such key need not wait for it. How
 * long that takes, keymap_compose_init() says. */
void keymap_list_composed(struct keymap *keymap);

/* Presses the keys that type the keysym. 0: the caller must release `*code` later. -ENOENT: no key types the
 * keysym. The steps must be sent in either case. */
int keymap_press(struct keymap *keymap, uint32_t keysym, struct keymap_steps *steps, uint16_t *code);

/* Presses a key by its evdev code, whatever it types. The caller must release it later. False: the keyboard
 * has no such key. */
bool keymap_press_code(struct keymap *keymap, uint16_t code, struct keymap_steps *steps);

/* Returns the code to press instead of this one at present: KEY_PRINT for a KEY_SYSRQ that is withheld now,
 * else the code itself. */
uint16_t keymap_instead(const struct keymap *keymap, uint16_t code);

/* Takes back one press of this code. The key is released with the last one. */
void keymap_release(struct keymap *keymap, uint16_t code, struct keymap_steps *steps);

/* Returns whether desktops repeat this key while it is down. */
bool keymap_repeats(const struct keymap *keymap, uint16_t code);

/* Returns whether this key has the keysym in any group and level. */
bool keymap_stands_on(const struct keymap *keymap, uint32_t keysym, uint16_t code);

/* Returns the LEDs as the model has them, as bits KEYMAP_*_LOCK. */
unsigned keymap_leds(const struct keymap *keymap);
/* Sets the model's locks (and, if need be, its group) so that its LEDs are as the machine says they are.
 * Another keyboard may have changed them. If no combination fits, nothing changes. */
void keymap_set_leds(struct keymap *keymap, unsigned leds);

#endif
