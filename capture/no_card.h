/* SPDX-License-Identifier: GPL-2.0-or-later */
/* no_card: why this machine has no display card in /dev/dri, and what helps. */
#ifndef ZEROVNC_NO_CARD_H
#define ZEROVNC_NO_CARD_H

#include "capture/base/reason.h"

/*
 * Looks at what the kernel tells of itself and of the machine's devices, and fills `reason` with the most
 * likely cause and its remedy. Returns -ENODEV. `root` stands before every path that is read ("": this
 * machine itself).
 */
int no_card_explain(const char *root, struct reason *reason);

#endif
