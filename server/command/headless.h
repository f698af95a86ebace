/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * headless: `zerovnc headless`: a display, a session on it, and a server for it, on a machine that has none
 * of them. The session is a service of systemd with PAM and a virtual terminal, so logind gives it the seat
 * as it does for a display manager. Says each step. Everything is undone at the end, in reverse order: on
 * SIGTERM, and when the session or the server ends.
 */
#ifndef ZEROVNC_HEADLESS_H
#define ZEROVNC_HEADLESS_H

#include "capture/base/reason.h"
#include "server/config/config.h"

/* Runs until the end. Returns the exit status. */
int headless_run(const struct config *config);

/* Undoes what a killed `zerovnc headless` has left, apart from its display (capture/monitor). Does nothing if
 * there is nothing, or if it runs. 0, or -errno with a reason. */
int headless_undo(struct reason *reason);

#endif
