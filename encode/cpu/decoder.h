/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decoder: rows of any format but YUV as 0x00RRGGBB, by tables. It serves the formats that have no kernel. It
 * takes some nanoseconds per pixel; a kernel takes a fraction of one.
 */
#ifndef ZEROVNC_CPU_DECODER_H
#define ZEROVNC_CPU_DECODER_H

#include <stdint.h>

#include "encode/pixel_format.h"

struct decoder {
	const struct pixel_format *format; /* NULL if none was set so far */
	struct {
		uint8_t *levels; /* the level of each value that the channel can have; owned */
		uint32_t mask;
		uint8_t shift;
	} channels[3]; /* red, green, blue */
};

/* Prepares for rows of this format. Cheap if the format is the same as before. 0 or -ENOMEM. */
int decoder_set_format(struct decoder *decoder, const struct pixel_format *format);
/* An all-zero decoder may be finished, too. */
void decoder_finish(struct decoder *decoder);

/* Converts `width` pixels. Never reads beyond the last one. */
void decoder_convert(const struct decoder *decoder, const uint8_t *source, uint32_t *row, uint32_t width);

#endif
