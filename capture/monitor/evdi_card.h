/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * evdi_card: a card without hardware, by the module evdi, which distributions have as a package of its own
 * (evdi-dkms). A monitor with an EDID of ours is plugged into it, which a process holds
 * (capture/monitor/holder). It is for kernels without vkms. Text consoles do not come to it; desktops do.
 *
 * A card of evdi that nobody uses is taken as it is, as evdi's own library does. Cards that are removed make
 * evdi before 1.13 crash the kernel, so of those the card stays, with nothing plugged in, and the next
 * evdi_card_make() takes it.
 */
#ifndef ZEROVNC_MONITOR_EVDI_CARD_H
#define ZEROVNC_MONITOR_EVDI_CARD_H

#include "capture/monitor/record.h"

#define EVDI_CARD_LOADED "module evdi"
#define EVDI_CARD_ADDED  "card of evdi"

/* Makes a card and plugs a monitor of this size into it, which is on record then. 0, or -errno with a reason.
 * What was done until then is on record in any case. By the main thread, as holder_start(). */
int evdi_card_make(struct record *record, unsigned width, unsigned height, struct reason *reason);

/* Gives that monitor another size: it is unplugged and plugged in again. 0, or -errno with a reason, and then
 * it may be unplugged. */
int evdi_card_resize(struct record *record, unsigned width, unsigned height, struct reason *reason);

/* Removes the card, and the module if it was loaded, unless somebody uses a card of evdi or evdi is one that
 * crashes. `what` is the text that is on record. 0 or -errno. */
int evdi_card_undo(const char *root, const char *what);

#endif
