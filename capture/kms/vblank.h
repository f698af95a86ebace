/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kms_vblank: the vertical blanks of one CRTC: an event at the next one, and whether there was one since.
 * Asking waits for no lock. */
#ifndef ZEROVNC_KMS_VBLANK_H
#define ZEROVNC_KMS_VBLANK_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/kms/device.h"
#include "capture/kms/output.h"

/* To be zeroed before the first use and when the card is closed. */
struct kms_vblank {
	bool armed; /* an event is on its way */
	uint64_t armed_ns;
	bool counted; /* the driver counts them, and `count` dates from the last kms_vblank_note() */
	uint32_t count;
};

/* Notes how many there were so far. */
void kms_vblank_note(
	struct kms_vblank *vblank, const struct kms_device *device, const struct kms_output *output);

/* Whether there was surely none since kms_vblank_note(). False if the driver does not count them. */
bool kms_vblank_is_same(
	const struct kms_vblank *vblank, const struct kms_device *device, const struct kms_output *output);

/* Asks for one event on the card's descriptor, unless it was asked for already. 0; -EAGAIN: the output is
 * dark; another -errno: the driver has none. */
int kms_vblank_arm(struct kms_vblank *vblank, const struct kms_device *device,
	const struct kms_output *output, uint64_t now_ns);

/* Reads what made the card's descriptor readable. Returns whether the event has come. */
bool kms_vblank_read(struct kms_vblank *vblank, const struct kms_device *device);

#endif
