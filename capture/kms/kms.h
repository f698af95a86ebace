/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kms: a card's scanout as a source. It is opened for one connector, and follows it through flips, mode
 * changes, other CRTCs, power saving and unplugging. It reads the planes that are lit on the CRTC.
 */
#ifndef ZEROVNC_KMS_H
#define ZEROVNC_KMS_H

#include "capture/kms/device.h"
#include "capture/kms/output.h"
#include "capture/source.h"

/*
 * Opens what `card` and `output` of the options ask for (both may be NULL), whether it is lit or not.
 *   -ENODEV  there is no card, or no such card or output; the reason lists what there is
 *   others   there is a card, but it cannot be read (no permission, no capability)
 */
int kms_open(const struct source_options *options, struct source **source, struct reason *why);

/* The card that the source reads, for probes. NULL if `source` is not a KMS source. Frame thread only;
 * borrowed until the source is destroyed. */
const struct kms_device *kms_source_device(const struct source *source);

#endif
