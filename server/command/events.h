/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events: `zerovnc events`, which prints what happens at the running server, one JSON object a line. */
#ifndef ZEROVNC_COMMAND_EVENTS_H
#define ZEROVNC_COMMAND_EVENTS_H

#include "server/config/config.h"

/* Prints events until the process is ended by a signal, or standard output is closed. The exit status: 1 if
 * there is no server to ask, or it ends, which is logged. Blocks. */
int events_run(const struct config *config);

#endif
