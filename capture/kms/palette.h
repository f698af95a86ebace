/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kms_palette: the colours of DRM_FORMAT_C8, whose pixels are numbers of colours. KMS has no palette of its
 * own: display engines look them up in the table of the CRTC that otherwise corrects colours. Programs set it
 * by the property GAMMA_LUT, or by the older ioctl, which sets that property, too, where there is one.
 */
#ifndef ZEROVNC_KMS_PALETTE_H
#define ZEROVNC_KMS_PALETTE_H

#include "capture/frame.h"
#include "capture/kms/device.h"

/* To be zeroed before the first use. */
struct kms_palette {
	uint32_t crtc_id; /* the CRTC that was read last; 0: none */
	bool known;
	struct frame_palette palette;
};

/* Whether a frame has layers that need a palette. */
bool kms_palette_is_used(const struct frame *frame);

/* Reads it. `gamma`: what the property says (kms_colour), of no entries if there is none. */
void kms_palette_read(struct kms_palette *self, const struct kms_device *device, uint32_t crtc_id,
	const struct frame_lut *gamma);

/* Gives it to the layers that need one, which have none if it could not be read. It stays valid until the
 * next kms_palette_read(). */
void kms_palette_lend(const struct kms_palette *self, struct frame *frame);

#endif
