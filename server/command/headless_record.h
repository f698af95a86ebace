/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * headless_record: what `zerovnc headless` has started on this machine, so that another process can undo it
 * if that one is killed. It lies in /run/zerovnc-headless, which only root can write to. Whoever keeps it
 * open holds a lock, which the kernel gives back when the process ends, however that happens.
 */
#ifndef ZEROVNC_HEADLESS_RECORD_H
#define ZEROVNC_HEADLESS_RECORD_H

#include "capture/base/reason.h"

/* The service that the session runs as. */
#define HEADLESS_UNIT "zerovnc-desktop.service"

struct headless_record {
	int fd;            /* owned; -1: not open */
	unsigned terminal; /* the virtual terminal of the session; 0: none was taken */
	unsigned former;   /* the one that was shown before */
};

/*
 * Opens the record, with what a killed process has left in it: `terminal` is not 0 then. 0, or -errno with a
 * reason: -EBUSY if a process that lives has it open. headless_record_close() must follow unless it failed.
 */
int headless_record_open(struct headless_record *record, struct reason *reason);

/* Writes it down. To be called before what it says is done. 0, or -errno with a reason. */
int headless_record_write(const struct headless_record *record, struct reason *reason);

/* Ends the session, shows the terminal that was shown before, and records that nothing is left. 0, or -errno
 * with a reason, and what could not be undone stays on record. Does nothing if `terminal` is 0. */
int headless_record_undo(struct headless_record *record, struct reason *reason);

/* Gives the lock back, and removes the record if nothing is left. Takes what was closed already. */
void headless_record_close(struct headless_record *record);

#endif
