/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/levels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "encode/cpu/pixel.h"
#include "encode/yuv.h"

void levels_finish(struct levels *levels) {
	for (int i = 0; i < SPAN_CHANNELS; i++)
		free(levels->of_value[i]);
	memset(levels, 0, sizeof *levels);
}

static struct pixel_channel channel_of(const struct pixel_format *format, enum span_channel channel) {
	return channel == SPAN_RED     ? format->red
	       : channel == SPAN_GREEN ? format->green
	       : channel == SPAN_BLUE  ? format->blue
				       : format->alpha;
}

static int make_rgb(struct levels *levels) {
	const struct pixel_format *format = levels->format;
	for (int i = 0; i < SPAN_CHANNELS; i++) {
		uint8_t bits = channel_of(format, i).bits;
		uint32_t count = UINT32_C(1) << bits;
		if (!bits)
			continue;
		float *table = levels->of_value[i] = malloc(count * sizeof *table);
		if (!table)
			return -ENOMEM;
		for (uint32_t value = 0; value < count; value++)
			table[value] =
				(float)(255 * (format->model == PIXEL_HALF
							      ? pixel_format_half_value((uint16_t)value)
							      : (double)value / (count - 1)));
	}
	return 0;
}

static void weigh(struct levels *levels) {
	struct yuv_matrix matrix = yuv_matrix_of(levels->format, levels->encoding, levels->range);
	for (int row = 0; row < 3; row++)
		for (int column = 0; column < 4; column++)
			levels->weights.rows[row][column] = (float)(255 * matrix.rows[row][column]);
}

int levels_set_format(struct levels *levels, const struct pixel_format *format, enum frame_encoding encoding,
	enum frame_range range) {
	bool yuv = format->model == PIXEL_YUV;
	if (levels->format == format && (!yuv || (levels->encoding == encoding && levels->range == range)))
		return 0;
	levels_finish(levels);
	levels->format = format;
	levels->encoding = encoding;
	levels->range = range;
	if (yuv)
		weigh(levels);
	else if (make_rgb(levels) != 0)
		levels_finish(levels);
	return levels->format ? 0 : -ENOMEM;
}

static void convert_channel(const float *table, struct pixel_channel at, unsigned bytes,
	const uint8_t *source, float *restrict to, size_t count) {
	uint32_t mask = (UINT32_C(1) << at.bits) - 1;
	for (size_t i = 0; i < count; i++, source += bytes)
		to[i] = table[pixel_load_bytes(source, bytes) >> at.shift & mask];
}

/* A byte of four, without a table: as fast as the memory. */
static void convert_byte(unsigned byte, const uint8_t *source, float *restrict to, size_t count) {
	for (size_t i = 0; i < count; i++)
		to[i] = (float)source[4 * i + byte];
}

static void fill(float *to, float level, size_t count) {
	for (size_t i = 0; i < count; i++)
		to[i] = level;
}

void levels_convert(const struct levels *levels, const uint8_t *source, struct span *span, size_t count) {
	const struct pixel_format *format = levels->format;
	for (int i = 0; i < SPAN_CHANNELS; i++) {
		const struct pixel_channel at = channel_of(format, i);
		if (!at.bits)
			fill(span->levels[i], 255, count);
		else if (format->model == PIXEL_UNORM && format->bytes_per_pixel == 4 && at.bits == 8)
			convert_byte(at.shift / 8, source, span->levels[i], count);
		else
			convert_channel(levels->of_value[i], at, format->bytes_per_pixel, source,
				span->levels[i], count);
	}
}

static inline float clamped(float level) {
	float above = level > 0 ? level : 0;
	return above < 255 ? above : 255;
}

void levels_convert_yuv(
	const struct levels *levels, const struct samples *samples, struct span *span, size_t count) {
	const uint16_t *restrict luma = samples->luma, *restrict blue = samples->blue,
				 *restrict red = samples->red;
	for (int channel = 0; channel < SPAN_ALPHA; channel++) {
		const float *weights = levels->weights.rows[channel];
		float *restrict to = span->levels[channel];
		for (size_t i = 0; i < count; i++)
			to[i] = clamped(weights[0] * luma[i] + weights[1] * blue[i] + weights[2] * red[i] +
					weights[3]);
	}
	fill(span->levels[SPAN_ALPHA], 255, count);
}
