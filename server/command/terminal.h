/* SPDX-License-Identifier: GPL-2.0-or-later */
/* terminal: the kernel's virtual terminals (ioctl_vt(2)). Needs root. */
#ifndef ZEROVNC_TERMINAL_H
#define ZEROVNC_TERMINAL_H

#include "capture/base/reason.h"

/*
 * The one that is shown now, and one that nobody uses. Logind puts a login prompt on each of the first six
 * when it is shown, so it is none of those. 0, or -errno with a reason: -ENODEV if this kernel has none,
 * -EBUSY if all are in use.
 */
int terminal_find(unsigned *active, unsigned *unused, struct reason *reason);

/* Shows it, and waits until it is shown, for ten seconds at most. 0, or -errno with a reason. */
int terminal_show(unsigned number, struct reason *reason);

/* Frees the kernel's memory of one that nobody uses any more. */
void terminal_forget(unsigned number);

#endif
