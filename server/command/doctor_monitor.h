/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_monitor: what `zerovnc doctor` finds out about machines without a monitor. No file outside of this
 * folder includes it. */
#ifndef ZEROVNC_DOCTOR_MONITOR_H
#define ZEROVNC_DOCTOR_MONITOR_H

#include <stdbool.h>

#include "server/command/findings.h"
#include "server/config/config.h"

/*
 * Says whether there is a monitor, what --monitor would do if there is none, and what has to be installed for
 * it. If the settings ask for a monitor that cannot be made, this machine cannot be served. Returns whether
 * `serve` would make one: there is nothing to examine before. `root` is put in front of every path ("" for
 * this machine itself).
 */
bool doctor_monitor_examine(struct findings *findings, const struct config *config, const char *root);

#endif
