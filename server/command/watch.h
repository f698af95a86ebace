/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch: `zerovnc status --watch`, which shows the status of the running server once a second. */
#ifndef ZEROVNC_COMMAND_WATCH_H
#define ZEROVNC_COMMAND_WATCH_H

#include "server/config/config.h"

/* Shows it until the process is ended by a signal: on a terminal as a screen that changes, elsewhere as a
 * line a second, and with --json as an object a line. The exit status: 1 if no server answers, which is
 * logged. */
int watch_run(const struct config *config);

#endif
