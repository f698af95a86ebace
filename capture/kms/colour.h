/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kms_colour: the tables and the matrix that a CRTC applies to colours after its planes (DEGAMMA_LUT, CTM,
 * GAMMA_LUT), and whether viewers are to see what comes of them. Only drivers with atomic modesetting report
 * them.
 */
#ifndef ZEROVNC_KMS_COLOUR_H
#define ZEROVNC_KMS_COLOUR_H

#include "capture/correction.h"
#include "capture/frame.h"
#include "capture/kms/device.h"
#include "capture/kms/properties.h"
#include "capture/source.h"

/* To be zeroed before the first use. */
struct kms_colour {
	uint32_t crtc_id; /* the CRTC that `ids` belong to; 0: none yet */
	uint32_t ids[3];  /* of its properties; 0: it has no such property */
	struct kms_colour_blob {
		void *data; /* owned; what is applied; NULL: nothing */
		uint32_t size;
	} blobs[3];
	struct frame_colour colour; /* what the blobs say */
	enum correction_kind kind;
	bool applied, withheld; /* as of the last kms_colour_choose() */
};

/* What decides what of it a frame has. */
struct kms_colour_choice {
	enum source_lut rule;
	bool palette; /* GAMMA_LUT is the frame's palette, so there is nothing to correct */
	/* The signal is not sRGB. Then programs may let the CRTC make the numbers that are sent, and nothing
	 * else says what those in framebuffers mean: only SOURCE_LUT_NO leaves that out. */
	bool tone;
};

/*
 * Reads what the CRTC applies, by its properties at one moment. It always reads the content of the blobs: ids
 * are recycled, and a night light that fades comes back to the same id with every second table. What cannot
 * be read counts as absent.
 */
void kms_colour_read(struct kms_colour *self, const struct kms_device *device, uint32_t crtc_id,
	const struct kms_properties *properties);

/* Decides what frames have of what was read last: kms_colour_applied(), from now on. */
void kms_colour_choose(struct kms_colour *self, const struct kms_colour_choice *choice);

/* What frames have; NULL: nothing. Valid until the next kms_colour_read(). */
const struct frame_colour *kms_colour_applied(const struct kms_colour *self);

/* Whether colours change on the monitor which do not in frames. */
bool kms_colour_is_withheld(const struct kms_colour *self);

/* Frees everything, and forgets the card. */
void kms_colour_finish(struct kms_colour *self);

#endif
