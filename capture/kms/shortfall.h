/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kms_shortfall: says in words what a monitor shows and our frames do not: planes that are not read, and
 * colours that the display engine changes after the planes.
 */
#ifndef ZEROVNC_KMS_SHORTFALL_H
#define ZEROVNC_KMS_SHORTFALL_H

#include <stddef.h>

#include <stdbool.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/source.h"

/* What was found out, because the question comes again and again. To be zeroed before the first use and for
 * another card. */
struct kms_shortfall {
	uint64_t looked_ns;   /* 0: never */
	unsigned left_out;    /* planes of the present frame that cannot be read */
	uint32_t left_out_id; /* the first of them */
	struct reason left_out_reason;
};

/* A plane of the present frame cannot be read, for this reason. Set left_out to 0 before each frame. */
void kms_shortfall_leave_out(struct kms_shortfall *shortfall, uint32_t plane_id, const struct reason *reason);

/* What else becomes of the colours, and frames do not say so. */
struct kms_shortfall_colours {
	bool corrected; /* the CRTC changes them (kms_colour_is_withheld()) */
	bool unknown;   /* the monitor's curve is not known (kms_hdr) */
};

/* Looks once a second. It fills `found` then. */
void kms_shortfall_look(struct kms_shortfall *shortfall, const struct kms_shortfall_colours *colours,
	uint64_t now_ns, struct shortfall *found);

#endif
