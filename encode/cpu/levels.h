/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * levels: pixels of any format as levels in floats (span.h), for what is blended or scaled, and what samples
 * of YUV count for in them. RGB formats of more than 8 bits a channel are not rounded.
 */
#ifndef ZEROVNC_CPU_LEVELS_H
#define ZEROVNC_CPU_LEVELS_H

#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"
#include "encode/cpu/samples.h"
#include "encode/cpu/span.h"
#include "encode/pixel_format.h"

struct levels {
	const struct pixel_format *format; /* NULL: none so far */
	enum frame_encoding encoding;      /* YUV only, like `range` */
	enum frame_range range;
	/* RGB: of each value that a channel can have. Owned. NULL: the format has no such channel. */
	float *of_value[SPAN_CHANNELS];
	struct samples_weights weights; /* YUV */
};

/* For pixels of this format from now on. Cheap if nothing has changed. 0 or -ENOMEM. */
int levels_set_format(struct levels *levels, const struct pixel_format *format, enum frame_encoding encoding,
	enum frame_range range);
void levels_finish(struct levels *levels);

/* RGB: `count` pixels that lie side by side. Opaque if the format has no alpha. */
void levels_convert(const struct levels *levels, const uint8_t *source, struct span *span, size_t count);

/* YUV: `count` pixels. Clamped. */
void levels_convert_yuv(
	const struct levels *levels, const struct samples *samples, struct span *span, size_t count);

#endif
