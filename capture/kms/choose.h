/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kms_choose: which card and which output to show. */
#ifndef ZEROVNC_KMS_CHOOSE_H
#define ZEROVNC_KMS_CHOOSE_H

#include "capture/base/reason.h"
#include "capture/kms/device.h"
#include "capture/kms/output.h"

/*
 * Chooses the card `card` (NULL: any card) and on it the output `name`, "DP-1" or "card1/DP-1" (NULL: the
 * first lit one, or else the first with a monitor, or else the first). 0: the device is open and belongs to
 * the caller, and `why` says why this one was chosen and in what state it is. -ENODEV: there is no such card
 * or output, and `why` lists what there is. Other errors: there is a card that cannot be examined.
 */
int kms_choose(const char *card, const char *name, struct kms_device *device, struct kms_output *output,
	struct reason *why);

/* The nodes of the cards to look at: `card`, whose links are followed, or all cards if it is NULL. 0, with at
 * least one; -ENODEV: there is none, and `why` lists what there is, or says what would help. */
int kms_choose_cards(const char *card, char nodes[KMS_MAX_CARDS][64], size_t *count, struct reason *why);

/*
 * Whether a card other than `name` ("card0") has an output that is switched on. This only reads sysfs,
 * because opening a card again and again would get in the way of a compositor that wants to become its
 * master.
 */
bool kms_choose_other_is_lit(const char *name);

#endif
