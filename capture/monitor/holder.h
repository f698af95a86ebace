/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holder: a process that holds a monitor plugged into a card of evdi. The driver takes it away when the file
 * by which it was plugged in is closed, and makes programs that show something there wait until that process
 * has taken their pictures. So the process, zerovnc-evdi, lives as long as the monitor. It obeys orders by a
 * socket in RECORD_FOLDER, to which only its own user's processes may connect.
 *
 * If the monitor belongs to a process, the holder ends with that one. One that is to stay ends when it is
 * told to, and as part of a service with it.
 */
#ifndef ZEROVNC_MONITOR_HOLDER_H
#define ZEROVNC_MONITOR_HOLDER_H

#include "capture/monitor/record.h"

enum holder_order {
	HOLDER_PLUG,   /* the output has the size that is on record now */
	HOLDER_UNPLUG, /* and keep the card */
	HOLDER_END,
};

/* Puts on record that a process holds the output that is there already, and starts it, with nothing plugged
 * in yet. 0, or -errno with a reason. To be called by the main thread, whose end is what the holder takes for
 * that of its owner. */
int holder_start(struct record *record, const struct record_output *output, struct reason *reason);

/* Has the holder do something, and waits until it is done. 0, or -errno with a reason. -ESRCH: there is no
 * holder. */
int holder_order(const char *root, enum holder_order order, struct reason *reason);

/* Undoes the step of a holder: ends it. 0, also if it has ended; or -errno. */
int holder_undo(const char *root, const char *folder);

#endif
