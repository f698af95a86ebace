/* SPDX-License-Identifier: GPL-2.0-or-later */
/* no_card: why this machine has no display card in /dev/dri, and what helps. */
#ifndef ZEROVNC_NO_CARD_H
#define ZEROVNC_NO_CARD_H

#include "capture/base/reason.h"

/*
 * Examines what the kernel reports about itself and the machine's devices, and fills `reason` with the most
 * likely cause and its remedy. Returns -ENODEV. `root` is put in front of every path that is read ("" for
 * this machine itself).
 */
int no_card_explain(const char *root, struct reason *reason);

#endif
