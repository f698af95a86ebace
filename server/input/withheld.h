/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * withheld: the keys that viewers may not type unless the administrator lets them. One stroke of such a key
 * stops the machine, ends the session, cuts the network or takes the picture away. A viewer that grabs the
 * keyboard passes on keys that its users meant for the computer in front of them. Constant tables, no state;
 * any thread.
 */
#ifndef ZEROVNC_WITHHELD_H
#define ZEROVNC_WITHHELD_H

#include <stdbool.h>
#include <stdint.h>

/* These return whether --allow-power-keys is needed for a key, by its evdev code and by its keysym. The
 * keysym counts on whichever key a layout has it. */
bool withheld_power_code(uint16_t code);
bool withheld_power_keysym(uint32_t keysym);

#endif
