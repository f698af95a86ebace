/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record: what was changed on this machine to have a display, so that any process can undo it. It lies in
 * /run/zerovnc-monitor, which only root can write to. Each step is on record before it is taken, and stays on
 * record until it is undone. So it does not matter where a process is killed: undoing a step that was not
 * taken, or was undone already, does nothing.
 *
 * While a record is open, this process holds a lock. Others wait in record_open().
 */
#ifndef ZEROVNC_MONITOR_RECORD_H
#define ZEROVNC_MONITOR_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "capture/base/reason.h"
#include "capture/monitor/monitor.h"
#include "capture/monitor/survey.h"

#define RECORD_FOLDER "/run/zerovnc-monitor"

enum { RECORD_STEPS = 16, RECORD_TEXT = 300 };

/* Steps, with what their texts say. */
enum record_kind {
	RECORD_FIRMWARE, /* the firmware's folder was changed: what it was before */
	RECORD_EDID,     /* an EDID was given to a connector: the entry of the kernel's list */
	RECORD_STATUS,   /* a connector was forced on: its folder in /sys/class/drm */
	RECORD_MODULE,   /* a module was loaded: its name */
	RECORD_CONFIGFS, /* configfs was mounted: nothing */
	RECORD_CARD,     /* a virtual card was made by configfs: its name */
	RECORD_EVDI,     /* evdi was loaded, or a card added: EVDI_CARD_LOADED or EVDI_CARD_ADDED */
	RECORD_HOLDER,   /* a process holds a monitor of evdi: the connector's folder in /sys/class/drm */
	RECORD_KINDS
};

struct record_output {
	char folder[SURVEY_NAME]; /* in /sys/class/drm */
	unsigned width, height;   /* what was asked for */
	bool added;               /* later, by monitor_resize() */
};

struct record {
	const char *root; /* borrowed */
	int lock;         /* owned */

	/* The process that this belongs to; 0: it is to stay. Its beginning tells it from a later process
	 * with the same id. */
	pid_t owner;
	unsigned long long owner_began;

	enum monitor_kind kind;                        /* once an output is known */
	struct record_output outputs[MONITOR_SCREENS]; /* in the order in which they were made */
	size_t output_count;

	struct {
		enum record_kind kind;
		char text[RECORD_TEXT];
	} steps[RECORD_STEPS];
	size_t count;
};

/* Waits for the lock, and reads what there is: `count` is 0 if nothing was done. 0, or -errno with a reason.
 * -EACCES: this process may not change anything. Borrows `root` until record_close(). */
int record_open(struct record *record, const char *root, struct reason *reason);

/* Gives the lock back, and removes the folder if nothing is on record any more. */
void record_close(struct record *record);

/* Reads what is on record without waiting for anybody. False: nothing is. `lock` is -1. */
bool record_peek(struct record *record, const char *root);

/* Makes this process the owner, or nobody. It is on record with the next step. */
void record_own(struct record *record, bool stays);
/* Whether it belongs to a process that was killed. */
bool record_is_orphan(const struct record *record);
/* Whether it belongs to this process. */
bool record_is_mine(const struct record *record);

/* Puts a step on record that is about to be taken. 0, or -errno with a reason. */
int record_add(struct record *record, enum record_kind kind, const char *text, struct reason *reason);
/* Forgets the last step, which was undone. */
int record_drop(struct record *record, struct reason *reason);
/* Puts an output on record. */
int record_output(struct record *record, enum monitor_kind kind, const struct record_output *output,
	struct reason *reason);
/* Forgets the last output. */
int record_drop_output(struct record *record, struct reason *reason);
/* Puts another size of an output on record. */
int record_resize(
	struct record *record, size_t index, unsigned width, unsigned height, struct reason *reason);

#endif
