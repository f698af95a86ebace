/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plug: `zerovnc plug` and `zerovnc unplug`, which make a display and take it away again (capture/monitor).
 * Each says what it did, and returns the exit status. */
#ifndef ZEROVNC_PLUG_H
#define ZEROVNC_PLUG_H

#include "server/config/config.h"

/* Makes the display that the settings ask for. It stays until somebody unplugs it. If there is a file of
 * settings that does not ask for one, nothing is done: a service can run this in any case. */
int plug_run(const struct config *config);

/* Undoes whatever was done, by this command or by a server, and ends the session that a killed `zerovnc
 * headless` has left. */
int unplug_run(void);

#endif
