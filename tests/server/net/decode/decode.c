/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/server/net/decode/decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "tests/server/net/decode/decode_state.h"

/* --- beginning and end --- */

int decode_init(struct decoder *decoder, uint32_t width, uint32_t height) {
	*decoder = (struct decoder){.width = width, .height = height};
	decoder->pixels = calloc((size_t)width * height, sizeof *decoder->pixels);
	decoder->kinds = calloc(width, height);
	if (decoder->pixels && decoder->kinds)
		return 0;
	decode_finish(decoder);
	return -ENOMEM;
}

void decode_finish(struct decoder *decoder) {
	inflater_finish(&decoder->zlib);
	inflater_finish(&decoder->zrle);
	for (int i = 0; i < 4; i++)
		inflater_finish(&decoder->tight[i]);
	free(decoder->asked);
	free(decoder->kinds);
	free(decoder->pixels);
	*decoder = (struct decoder){0};
}

void decode_set_format(struct decoder *decoder, const uint8_t wire[16]) {
	decoder->format = format_read(wire);
	decoder->true_colour = wire[3];
}

void decode_set_encodings(struct decoder *decoder, const int32_t *list, size_t count) {
	free(decoder->asked);
	decoder->asked = malloc(count * sizeof *list + 1);
	decoder->asked_count = decoder->asked ? count : 0;
	for (size_t i = 0; i < decoder->asked_count; i++)
		decoder->asked[i] = list[i];
}

void decode_clear(struct decoder *decoder, const struct decode_area *area) {
	for (uint32_t y = area->y; y < area->y + area->height; y++)
		memset(decoder->kinds + (size_t)y * decoder->width + area->x, DECODED_NOTHING, area->width);
	decoder->decoded = (struct decoded){0};
}

bool decode_has_asked(const struct decoder *decoder, int32_t first, int32_t last) {
	for (size_t i = 0; i < decoder->asked_count; i++)
		if (decoder->asked[i] >= first && decoder->asked[i] <= last)
			return true;
	return false;
}

/* --- pixels --- */

unsigned decode_pixel_size(const struct decoder *decoder) {
	return decoder->format.bits / 8u;
}

uint32_t decode_pixel(const struct decoder *decoder, const uint8_t *bytes) {
	uint32_t pixel = 0;
	unsigned size = decode_pixel_size(decoder);
	for (unsigned i = 0; i < size; i++)
		pixel |= (uint32_t)bytes[i] << 8 * (decoder->format.big_endian ? size - 1 - i : i);
	return pixel;
}

uint32_t decode_read_pixel(struct decoder *decoder) {
	uint8_t bytes[DECODE_MAX_PIXEL];
	source_read(decoder->source, bytes, decode_pixel_size(decoder));
	return decode_pixel(decoder, bytes);
}

void decode_put(struct decoder *decoder, uint32_t x, uint32_t y, uint32_t pixel, enum decoded_kind kind) {
	size_t at = (size_t)y * decoder->width + x;
	decoder->pixels[at] = pixel;
	decoder->kinds[at] = (uint8_t)kind;
}

void decode_fill(struct decoder *decoder, const struct decode_area *area, uint32_t pixel) {
	for (uint32_t y = area->y; y < area->y + area->height; y++)
		for (uint32_t x = area->x; x < area->x + area->width; x++)
			decode_put(decoder, x, y, pixel, DECODED_EXACTLY);
}

void decode_draw(struct decoder *decoder, const struct decode_area *area, const uint8_t *bytes) {
	for (uint32_t y = area->y; y < area->y + area->height; y++)
		for (uint32_t x = area->x; x < area->x + area->width; x++) {
			decode_put(decoder, x, y, decode_pixel(decoder, bytes), DECODED_EXACTLY);
			bytes += decode_pixel_size(decoder);
		}
}

/* --- the plain encodings --- */

static int decode_raw(struct decoder *decoder, const struct decode_area *area) {
	for (uint32_t y = area->y; y < area->y + area->height && !decoder->source->ended; y++)
		for (uint32_t x = area->x; x < area->x + area->width; x++)
			decode_put(decoder, x, y, decode_read_pixel(decoder), DECODED_EXACTLY);
	return 0;
}

static bool lies_inside(const struct decoder *decoder, const struct decode_area *area) {
	return area->x + area->width <= decoder->width && area->y + area->height <= decoder->height;
}

static int decode_copyrect(struct decoder *decoder, const struct decode_area *area) {
	struct decode_area from = {.width = area->width, .height = area->height};
	from.x = source_u16(decoder->source);
	from.y = source_u16(decoder->source);
	if (!lies_inside(decoder, &from))
		return FAIL(decoder, "CopyRect from outside of the framebuffer");
	bool down = area->y > from.y; /* the part that is still to be copied must not be overwritten */
	for (uint32_t i = 0; i < area->height; i++) {
		uint32_t row = down ? area->height - 1 - i : i;
		size_t to = (size_t)(area->y + row) * decoder->width + area->x;
		size_t at = (size_t)(from.y + row) * decoder->width + from.x;
		memmove(decoder->pixels + to, decoder->pixels + at, area->width * sizeof *decoder->pixels);
		memmove(decoder->kinds + to, decoder->kinds + at, area->width);
	}
	return 0;
}

static int decode_zlib(struct decoder *decoder, const struct decode_area *area) {
	size_t size = (size_t)area->width * area->height * decode_pixel_size(decoder);
	uint32_t length = source_u32(decoder->source);
	int error = inflater_run(&decoder->zlib, decoder->source, length, size, decoder->reason);
	if (error)
		return error;
	if (decoder->zlib.size != size)
		return FAIL(decoder, "%zu bytes come out of zlib, %zu are needed", decoder->zlib.size, size);
	decode_draw(decoder, area, decoder->zlib.out);
	return 0;
}

/* --- messages --- */

static const struct {
	int32_t encoding;
	const char *name;
	enum decoded_sort sort; /* unless the decoder finds another one */
	int (*decode)(struct decoder *decoder, const struct decode_area *area);
} encodings[] = {
	{DECODED_RAW, "Raw", DECODED_PLAIN, decode_raw},
	{DECODED_COPYRECT, "CopyRect", DECODED_COPY, decode_copyrect},
	{DECODED_RRE, "RRE", DECODED_OTHER, decode_rre},
	{DECODED_HEXTILE, "Hextile", DECODED_OTHER, decode_hextile},
	{DECODED_ZLIB, "zlib", DECODED_OTHER, decode_zlib},
	{DECODED_TIGHT, "Tight", DECODED_TRUE_COLOUR, decode_tight},
	{DECODED_ZRLE, "ZRLE", DECODED_TILES, decode_zrle},
};

/* Puts the name of what was decoded before the text that says what is wrong. */
static int name_rectangle(struct decoder *decoder, const char *name, const struct decode_area *area) {
	struct reason wrong = *decoder->reason;
	return FAIL(decoder, "%s, %ux%u at %u,%u: %s", name, area->width, area->height, area->x, area->y,
		wrong.text);
}

enum { RECTANGLE_HEADER = 12 };

static void add_to_sort(struct decoder *decoder, const struct decode_area *area, uint64_t bytes) {
	struct decoded_sum *sum = &decoder->decoded.sorts[decoder->sort];
	sum->rectangles++;
	sum->bytes += bytes;
	sum->pixels += (uint64_t)area->width * area->height;
}

static int decode_rectangle(struct decoder *decoder, int32_t encoding, const struct decode_area *area) {
	for (size_t i = 0; i < ARRAY_LEN(encodings); i++) {
		if (encodings[i].encoding != encoding)
			continue;
		if (!lies_inside(decoder, area))
			return FAIL(decoder, "a rectangle of %ux%u at %u,%u, outside of the framebuffer",
				area->width, area->height, area->x, area->y);
		uint64_t before = decoder->source->taken;
		decoder->sort = encodings[i].sort;
		int error = encodings[i].decode(decoder, area);
		if (error == 0 && decoder->source->ended)
			error = FAIL(decoder, "the stream ends inside");
		if (error)
			return name_rectangle(decoder, encodings[i].name, area);
		decoder->decoded.rectangles[encoding]++;
		decoder->decoded.area += (uint64_t)area->width * area->height;
		add_to_sort(decoder, area, RECTANGLE_HEADER + decoder->source->taken - before);
		return 0;
	}
	return FAIL(decoder, "an encoding that is not known: %d", encoding);
}

static int read_update(struct decoder *decoder) {
	enum { ANY_NUMBER = 0xffff };
	source_u8(decoder->source);
	uint32_t count = source_u16(decoder->source);
	for (uint32_t i = 0; i < count; i++) {
		struct decode_area area;
		area.x = source_u16(decoder->source);
		area.y = source_u16(decoder->source);
		area.width = source_u16(decoder->source);
		area.height = source_u16(decoder->source);
		int32_t encoding = (int32_t)source_u32(decoder->source);
		if (decoder->source->ended)
			return FAIL(decoder, "the stream ends before rectangle %u of %u", i + 1, count);
		if (encoding != DECODED_RAW && !decode_has_asked(decoder, encoding, encoding))
			return FAIL(decoder, "an encoding that was not asked for: %d", encoding);
		if (encoding == DECODED_LAST_RECT) {
			decoder->decoded.last_rects++;
			break;
		}
		int error = decode_rectangle(decoder, encoding, &area);
		if (error)
			return error;
	}
	decoder->decoded.updates++;
	return 0;
}

static int read_colour_map(struct decoder *decoder) {
	source_u8(decoder->source);
	uint32_t first = source_u16(decoder->source), count = source_u16(decoder->source);
	if (first + count > 256)
		return FAIL(decoder, "a colour map of %u colours from %u on", count, first);
	for (uint32_t i = first; i < first + count; i++) {
		uint32_t red = source_u16(decoder->source), green = source_u16(decoder->source);
		decoder->colours[i] = red >> 8 << 16 | green >> 8 << 8 | source_u16(decoder->source) >> 8;
	}
	if (decoder->source->ended)
		return FAIL(decoder, "the stream ends inside a colour map");
	if (decoder->true_colour)
		return FAIL(decoder, "a colour map for a true-colour format");
	decoder->decoded.colour_maps++;
	return 0;
}

int decode_message(struct decoder *decoder, struct source *source, struct reason *reason) {
	decoder->source = source;
	decoder->reason = reason;
	uint8_t type = source_u8(source);
	if (source->ended)
		return FAIL(decoder, "the stream ends");
	if (type > 1)
		return FAIL(decoder, "a message %u", type);
	int error = type == 0 ? read_update(decoder) : read_colour_map(decoder);
	return error ? error : type;
}
