/* SPDX-License-Identifier: GPL-2.0-or-later */
/* undo: takes back the steps that are on record. Any thread. */
#ifndef ZEROVNC_MONITOR_UNDO_H
#define ZEROVNC_MONITOR_UNDO_H

#include "capture/monitor/record.h"

/* All of them, the last one first. `words` (or NULL) gets what was undone added. 0, or -errno with a reason:
 * what is left is still on record. */
int undo_all(struct record *record, struct reason *words, struct reason *reason);

/* Those that forced the last output on. The same. */
int undo_output(struct record *record, struct reason *reason);

#endif
