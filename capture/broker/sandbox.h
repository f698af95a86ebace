/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * broker_sandbox: takes from this process every right that the broker does not need: all capabilities, all
 * files but those of display cards, framebuffer devices and uinput (Landlock), all system calls but those
 * that it makes, and all ioctls but those that read what a card shows (seccomp).
 */
#ifndef ZEROVNC_BROKER_SANDBOX_H
#define ZEROVNC_BROKER_SANDBOX_H

#include <seccomp.h>
#include <stdbool.h>

#include "capture/base/reason.h"

/* Cannot be undone. 0, with `reason` saying what this kernel does not offer (empty: nothing is missing); or
 * -errno with a reason. To be called before there are threads. */
int sandbox_enter(struct reason *reason);

/* Restricts system calls by this filter, and frees it, as the last step into a sandbox. `error` is that of
 * building it. 0, or -errno with a reason. */
int sandbox_restrict_calls(scmp_filter_ctx filter, int error, struct reason *reason);

/*
 * Whether /dev/dri is another folder than when the sandbox was entered: the kernel removes it with the last
 * card, and makes a new one for the next. Landlock does not know that one, so only another process can open
 * its cards.
 */
bool sandbox_is_outdated(void);

#endif
