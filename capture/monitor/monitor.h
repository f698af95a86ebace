/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor: makes a display for a machine that has none connected, and takes it away again.
 *
 * If an output is lit or connected, nothing is done. Otherwise a connector of a display card is forced on,
 * with an EDID of ours (capture/monitor/force). If there is none that can be forced, a virtual card is made
 * (capture/monitor/virtual_card, or capture/monitor/evdi_card where the kernel lacks vkms).
 *
 * What is done is written down in /run/zerovnc-monitor before it is done (capture/monitor/record). So another
 * process can undo it, even if this one was killed in the middle. One process at a time changes anything; the
 * others wait.
 *
 * `root` is put in front of every path ("" for this machine itself). It takes root's rights to change
 * anything, outside of a sandbox that makes /sys read-only. Any thread. All functions block: a driver may
 * take a second to light a connector, and modprobe a few.
 */
#ifndef ZEROVNC_MONITOR_H
#define ZEROVNC_MONITOR_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/base/reason.h"

enum {
	MONITOR_WIDTH = 1920, /* unless another size is asked for */
	MONITOR_HEIGHT = 1080,
	MONITOR_SCREENS = 4, /* so many at most are made on one card */
};

enum monitor_kind {
	MONITOR_THERE,   /* an output is lit or connected: nothing has to be done */
	MONITOR_FORCED,  /* a connector that we forced on */
	MONITOR_VIRTUAL, /* of a virtual card that we made */
	MONITOR_HELD,    /* of a virtual card, too, but with an EDID of ours: a process of ours holds it */
};

struct monitor_screen {
	char connector[64];     /* "HDMI-A-1" */
	unsigned width, height; /* pixels */
};

struct monitor_wish {
	/* Connectors may also be called "card1-HDMI-A-1", if several cards have one. One without a name is
	 * any; several have names and are of one card. One without a size has MONITOR_WIDTH and
	 * MONITOR_HEIGHT. */
	struct monitor_screen screens[MONITOR_SCREENS];
	size_t count; /* 0: one, any */
	/* It is to stay when this process ends, until somebody calls monitor_unplug(). Otherwise it belongs
	 * to this process; if that is killed, the next monitor_plug() makes it anew. */
	bool stays;
};

struct monitor {
	enum monitor_kind kind;
	char card[64]; /* "/dev/dri/card0" */
	/* The sizes are those of their first modes; 0: it is not known (yet). What we forced on is in the
	 * kernel's order, in which all outputs of a card are shown side by side. */
	struct monitor_screen screens[MONITOR_SCREENS];
	size_t count;
	/* This call made it, or it was made by this process before: whoever gets this undoes it at the end.
	 * False: it was there, or another process made it, and that one undoes it. */
	bool ours;
	struct reason words; /* what was done, or why nothing, for a person */
};

/*
 * Sees to it that there is a display. What a killed process has left is undone first, except for a virtual
 * card, which is taken over. A display that a
 * process made which still runs, or that was made to stay, is taken as it is.
 *
 * 0: there is one, and `result` describes it. Otherwise -errno with a reason that says what would help, and
 * everything is as it was:
 * -EEXIST: a monitor is connected, and `wish` names another connector. -ENOENT: there is no such connector.
 * -EACCES: this process may not. -EINVAL: no EDID can describe that size, or the connectors are not of one
 * card. -ENODEV: nothing here can be a display. Others: of the kernel.
 *
 * A monitor of evdi is held by a child of this process. It ends with the thread that calls this, which must
 * therefore be the main one, unless the monitor is to stay.
 */
int monitor_plug(
	const char *root, const struct monitor_wish *wish, struct monitor *result, struct reason *reason);

/*
 * Describes the display that zerovnc has made on this machine, whichever process did. 0, or -ENOENT if there
 * is none. Changes nothing and does not wait.
 */
int monitor_made(const char *root, struct monitor *result);

/*
 * Gives what zerovnc has made this many screens, with these sizes, in the kernel's order: other EDIDs,
 * unplugged and plugged in again where the size is another one. More screens than there are take other
 * connectors of the card; those that came in this way last go first. `result` says which sizes came. 0 or
 * -errno with a reason; then all is as it was. -ENOENT: zerovnc has made none. -EOPNOTSUPP: it cannot have
 * another size (a virtual card of vkms, which takes any mode of its list from the compositor). -ENOSPC: the
 * card has no more connectors. -EINVAL: also, these are fewer screens than monitor_plug() was asked for.
 * -EACCES: as monitor_plug().
 */
int monitor_resize(const char *root, const struct monitor_screen *sizes, size_t count, struct monitor *result,
	struct reason *reason);

/* Undoes all that was done, by whichever process. 0, also if there is nothing to undo; otherwise -errno with
 * a reason, and another call tries again what is left. `words` (or NULL) gets what was undone; empty: nothing
 * was. */
int monitor_unplug(const char *root, struct reason *words, struct reason *reason);

/* As monitor_unplug(), but only if the display belongs to a process that was killed. Changes nothing
 * otherwise. */
int monitor_sweep(const char *root, struct reason *words, struct reason *reason);

/*
 * Says what monitor_plug() would do, for `doctor`, and changes nothing. 0: it would find or make a display,
 * and `words` says how. Otherwise -errno, and `words` says what a person has to do or install.
 */
int monitor_describe(const char *root, const struct monitor_wish *wish, struct reason *words);

#endif
