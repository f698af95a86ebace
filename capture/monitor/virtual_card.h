/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtual_card: a card without hardware, by the kernel's module vkms. Where the kernel has vkms's configfs
 * (since 6.19), the card is called zerovnc: GNOME takes that one and refuses the module's own. Otherwise it
 * is the one that the module makes when it is loaded.
 */
#ifndef ZEROVNC_MONITOR_VIRTUAL_CARD_H
#define ZEROVNC_MONITOR_VIRTUAL_CARD_H

#include "capture/monitor/record.h"

/* Makes the card, and waits until it has an output that is connected. That output is on record then, with the
 * size, which the card does not know of: whoever lights it chooses a mode. 0, or -errno with a reason. What
 * was done until then is on record in any case. */
int virtual_card_make(struct record *record, unsigned width, unsigned height, struct reason *reason);

/* These undo the steps of their names, with the texts that are on record. 0 or -errno. */
int virtual_card_undo_configfs(const char *root, const char *nothing);
int virtual_card_undo_card(const char *root, const char *name);

#endif
