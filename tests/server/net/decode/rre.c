/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RRE (RFC 6143, 7.7.3) and Hextile (7.7.4). rfbproto says more precisely what carries over. */
#include <errno.h>

#include "tests/server/net/decode/decode_state.h"

static bool fits(const struct decode_area *part, const struct decode_area *whole) {
	return part->width && part->height && part->x + part->width <= whole->width &&
	       part->y + part->height <= whole->height;
}

static void fill_part(struct decoder *decoder, const struct decode_area *whole,
	const struct decode_area *part, uint32_t pixel) {
	struct decode_area area = {whole->x + part->x, whole->y + part->y, part->width, part->height};
	decode_fill(decoder, &area, pixel);
}

int decode_rre(struct decoder *decoder, const struct decode_area *area) {
	struct source *source = decoder->source;
	uint32_t count = source_u32(source), background = decode_read_pixel(decoder);
	decode_fill(decoder, area, background);
	for (uint32_t i = 0; i < count && !source->ended; i++) {
		uint32_t pixel = decode_read_pixel(decoder);
		struct decode_area part;
		part.x = source_u16(source);
		part.y = source_u16(source);
		part.width = source_u16(source);
		part.height = source_u16(source);
		if (!source->ended && !fits(&part, area))
			return FAIL(decoder, "subrectangle %u of %u is outside", i, count);
		if (!source->ended && pixel == background)
			return FAIL(decoder, "subrectangle %u of %u is of the background's colour", i, count);
		if (!source->ended)
			fill_part(decoder, area, &part, pixel);
	}
	return 0;
}

/* --- Hextile --- */

enum { TILE = 16 };
enum { RAW = 1, BACKGROUND = 2, FOREGROUND = 4, SUBRECTS = 8, COLOURED = 16, UNDEFINED = 0xe0 };

/* What may carry over from one tile to the next. */
struct carried {
	bool has_background, has_foreground;
	uint32_t background, foreground;
};

static int read_subrects(struct decoder *decoder, const struct decode_area *tile, uint8_t mask,
	const struct carried *carried) {
	struct source *source = decoder->source;
	unsigned count = source_u8(source);
	for (unsigned i = 0; i < count; i++) {
		uint32_t pixel = mask & COLOURED ? decode_read_pixel(decoder) : carried->foreground;
		uint8_t place = source_u8(source), size = source_u8(source);
		struct decode_area part = {place >> 4, place & 15, (size >> 4) + 1u, (size & 15) + 1u};
		if (source->ended)
			return 0;
		if (!fits(&part, tile))
			return FAIL(
				decoder, "a subrectangle reaches out of the tile at %u,%u", tile->x, tile->y);
		fill_part(decoder, tile, &part, pixel);
	}
	return 0;
}

static int read_raw_tile(struct decoder *decoder, const struct decode_area *tile, struct carried *carried) {
	uint8_t bytes[TILE * TILE * DECODE_MAX_PIXEL];
	source_read(decoder->source, bytes, (size_t)tile->width * tile->height * decode_pixel_size(decoder));
	decode_draw(decoder, tile, bytes);
	carried->has_background = carried->has_foreground = false;
	return 0;
}

static int read_tile(struct decoder *decoder, const struct decode_area *tile, struct carried *carried) {
	uint8_t mask = source_u8(decoder->source);
	if (mask & UNDEFINED)
		return FAIL(decoder, "a tile's mask has undefined bits: 0x%02x", mask);
	if (mask & RAW)
		return read_raw_tile(decoder, tile, carried);
	if (mask & FOREGROUND && mask & COLOURED)
		return FAIL(decoder, "a tile has a foreground and coloured subrectangles");
	if (mask & BACKGROUND) {
		carried->background = decode_read_pixel(decoder);
		carried->has_background = true;
	}
	if (mask & FOREGROUND) {
		carried->foreground = decode_read_pixel(decoder);
		carried->has_foreground = true;
	}
	if (!carried->has_background)
		return FAIL(decoder, "a tile has no background");
	if (mask & SUBRECTS && !(mask & COLOURED) && !carried->has_foreground)
		return FAIL(decoder, "a tile has no foreground");
	decode_fill(decoder, tile, carried->background);
	int error = mask & SUBRECTS ? read_subrects(decoder, tile, mask, carried) : 0;
	if (mask & COLOURED)
		carried->has_foreground = false;
	return error;
}

int decode_hextile(struct decoder *decoder, const struct decode_area *area) {
	struct carried carried = {0};
	int error = 0;
	for (uint32_t y = 0; y < area->height && !decoder->source->ended; y += TILE)
		for (uint32_t x = 0; x < area->width && error == 0; x += TILE) {
			struct decode_area tile = {area->x + x, area->y + y, TILE, TILE};
			if (tile.width > area->width - x)
				tile.width = area->width - x;
			if (tile.height > area->height - y)
				tile.height = area->height - y;
			error = read_tile(decoder, &tile, &carried);
		}
	return error;
}
