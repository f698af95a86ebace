/* SPDX-License-Identifier: GPL-2.0-or-later */
/* heads: finds the outputs that are shown as one desktop. */
#ifndef ZEROVNC_HEADS_H
#define ZEROVNC_HEADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/head.h"

/*
 * Finds the outputs that `outputs` names, on the card `card` (NULL: on all cards). This opens the cards and
 * closes them again, at which the kernel lights a console that it had blanked if nobody else has the card
 * open. So ask only if heads_fingerprint() says that something changed.
 *
 * "all" means every lit output, by card and in the kernel's order. Anything else is a list, "DP-1,HDMI-A-1":
 * these outputs in this order, lit or not. A name that several cards have means the first lit one;
 * "card1/DP-1" says which. The other lit tiles of a monitor follow the one that was named. Nothing is there
 * twice.
 *
 * 0, with at least one head: `why` says in words which ones they are, and whether there were more than
 * HEADS_MAX.
 * -EAGAIN  "all", and no output is lit: `why` says what would help
 * -EINVAL  the list has something in it that is no name
 * -ENODEV  there is no such card or output: `why` lists what there is
 * others   there is a card that cannot be examined
 */
int heads_find(const char *card, const char *outputs, struct head heads[HEADS_MAX], size_t *count,
	struct reason *why);

/*
 * A number that differs if an output of any card came, went, or was switched on or off since. Reads only
 * sysfs, because a mode set on an output makes no udev message, and because opening a card again and again
 * would get in the way of a compositor that wants to become its master. A few files per output: cheap enough
 * for a few times a second. `root` is put in front of every path that is read ("" for this machine itself).
 */
uint64_t heads_fingerprint(const char *root);

/* Whether this names several outputs, or all, and not one. NULL names none. */
bool heads_are_several(const char *outputs);

#endif
