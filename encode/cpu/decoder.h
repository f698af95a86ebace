/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decoder: rows of any format but YUV as 0x00RRGGBB, by tables. For the formats that no kernel is written
 * for: some nanoseconds a pixel, where a kernel takes a fraction of one.
 */
#ifndef ZEROVNC_CPU_DECODER_H
#define ZEROVNC_CPU_DECODER_H

#include <stdint.h>

#include "encode/pixel_format.h"

struct decoder {
	const struct pixel_format *format; /* NULL: none so far */
	struct {
		uint8_t *levels; /* for each value that the channel can have; owned */
		uint32_t mask;
		uint8_t shift;
	} channels[3]; /* red, green, blue */
};

/* For rows of this format from now on; cheap where it is the same as before. 0 or -ENOMEM. */
int decoder_set_format(struct decoder *decoder, const struct pixel_format *format);
/* Also of an all-zero one. */
void decoder_finish(struct decoder *decoder);

/* `width` pixels; never reads behind the last one. */
void decoder_convert(const struct decoder *decoder, const uint8_t *source, uint32_t *row, uint32_t width);

#endif
