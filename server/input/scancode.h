/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scancode: the XT scancodes of QEMU extended key events as evdev key codes.
 */
#ifndef ZEROVNC_SCANCODE_H
#define ZEROVNC_SCANCODE_H

#include <stdint.h>

/*
 * `scancode`: XT set 1; a key with the prefix e0 has bit 7 set, as the RFB extension writes it, or the prefix
 * as 0xe0xx, as some viewers do. 0: no key has it.
 */
uint16_t scancode_to_evdev(uint32_t scancode);

/* The same for a key of which the viewer also told the keysym (0: it did not): that decides where keyboards
 * send one number for two keys. */
uint16_t scancode_of_key(uint32_t scancode, uint32_t keysym);

#endif
