/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/draw/font.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/utf8.h"

/* made by zerovnc_embed from capture/draw/font/fixed16.psf */
extern const unsigned char font_fixed16[];
extern const size_t font_fixed16_size;

enum {
	PSF1_MODE_512 = 1,
	PSF1_MODE_TABLE = 2,
	PSF1_HEADER = 4,
	PSF2_HEADER = 32,
	PSF2_FLAG_TABLE = 1,
	PSF2_END = 0xff,
	PSF2_SEQUENCE = 0xfe,
	NO_GLYPH = 0xffff,
};

static void put(struct font *font, uint32_t codepoint, uint32_t glyph) {
	if (codepoint < FONT_CODEPOINTS && font->index[codepoint] == NO_GLYPH && glyph < NO_GLYPH)
		font->index[codepoint] = (uint16_t)glyph;
}

/* PSF1's table: little-endian UCS-2 words; 0xfffe begins combining sequences, 0xffff ends a glyph. */
static void read_table1(struct font *font, const uint8_t *at, const uint8_t *end) {
	bool in_sequence = false;
	for (uint32_t glyph = 0; glyph < font->glyph_count && end - at >= 2; at += 2) {
		uint32_t word = at[0] | (uint32_t)at[1] << 8;
		if (word == 0xffff) {
			glyph++;
			in_sequence = false;
		} else if (word == 0xfffe) {
			in_sequence = true;
		} else if (!in_sequence) {
			put(font, word, glyph);
		}
	}
}

/* PSF2's table: UTF-8; 0xfe begins combining sequences, 0xff ends a glyph. */
static void read_table2(struct font *font, const uint8_t *at, const uint8_t *end) {
	bool in_sequence = false;
	for (uint32_t glyph = 0; glyph < font->glyph_count && at < end;) {
		if (*at == PSF2_END) {
			glyph++;
			in_sequence = false;
			at++;
		} else if (*at == PSF2_SEQUENCE) {
			in_sequence = true;
			at++;
		} else {
			uint32_t codepoint;
			size_t length = utf8_next((const char *)at, (size_t)(end - at), &codepoint);
			if (length && !in_sequence)
				put(font, codepoint, glyph);
			at += length ? length : 1;
		}
	}
}

static uint32_t le32(const uint8_t *at) {
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static int set_shape(struct font *font, const uint8_t *data, size_t size, size_t header, uint32_t count,
	uint32_t width, uint32_t height, uint32_t glyph_bytes) {
	uint32_t row_bytes = (width + 7) / 8;
	if (width == 0 || width > 64 || height == 0 || height > 128 || count == 0 || count > 65535 ||
		glyph_bytes != row_bytes * height || header > size || (size - header) / glyph_bytes < count)
		return -EINVAL;
	font->width = width;
	font->height = height;
	font->row_bytes = row_bytes;
	font->glyph_count = count;
	font->glyphs = data + header;
	return 0;
}

static void index_plainly(struct font *font) {
	for (uint32_t i = 0; i < font->glyph_count; i++)
		put(font, i, i);
}

static int parse1(struct font *font, const uint8_t *data, size_t size) {
	uint32_t count = data[2] & PSF1_MODE_512 ? 512 : 256, height = data[3];
	int error = set_shape(font, data, size, PSF1_HEADER, count, 8, height, height);
	if (error)
		return error;
	if (data[2] & PSF1_MODE_TABLE)
		read_table1(font, font->glyphs + (size_t)count * height, data + size);
	else
		index_plainly(font);
	return 0;
}

static int parse2(struct font *font, const uint8_t *data, size_t size) {
	uint32_t header = le32(data + 8), count = le32(data + 16), bytes = le32(data + 20);
	if (header < PSF2_HEADER)
		return -EINVAL;
	int error = set_shape(font, data, size, header, count, le32(data + 28), le32(data + 24), bytes);
	if (error)
		return error;
	if (le32(data + 12) & PSF2_FLAG_TABLE)
		read_table2(font, font->glyphs + (size_t)count * bytes, data + size);
	else
		index_plainly(font);
	return 0;
}

int font_parse(struct font *font, const uint8_t *data, size_t size) {
	memset(font, 0, sizeof *font);
	memset(font->index, 0xff, sizeof font->index);
	if (size >= PSF1_HEADER && data[0] == 0x36 && data[1] == 0x04)
		return parse1(font, data, size);
	if (size >= PSF2_HEADER && le32(data) == 0x864ab572)
		return parse2(font, data, size);
	return -EINVAL;
}

const uint8_t *font_glyph(const struct font *font, uint32_t codepoint) {
	uint16_t glyph = codepoint < FONT_CODEPOINTS ? font->index[codepoint] : NO_GLYPH;
	if (glyph == NO_GLYPH)
		glyph = font->index['?'] == NO_GLYPH ? 0 : font->index['?'];
	return font->glyphs + (size_t)glyph * font->row_bytes * font->height;
}

static struct font built_in;

static void parse_built_in(void) {
	if (font_parse(&built_in, font_fixed16, font_fixed16_size))
		abort(); /* the build embedded something that is not a font; the unit test would notice first
			  */
}

const struct font *font_default(void) {
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, parse_built_in);
	return &built_in;
}
