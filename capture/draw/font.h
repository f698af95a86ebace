/* SPDX-License-Identifier: GPL-2.0-or-later */
/* font: a bitmap font in the Linux console's PSF format, version 1 or 2, with its Unicode table. */
#ifndef ZEROVNC_FONT_H
#define ZEROVNC_FONT_H

#include <stddef.h>
#include <stdint.h>

enum { FONT_CODEPOINTS = 0x2600 }; /* the code points that are looked up: Latin to box drawing and blocks */

struct font {
	uint32_t width, height; /* of every glyph, in pixels */
	uint32_t row_bytes; /* of one glyph row; the leftmost pixel is the highest bit of its first byte */
	uint32_t glyph_count;
	const uint8_t *glyphs;           /* borrowed from the data it was parsed from */
	uint16_t index[FONT_CODEPOINTS]; /* glyph of a code point; 0xffff: none */
};

/* Parses a PSF file in memory, which must outlive `font`. 0, or -EINVAL if it is not such a file or is cut
 * short. */
int font_parse(struct font *font, const uint8_t *data, size_t size);

/* The rows of a code point's glyph, or those of '?' if the font lacks it. Never NULL for a parsed font. */
const uint8_t *font_glyph(const struct font *font, uint32_t codepoint);

/* The built-in font. Any thread. */
const struct font *font_default(void);

#endif
