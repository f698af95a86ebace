/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tight, as rfbproto defines it. */
#include <errno.h>
#include <stdlib.h>

#include "tests/server/net/decode/decode_state.h"

enum { MAX_WIDTH = 2048, LEAST_COMPRESSED = 12, MAX_PALETTE = 256 };
enum { COPY, PALETTE, GRADIENT };
enum { QUALITY_FIRST = -32, QUALITY_LAST = -23, FINE_FIRST = -512, FINE_LAST = -412, WITHOUT_ZLIB = -317 };

/* --- TPIXEL --- */

/* Red, green and blue in three bytes, regardless of the shifts and the byte order. */
static bool is_short(const struct decoder *decoder) {
	const struct format *format = &decoder->format;
	return decoder->true_colour && format->bits == 32 && format->depth == 24 && format->max[0] == 255 &&
	       format->max[1] == 255 && format->max[2] == 255;
}

static unsigned tpixel_size(const struct decoder *decoder) {
	return is_short(decoder) ? 3 : decode_pixel_size(decoder);
}

static uint32_t tpixel(const struct decoder *decoder, const uint8_t *bytes) {
	if (!is_short(decoder))
		return decode_pixel(decoder, bytes);
	uint32_t pixel = 0;
	for (int i = 0; i < FORMAT_CHANNELS; i++)
		pixel |= (uint32_t)bytes[i] << decoder->format.shift[i];
	return pixel;
}

static uint32_t read_tpixel(struct decoder *decoder) {
	uint8_t bytes[DECODE_MAX_PIXEL];
	source_read(decoder->source, bytes, tpixel_size(decoder));
	return tpixel(decoder, bytes);
}

/* --- lengths --- */

/* Each value has exactly one spelling, the shortest. */
static int read_length(struct decoder *decoder, uint32_t *length) {
	uint8_t byte = source_u8(decoder->source);
	*length = byte & 0x7f;
	if (!(byte & 0x80))
		return 0;
	byte = source_u8(decoder->source);
	*length |= (uint32_t)(byte & 0x7f) << 7;
	if (!(byte & 0x80))
		return byte ? 0 : FAIL(decoder, "a length of one byte in two");
	byte = source_u8(decoder->source);
	*length |= (uint32_t)byte << 14;
	return byte ? 0 : FAIL(decoder, "a length of two bytes in three");
}

/* --- JPEG and fill --- */

static int draw_jpeg(
	struct decoder *decoder, const struct decode_area *area, const uint8_t *jpeg, size_t size) {
	size_t count = (size_t)area->width * area->height;
	uint32_t *pixels = malloc(count * sizeof *pixels + 1);
	if (!pixels)
		return FAIL(decoder, "out of memory");
	int error = decode_jpeg(jpeg, size, area->width, area->height, pixels, decoder->reason);
	for (size_t i = 0; error == 0 && i < count; i++)
		decode_put(decoder, area->x + (uint32_t)(i % area->width),
			area->y + (uint32_t)(i / area->width), pixels[i], DECODED_FROM_JPEG);
	free(pixels);
	if (error == 0 && decoder->on_jpeg)
		decoder->on_jpeg(decoder->context, area, jpeg, size);
	return error;
}

static int read_jpeg(struct decoder *decoder, const struct decode_area *area) {
	uint32_t length;
	if (decoder->format.bits == 8)
		return FAIL(decoder, "JPEG for 8 bits per pixel");
	if (!decode_has_asked(decoder, QUALITY_FIRST, QUALITY_LAST) &&
		!decode_has_asked(decoder, FINE_FIRST, FINE_LAST))
		return FAIL(decoder, "JPEG, for which no quality was asked for");
	if (read_length(decoder, &length))
		return -EPROTO;
	uint8_t *jpeg = malloc(length + 1);
	if (!jpeg)
		return FAIL(decoder, "out of memory");
	int error = source_read(decoder->source, jpeg, length)
			    ? draw_jpeg(decoder, area, jpeg, length)
			    : FAIL(decoder, "the stream ends inside a JPEG");
	free(jpeg);
	decoder->decoded.jpegs++;
	decoder->sort = DECODED_JPEG;
	return error;
}

static int read_fill(struct decoder *decoder, const struct decode_area *area) {
	decode_fill(decoder, area, read_tpixel(decoder));
	decoder->decoded.fills++;
	decoder->sort = DECODED_SOLID;
	return 0;
}

/* --- filters --- */

struct filter {
	uint8_t id;
	unsigned palette_size;
	uint32_t palette[MAX_PALETTE];
};

static int read_filter(struct decoder *decoder, struct filter *filter) {
	filter->id = source_u8(decoder->source);
	if (filter->id > GRADIENT)
		return FAIL(decoder, "an unknown filter %u", filter->id);
	if (filter->id == GRADIENT && decoder->format.bits == 8)
		return FAIL(decoder, "the gradient filter for 8 bits per pixel");
	if (filter->id != PALETTE)
		return 0;
	filter->palette_size = source_u8(decoder->source) + 1u;
	if (filter->palette_size < 2)
		return FAIL(decoder, "a palette of one colour");
	for (unsigned i = 0; i < filter->palette_size; i++)
		filter->palette[i] = read_tpixel(decoder);
	decoder->decoded.palettes++;
	decoder->sort = filter->palette_size == 2 ? DECODED_TWO_COLOURS : DECODED_PALETTE;
	return 0;
}

static size_t filtered_size(
	const struct decoder *decoder, const struct filter *filter, const struct decode_area *area) {
	if (filter->id == PALETTE && filter->palette_size == 2)
		return (size_t)(area->width + 7) / 8 * area->height;
	return (size_t)area->width * area->height * (filter->id == PALETTE ? 1 : tpixel_size(decoder));
}

static int draw_palette(struct decoder *decoder, const struct filter *filter, const struct decode_area *area,
	const uint8_t *data) {
	bool bits = filter->palette_size == 2;
	size_t stride = bits ? (area->width + 7) / 8 : area->width;
	for (uint32_t y = 0; y < area->height; y++, data += stride)
		for (uint32_t x = 0; x < area->width; x++) {
			unsigned index = bits ? (unsigned)data[x / 8] >> (7 - x % 8) & 1u : data[x];
			if (index >= filter->palette_size)
				return FAIL(decoder, "index %u into a palette of %u", index,
					filter->palette_size);
			decode_put(
				decoder, area->x + x, area->y + y, filter->palette[index], DECODED_EXACTLY);
		}
	return 0;
}

/* Returns the channel of a pixel that was drawn already; 0 outside of the rectangle. */
static int32_t drawn(
	const struct decoder *decoder, const struct decode_area *area, int64_t x, int64_t y, int i) {
	if (x < 0 || y < 0)
		return 0;
	size_t at = (size_t)(area->y + (uint64_t)y) * decoder->width + area->x + (size_t)x;
	return (int32_t)(decoder->pixels[at] >> decoder->format.shift[i] & decoder->format.max[i]);
}

static uint32_t predicted(const struct decoder *decoder, const struct decode_area *area, int64_t x, int64_t y,
	uint32_t difference) {
	uint32_t pixel = 0;
	for (int i = 0; i < FORMAT_CHANNELS; i++) {
		int32_t max = decoder->format.max[i];
		int32_t guess = drawn(decoder, area, x - 1, y, i) + drawn(decoder, area, x, y - 1, i) -
				drawn(decoder, area, x - 1, y - 1, i);
		guess = guess < 0 ? 0 : guess > max ? max : guess;
		uint32_t channel =
			((uint32_t)guess + (difference >> decoder->format.shift[i])) & (uint32_t)max;
		pixel |= channel << decoder->format.shift[i];
	}
	return pixel;
}

static int draw_pixels(struct decoder *decoder, const struct filter *filter, const struct decode_area *area,
	const uint8_t *data) {
	for (uint32_t y = 0; y < area->height; y++)
		for (uint32_t x = 0; x < area->width; x++, data += tpixel_size(decoder)) {
			uint32_t pixel = tpixel(decoder, data);
			if (filter->id == GRADIENT)
				pixel = predicted(decoder, area, x, y, pixel);
			decode_put(decoder, area->x + x, area->y + y, pixel, DECODED_EXACTLY);
		}
	return 0;
}

/* --- basic compression --- */

static int draw_filtered(struct decoder *decoder, const struct filter *filter, const struct decode_area *area,
	const uint8_t *data) {
	return filter->id == PALETTE ? draw_palette(decoder, filter, area, data)
				     : draw_pixels(decoder, filter, area, data);
}

static int read_inflated(struct decoder *decoder, const struct filter *filter, const struct decode_area *area,
	unsigned stream) {
	struct inflater *inflater = &decoder->tight[stream];
	size_t size = filtered_size(decoder, filter, area);
	uint32_t length;
	if (read_length(decoder, &length))
		return -EPROTO;
	int error = inflater_run(inflater, decoder->source, length, size, decoder->reason);
	if (error)
		return error;
	if (inflater->size != size)
		return FAIL(decoder, "%zu bytes come out of zlib, %zu are needed", inflater->size, size);
	return draw_filtered(decoder, filter, area, inflater->out);
}

static int read_plain(struct decoder *decoder, const struct filter *filter, const struct decode_area *area) {
	size_t size = filtered_size(decoder, filter, area);
	uint8_t *data = malloc(size + 1);
	if (!data)
		return FAIL(decoder, "out of memory");
	int error = source_read(decoder->source, data, size) ? draw_filtered(decoder, filter, area, data)
							     : FAIL(decoder, "the stream ends inside");
	free(data);
	return error;
}

/* "Identical to BasicCompression except that all data is sent as is": data that would be compressed still has
 * its length before it. TurboVNC, where this comes from, reads and writes it like that. */
static int read_without_zlib(
	struct decoder *decoder, const struct filter *filter, const struct decode_area *area) {
	size_t size = filtered_size(decoder, filter, area);
	uint32_t length = 0;
	decoder->decoded.without_zlib++;
	if (size >= LEAST_COMPRESSED && read_length(decoder, &length))
		return -EPROTO;
	if (size >= LEAST_COMPRESSED && length != size)
		return FAIL(decoder, "%u bytes come without zlib, %zu are needed", length, size);
	return read_plain(decoder, filter, area);
}

static int read_basic(struct decoder *decoder, const struct decode_area *area, unsigned method) {
	struct filter filter = {.id = COPY};
	if (method & 4 && read_filter(decoder, &filter))
		return -EPROTO;
	if (method & 8)
		return read_without_zlib(decoder, &filter, area);
	if (filtered_size(decoder, &filter, area) < LEAST_COMPRESSED)
		return read_plain(decoder, &filter, area);
	return read_inflated(decoder, &filter, area, method & 3);
}

int decode_tight(struct decoder *decoder, const struct decode_area *area) {
	uint8_t control = source_u8(decoder->source);
	unsigned method = control >> 4;
	if (area->width > MAX_WIDTH)
		return FAIL(decoder, "wider than %u (compression control 0x%02x)", MAX_WIDTH, control);
	for (unsigned i = 0; i < 4; i++)
		if (control >> i & 1)
			inflater_reset(&decoder->tight[i]);
	if (method == 8)
		return read_fill(decoder, area);
	if (method == 9)
		return read_jpeg(decoder, area);
	if (method > 8 && method != 10 && method != 14)
		return FAIL(decoder, "invalid compression control 0x%02x", control);
	if (method > 8 && !decode_has_asked(decoder, WITHOUT_ZLIB, WITHOUT_ZLIB))
		return FAIL(decoder, "without zlib, which was not asked for (0x%02x)", control);
	return read_basic(decoder, area, method);
}
