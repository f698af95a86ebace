/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * key: how the broker asks cards for what takes CAP_SYS_ADMIN without having it: by another process, the
 * keyholder (capture/broker/keyholder.h). There is one for a process. One thread.
 */
#ifndef ZEROVNC_BROKER_KEY_H
#define ZEROVNC_BROKER_KEY_H

#include "capture/base/reason.h"

/* Starts the keyholder and gives CAP_SYS_ADMIN up. From then on kms_device_ask() asks the keyholder. To be
 * called before anything else. 0, or -errno with a reason. */
int key_hand_over(struct reason *reason);

/* Waits until the keyholder is in its sandbox. 0, with `reason` saying what this kernel does not offer it
 * (empty: nothing is missing); or -errno with a reason. */
int key_await(struct reason *reason);

/* What poll() says POLLHUP of when the keyholder has ended. Borrowed. */
int key_lifeline(void);

#endif
