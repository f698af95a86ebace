/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/decoder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "encode/cpu/pixel.h"

void decoder_finish(struct decoder *decoder) {
	for (int i = 0; i < 3; i++)
		free(decoder->channels[i].levels);
	memset(decoder, 0, sizeof *decoder);
}

static uint8_t *make_levels(enum pixel_model model, unsigned bits) {
	uint8_t *levels = malloc((size_t)1 << bits);
	for (uint32_t value = 0; levels && value < UINT32_C(1) << bits; value++)
		levels[value] = model == PIXEL_HALF ? pixel_format_half_to_8((uint16_t)value)
						    : pixel_format_unorm_to_8(value, bits);
	return levels;
}

int decoder_set_format(struct decoder *decoder, const struct pixel_format *format) {
	const struct pixel_channel channels[3] = {format->red, format->green, format->blue};
	if (decoder->format == format)
		return 0;
	decoder_finish(decoder);
	for (int i = 0; i < 3; i++) {
		decoder->channels[i].levels = make_levels(format->model, channels[i].bits);
		decoder->channels[i].mask = (UINT32_C(1) << channels[i].bits) - 1;
		decoder->channels[i].shift = channels[i].shift;
		if (decoder->channels[i].levels)
			continue;
		decoder_finish(decoder);
		return -ENOMEM;
	}
	decoder->format = format;
	return 0;
}

static ALWAYS_INLINE uint32_t level(const struct decoder *decoder, int channel, uint64_t pixel) {
	return decoder->channels[channel]
		.levels[(pixel >> decoder->channels[channel].shift) & decoder->channels[channel].mask];
}

static ALWAYS_INLINE void convert(
	const struct decoder *decoder, const uint8_t *source, uint32_t *row, uint32_t width, unsigned bytes) {
	for (uint32_t i = 0; i < width; i++, source += bytes) {
		uint64_t pixel = pixel_load_bytes(source, bytes);
		row[i] = level(decoder, 0, pixel) << 16 | level(decoder, 1, pixel) << 8 |
			 level(decoder, 2, pixel);
	}
}

void decoder_convert(const struct decoder *decoder, const uint8_t *source, uint32_t *row, uint32_t width) {
	switch (decoder->format->bytes_per_pixel) {
	case 1:
		convert(decoder, source, row, width, 1);
		break;
	case 2:
		convert(decoder, source, row, width, 2);
		break;
	case 4:
		convert(decoder, source, row, width, 4);
		break;
	case 8:
		convert(decoder, source, row, width, 8);
		break;
	default:
		convert(decoder, source, row, width, decoder->format->bytes_per_pixel);
		break;
	}
}
