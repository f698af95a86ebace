/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * input_device: makes the input devices that are added to the machine, by /dev/uinput.
 *
 * The keyboard has LEDs, so that whoever holds it notices when Caps Lock or Num Lock is pressed elsewhere.
 * The pointer is like a virtual machine's tablet: ABS_X, ABS_Y, buttons and wheels. udev takes that for a
 * mouse that happens to be absolute. If the same device had REL_X and REL_Y too, compositors would ignore one
 * half of it or all of it. So the mouse, for motions, is a device of its own.
 *
 * Names and ids never change, so that a compositor can be configured for them: "zerovnc keyboard", "zerovnc
 * pointer" and "zerovnc mouse", bus virtual, vendor 7a76, products 1, 2 and 3.
 */
#ifndef ZEROVNC_INPUT_DEVICE_H
#define ZEROVNC_INPUT_DEVICE_H

#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture/base/reason.h"

enum input_device_kind {
	INPUT_DEVICE_KEYBOARD,
	INPUT_DEVICE_POINTER,
	INPUT_DEVICE_MOUSE,
	INPUT_DEVICE_KINDS
};

enum { INPUT_DEVICE_RANGE = 65536 }; /* ABS_X and ABS_Y go from 0 to one less than this */

struct input_device_options {
	uint8_t keys[(KEY_CNT + 7) / 8]; /* of the keyboard: bit n: it has the key n */
	bool repeats;                    /* the kernel repeats keys that are down: for the text console */
};

/* Whether this evdev code is a key, not a button of a mouse or a gamepad. */
bool input_device_is_key(uint32_t code);

/* Opens /dev/uinput, for one device. The descriptor is non-blocking. 0, or -errno with a reason that says
 * what would help. */
int input_device_open(int *fd, struct reason *reason);

/* Makes a device of what was opened. It is there until the last copy of the descriptor is closed. `options`
 * is looked at for a keyboard; anything in it that is no key is left out. 0 or -errno with a reason. */
int input_device_make(int fd, enum input_device_kind kind, const struct input_device_options *options,
	struct reason *reason);

#endif
