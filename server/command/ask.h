/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ask: the commands that ask the running server: `zerovnc status`, `viewers`, `disconnect` and so on. */
#ifndef ZEROVNC_COMMAND_ASK_H
#define ZEROVNC_COMMAND_ASK_H

#include "server/config/config.h"

/* Sends the command to the server that runs, and prints what it answers. The exit status: 0, or 1 if no
 * server answers or it refuses, which is logged. Blocks. */
int ask_run(const struct config *config);

#endif
