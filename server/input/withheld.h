/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * withheld: keys that viewers do not type unless the administrator lets them, because one stroke stops the
 * machine, ends the session, cuts the network or takes the picture away. A viewer that grabs the keyboard
 * passes on what its user meant for the computer in front of them. Constant tables, no state.
 */
#ifndef ZEROVNC_WITHHELD_H
#define ZEROVNC_WITHHELD_H

#include <stdbool.h>
#include <stdint.h>

/* What --allow-power-keys lets through: an evdev code, and a keysym on whichever key a layout has it. */
bool withheld_power_code(uint16_t code);
bool withheld_power_keysym(uint32_t keysym);

#endif
