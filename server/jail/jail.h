/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jail: takes from `zerovnc serve` what it does not need, in two steps, before a stranger's first byte. Then
 * whoever takes the server over starts no program, gains no capability, and reaches neither a card, nor a
 * file outside a list, nor a service of the machine by its socket. What cannot be done without such a right
 * is done by two small processes, which are left behind: `porter` connects to the broker and to other
 * helpers, and `probe` tries GL drivers out.
 *
 * A server with --broker is restricted by lists of what it may do. One that reads the screen itself keeps
 * the rights for that, and is refused only what no server does. One that asks PAM itself keeps what PAM's
 * modules may need, which is about everything.
 */
#ifndef ZEROVNC_JAIL_H
#define ZEROVNC_JAIL_H

#include "capture/base/reason.h"

struct config;

/* Before the first thread, once the settings are read. Logs what was given up and what this kernel lacks. 0
 * or -errno with a reason. The configuration's strings are borrowed until the program ends. */
int jail_enter(const struct config *config, struct reason *reason);

/* When everything is open and there are threads: no unix socket is opened any more, and no process started.
 * Logs what was taken, and what this kernel lacks for more. 0 or -errno with a reason. */
int jail_close(struct reason *reason);

#endif
