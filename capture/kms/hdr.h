/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kms_hdr: what the monitor is told of the signal that it is sent (HDR_OUTPUT_METADATA and "Colorspace" of
 * the connector), as a frame's signal. Only drivers with atomic modesetting report it.
 *
 * Framebuffers hold what is sent: half floats, too, have the numbers of PQ or HLG from 0 to 1. If a program
 * lets the CRTC make those numbers, by its tables and its matrix, these are applied first (kms_colour). What
 * a driver makes of single planes by properties of its own is not known.
 *
 * The primaries are those of "Colorspace". If it names none, PQ and HLG have those of BT.2020, as HDR10 has.
 * The peak of PQ is the lower one of MaxCLL and the mastering display's, or 1000 cd/m2 if neither is given.
 */
#ifndef ZEROVNC_KMS_HDR_H
#define ZEROVNC_KMS_HDR_H

#include "capture/frame.h"
#include "capture/kms/device.h"
#include "capture/kms/properties.h"

enum { KMS_HDR_SPACES = 4 };

/* To be zeroed before the first use and for another card. */
struct kms_hdr {
	uint32_t connector_id; /* the connector that the ids belong to; 0: none yet */
	uint32_t ids[2];
	uint64_t spaces[KMS_HDR_SPACES]; /* the values of "Colorspace" that are known here */
	struct frame_signal signal;
	bool unknown; /* the monitor is told of a curve that is not known here, and `signal` is sRGB */
};

/* Reads it, by the connector's properties at one moment. What cannot be read counts as absent. */
void kms_hdr_read(struct kms_hdr *self, const struct kms_device *device, uint32_t connector_id,
	const struct kms_properties *properties);

#endif
