/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stand_in: the display that stands in for a monitor while `serve` runs, if --monitor asks for one
 * (capture/monitor). What another server that was killed has left is undone in any case. Both functions
 * block, log what they did, and belong to the main thread, before the session is made and after it is
 * destroyed.
 */
#ifndef ZEROVNC_STAND_IN_H
#define ZEROVNC_STAND_IN_H

#include <stdbool.h>

#include "server/config/config.h"

/* Without a display, the server serves a picture that says what is missing, so this never fails. Returns
 * whether stand_in_end() has something to undo. */
bool stand_in_begin(const struct config *config);
void stand_in_end(bool ours);

#endif
