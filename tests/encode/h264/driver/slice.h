/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slice: pictures as H.264 (ITU-T H.264, 7.3) without any loss: a macroblock is there as it is (I_PCM), or is
 * the one before it (P_Skip). Pure.
 */
#ifndef ZEROVNC_TEST_VA_SLICE_H
#define ZEROVNC_TEST_VA_SLICE_H

#include <va/va.h>
#include <va/va_enc_h264.h>

#include "tests/encode/h264/driver/bits.h"

#pragma GCC visibility push(hidden)

enum { MACROBLOCK = 16 /* pixels */ };
enum { NAL_SLICE = 1, NAL_IDR = 5, NAL_SEQUENCE = 7, NAL_PARAMETERS = 8 };

/* Both planes have the same pitch. */
struct nv12 {
	uint8_t *luma, *chroma;
	size_t pitch;
	unsigned width, height;
};

/* What is said about a picture. Borrowed. */
struct parameters {
	const VAEncSequenceParameterBufferH264 *sequence;
	const VAEncPictureParameterBufferH264 *picture;
	const VAEncSliceParameterBufferH264 *slice;
};

bool parameters_is_p(const struct parameters *parameters);
int parameters_qp(const struct parameters *parameters);
/* Whether the deblocking filter leaves a P_Skip macroblock beside an I_PCM one as it is. */
bool parameters_may_skip(const struct parameters *parameters);

/* Each adds to an empty NAL unit, the first two all of it. */
void slice_put_sequence(struct bits *nal, const struct parameters *parameters);
void slice_put_parameters(struct bits *nal, const struct parameters *parameters);
void slice_put_header(struct bits *nal, const struct parameters *parameters);
/* Where a slice header differs from the parameters. NULL: nowhere. */
const char *slice_check_header(const struct bits *nal, const struct parameters *parameters);

/*
 * Adds all macroblocks after a header, and ends the NAL unit. There must be memory for whole macroblocks.
 * `reference`: macroblocks equal to its are skipped. NULL: none are. Returns how many were.
 */
unsigned slice_put_data(struct bits *nal, const struct parameters *parameters, const struct nv12 *picture,
	const struct nv12 *reference);

#pragma GCC visibility pop

#endif
