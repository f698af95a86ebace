/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ZRLE (RFC 6143, 7.7.6). If either three bytes of a pixel would do for a CPIXEL, rfbproto says which ones
 * are taken. */
#include <errno.h>
#include <stdlib.h>

#include "tests/server/net/decode/decode_state.h"

enum { TILE = 64, MAX_PALETTE = 127 };

/* Whether all bits of a pixel are in its lower or upper three bytes. */
static bool all_bits_are_in(const struct format *format, uint32_t bytes) {
	for (int i = 0; i < FORMAT_CHANNELS; i++)
		if ((uint64_t)format->max[i] << format->shift[i] & ~(uint64_t)bytes)
			return false;
	return true;
}

struct cpixel {
	unsigned size, shift; /* where the three bytes are in the pixel */
	bool big_endian;
};

static struct cpixel cpixel_of(const struct decoder *decoder) {
	const struct format *format = &decoder->format;
	struct cpixel cpixel = {decode_pixel_size(decoder), 0, format->big_endian};
	if (!decoder->true_colour || format->bits != 32 || format->depth > 24)
		return cpixel;
	if (all_bits_are_in(format, 0x00ffffff)) {
		cpixel.size = 3;
	} else if (all_bits_are_in(format, 0xffffff00)) {
		cpixel.size = 3;
		cpixel.shift = 8;
	}
	return cpixel;
}

/* --- the inflated data --- */

struct data {
	struct source source;
	struct cpixel cpixel;
};

static uint32_t read_cpixel(struct data *data) {
	uint8_t bytes[4];
	uint32_t pixel = 0;
	unsigned size = data->cpixel.size;
	source_read(&data->source, bytes, size);
	for (unsigned i = 0; i < size; i++)
		pixel |= (uint32_t)bytes[i] << 8 * (data->cpixel.big_endian ? size - 1 - i : i);
	return pixel << data->cpixel.shift;
}

/* Where the pixels of a tile are put, one after the other. */
struct place {
	const struct decode_area *tile;
	uint32_t at, count; /* of the tile's pixels */
};

static void put_run(struct decoder *decoder, struct place *place, uint32_t pixel, uint32_t run) {
	for (; run; run--, place->at++)
		decode_put(decoder, place->tile->x + place->at % place->tile->width,
			place->tile->y + place->at / place->tile->width, pixel, DECODED_EXACTLY);
}

static int read_raw(struct decoder *decoder, struct data *data, struct place *place) {
	while (place->at < place->count)
		put_run(decoder, place, read_cpixel(data), 1);
	return 0;
}

static int read_packed(struct decoder *decoder, struct data *data, struct place *place,
	const uint32_t *palette, unsigned size) {
	unsigned bits = size == 2 ? 1 : size <= 4 ? 2 : 4;
	for (uint32_t y = 0; y < place->tile->height; y++) {
		uint8_t byte = 0;
		for (uint32_t x = 0; x < place->tile->width; x++) {
			unsigned left = 8 - bits - x * bits % 8;
			if (x * bits % 8 == 0)
				byte = source_u8(&data->source);
			unsigned index = (unsigned)byte >> left & ((1u << bits) - 1);
			if (index >= size)
				return FAIL(decoder, "index %u into a palette of %u", index, size);
			put_run(decoder, place, palette[index], 1);
		}
	}
	return 0;
}

static int read_run(struct decoder *decoder, struct data *data, struct place *place, uint32_t pixel) {
	uint32_t run = 1;
	uint8_t byte;
	do {
		byte = source_u8(&data->source);
		run += byte;
	} while (byte == 255 && run <= place->count);
	if (run > place->count - place->at)
		return FAIL(decoder, "a run of %u where %u pixels are left", run, place->count - place->at);
	put_run(decoder, place, pixel, run);
	return 0;
}

static int read_plain_runs(struct decoder *decoder, struct data *data, struct place *place) {
	int error = 0;
	while (place->at < place->count && error == 0) {
		uint32_t pixel = read_cpixel(data);
		error = read_run(decoder, data, place, pixel);
	}
	return error;
}

static int read_palette_runs(struct decoder *decoder, struct data *data, struct place *place,
	const uint32_t *palette, unsigned size) {
	int error = 0;
	while (place->at < place->count && error == 0) {
		uint8_t byte = source_u8(&data->source);
		if ((byte & 0x7fu) >= size)
			return FAIL(decoder, "index %u into a palette of %u", byte & 0x7f, size);
		if (byte & 0x80)
			error = read_run(decoder, data, place, palette[byte & 0x7f]);
		else
			put_run(decoder, place, palette[byte], 1);
	}
	return error;
}

static int read_tile(struct decoder *decoder, struct data *data, const struct decode_area *tile) {
	struct place place = {.tile = tile, .count = tile->width * tile->height};
	uint32_t palette[MAX_PALETTE];
	uint8_t subencoding = source_u8(&data->source);
	unsigned size = subencoding & 0x7f;
	if (subencoding == 129 || (subencoding > 16 && subencoding < 128))
		return FAIL(decoder, "the unused subencoding %u", subencoding);
	for (unsigned i = 0; i < size; i++)
		palette[i] = read_cpixel(data);
	if (subencoding == 0)
		return read_raw(decoder, data, &place);
	if (subencoding == 128)
		return read_plain_runs(decoder, data, &place);
	if (subencoding > 128)
		return read_palette_runs(decoder, data, &place, palette, size);
	if (size > 1)
		return read_packed(decoder, data, &place, palette, size);
	put_run(decoder, &place, palette[0], place.count);
	return 0;
}

static int read_tiles(struct decoder *decoder, struct data *data, const struct decode_area *area) {
	for (uint32_t y = 0; y < area->height; y += TILE)
		for (uint32_t x = 0; x < area->width; x += TILE) {
			struct decode_area tile = {area->x + x, area->y + y, TILE, TILE};
			if (tile.width > area->width - x)
				tile.width = area->width - x;
			if (tile.height > area->height - y)
				tile.height = area->height - y;
			int error = read_tile(decoder, data, &tile);
			if (error == 0 && data->source.ended)
				error = FAIL(
					decoder, "the inflated data ends inside the tile at %u,%u", x, y);
			if (error)
				return error;
		}
	return 0;
}

/* The most that all tiles can take: for each pixel a run of one, and a palette. */
static size_t most_bytes(const struct decode_area *area) {
	size_t tiles = (size_t)((area->width + TILE - 1) / TILE) * ((area->height + TILE - 1) / TILE);
	return (size_t)area->width * area->height * 5 + tiles * (1 + MAX_PALETTE * 4);
}

int decode_zrle(struct decoder *decoder, const struct decode_area *area) {
	struct data data = {.cpixel = cpixel_of(decoder)};
	uint32_t length = source_u32(decoder->source);
	int error = inflater_run(&decoder->zrle, decoder->source, length, most_bytes(area), decoder->reason);
	if (error)
		return error;
	source_memory(&data.source, decoder->zrle.out, decoder->zrle.size);
	error = read_tiles(decoder, &data, area);
	if (error == 0 && data.source.size)
		error = FAIL(decoder, "%zu bytes of %zu are left over", data.source.size, decoder->zrle.size);
	return error;
}
