/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bell: `zerovnc ask`, which runs in a desktop's session. It asks the person there whether a viewer may join,
 * and shows that somebody watches, by the desktop's notifications (bubbles.h). */
#ifndef ZEROVNC_BELL_H
#define ZEROVNC_BELL_H

#include "server/config/config.h"

/* Runs until Ctrl+C, or until there are no notifications any more. Waits for a server, and for the next one
 * if it ends. Returns the exit status. */
int bell_run(const struct config *config);

#endif
