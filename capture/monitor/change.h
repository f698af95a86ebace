/* SPDX-License-Identifier: GPL-2.0-or-later */
/* change: gives the monitors that zerovnc has made other sizes, makes more of them, or fewer. Any thread. */
#ifndef ZEROVNC_MONITOR_CHANGE_H
#define ZEROVNC_MONITOR_CHANGE_H

#include "capture/monitor/record.h"

/* As monitor_resize(), with the record open, or with an empty one. */
int change_screens(struct record *record, const struct monitor_screen *sizes, size_t count,
	struct monitor *result, struct reason *reason);

#endif
