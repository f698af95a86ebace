/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scancode: turns the XT scancodes of QEMU extended key events into evdev key codes. No state; any thread.
 */
#ifndef ZEROVNC_SCANCODE_H
#define ZEROVNC_SCANCODE_H

#include <stdint.h>

/*
 * Returns the evdev code of a scancode of XT set 1, or 0 if no key has it. A key with the prefix e0 has bit 7
 * set, as the RFB extension has it. Some viewers send it as 0xe0xx instead; that is taken, too.
 */
uint16_t scancode_to_evdev(uint32_t scancode);

/* As scancode_to_evdev(), for a key whose keysym the viewer sent too (0: it did not). The keysym decides if
 * keyboards send one number for two keys. */
uint16_t scancode_of_key(uint32_t scancode, uint32_t keysym);

#endif
