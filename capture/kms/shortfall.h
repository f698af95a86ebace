/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kms_shortfall: says in words what a monitor shows and our frames do not: planes that are not read, and
 * colours that the display engine changes after the planes.
 */
#ifndef ZEROVNC_KMS_SHORTFALL_H
#define ZEROVNC_KMS_SHORTFALL_H

#include <stddef.h>

#include "capture/kms/device.h"
#include "capture/kms/output.h"
#include "capture/source.h"

/* What was found out, because the question comes again and again. To be zeroed before the first use and for
 * another card. */
struct kms_shortfall {
	uint64_t looked_ns;       /* 0: never */
	uint32_t crtc_id;         /* the CRTC that colour_ids belong to */
	uint32_t colour_ids[3];   /* of the CRTC's DEGAMMA_LUT, CTM, GAMMA_LUT; 0: it has no such property */
	uint32_t connector_id;    /* the connector that hdr_id belongs to */
	uint32_t hdr_id;          /* of HDR_OUTPUT_METADATA */
	uint64_t colour_blobs[3]; /* the blobs that were examined */
	bool colour_matters[3];   /* whether those blobs change anything */
	unsigned left_out;        /* planes of the present frame that cannot be read */
	uint32_t left_out_id;     /* the first of them */
	struct reason left_out_reason;
};

/* A plane of the present frame cannot be read, for this reason. Set left_out to 0 before each frame. */
void kms_shortfall_leave_out(struct kms_shortfall *shortfall, uint32_t plane_id, const struct reason *reason);

/* Looks once a second, and fills `found` then. What cannot be read is skipped. */
void kms_shortfall_look(struct kms_shortfall *shortfall, const struct kms_device *device,
	const struct kms_output *output, uint64_t now_ns, struct shortfall *found);

#endif
