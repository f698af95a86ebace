/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/draw/canvas.h"

#include <errno.h>
#include <string.h>

#include "capture/draw/font.h"
#include "tests/test.h"

static uint32_t count(const struct canvas *canvas, struct rect rect, uint32_t colour) {
	uint32_t found = 0;
	for (uint32_t y = 0; y < rect.height; y++)
		for (uint32_t x = 0; x < rect.width; x++)
			found += canvas->pixels[((uint32_t)rect.y + y) * canvas->stride + (uint32_t)rect.x +
						x] == colour;
	return found;
}

static uint32_t count_all(const struct canvas *canvas, uint32_t colour) {
	return count(canvas, (struct rect){0, 0, canvas->width, canvas->height}, colour);
}

static void fills_exactly_and_clips(void) {
	static const struct {
		struct rect rect;
		uint32_t pixels;
	} cases[] = {
		{{0, 0, 10, 10}, 100},
		{{-5, -5, 10, 10}, 25},
		{{95, 55, 10, 10}, 25},
		{{100, 0, 10, 10}, 0},
		{{0, 60, 10, 10}, 0},
		{{-10, 0, 10, 10}, 0},
		{{-2000000000, -2000000000, 4294967295u, 4294967295u}, 6000},
		{{5, 5, 0, 10}, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct canvas canvas;
		CHECK(canvas_init(&canvas, 100, 60) == 0);
		canvas_fill(&canvas, cases[i].rect, 0x123456);
		CHECK_SAY(count_all(&canvas, 0x123456) == cases[i].pixels, "case %zu", i);
		CHECK(count_all(&canvas, 0) == 6000 - cases[i].pixels);
		canvas_finish(&canvas);
	}
}

static void honours_the_clip(void) {
	struct canvas canvas, other;
	CHECK(canvas_init(&canvas, 100, 60) == 0 && canvas_init(&other, 100, 60) == 0);
	canvas_fill(&other, (struct rect){0, 0, 100, 60}, 0xff00);
	struct rect part = {20, 10, 30, 20};
	canvas_clip(&canvas, part);
	canvas_copy(&canvas, &other);
	CHECK(count(&canvas, part, 0xff00) == 600 && count_all(&canvas, 0xff00) == 600);
	canvas_fill(&canvas, (struct rect){0, 0, 100, 60}, 0xff);
	CHECK(count(&canvas, part, 0xff) == 600 && count_all(&canvas, 0xff) == 600);
	canvas_unclip(&canvas);
	canvas_outline(&canvas, part, 0xff0000);
	CHECK(count(&canvas, part, 0xff0000) == 2 * 30 + 2 * 18 && count_all(&canvas, 0xff0000) == 96);
	canvas_finish(&canvas);
	canvas_finish(&canvas);
	canvas_finish(&other);
}

/* Checks the shape of a letter, not only that something is drawn: the foot of 'L' is at the bottom right. */
static void draws_letters_upright(void) {
	struct canvas canvas;
	CHECK(canvas_init(&canvas, 64, 64) == 0);
	CHECK(canvas_text(&canvas, 0, 0, 2, 0xffffff, "L") == 16);
	uint32_t left = count(&canvas, (struct rect){0, 0, 8, 32}, 0xffffff);
	uint32_t top_right = count(&canvas, (struct rect){8, 0, 8, 16}, 0xffffff);
	uint32_t bottom_right = count(&canvas, (struct rect){8, 16, 8, 16}, 0xffffff);
	CHECK(left > 40 && top_right == 0 && bottom_right >= 8);
	CHECK(count_all(&canvas, 0xffffff) % 4 == 0); /* each font pixel is 2x2 */
	canvas_finish(&canvas);
}

static void measures_utf8(void) {
	CHECK(canvas_text_width(1, "") == 0);
	CHECK(canvas_text_width(1, "abc") == 24);
	CHECK(canvas_text_width(3, "\xc3\xa4\xe2\x82\xac") == 48); /* two characters */
	CHECK(canvas_text_width(1, "\xff\xc3") == 16);             /* two broken ones */
	CHECK(canvas_text_height(2) == 32);
}

static void finds_glyphs_by_code_point(void) {
	const struct font *font = font_default();
	size_t bytes = (size_t)font->row_bytes * font->height;
	for (uint32_t c = ' '; c < 0x7f; c++)
		CHECK_SAY(font->index[c] != 0xffff, "U+%04X", c);
	CHECK(font->index[0xe4] != 0xffff && font->index[0x416] != 0xffff && font->index[0x2502] != 0xffff);
	CHECK(memcmp(font_glyph(font, 'a'), font_glyph(font, 'b'), bytes) != 0);
	CHECK(memcmp(font_glyph(font, 0x4e00), font_glyph(font, '?'), bytes) == 0);
	CHECK(memcmp(font_glyph(font, 0x10ffff), font_glyph(font, '?'), bytes) == 0);
}

static void parses_version_two(void) {
	uint8_t file[32 + 2 * 4 + 8] = {0x72, 0xb5, 0x4a, 0x86, 0, 0, 0, 0, 32, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0,
		0, 4, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0,        /* header */
		1, 2, 3, 4, 5, 6, 7, 8,                       /* two glyphs, 8x4 */
		'?', 0xff, 0xc3, 0xa4, 'a', 0xfe, 'b', 0xff}; /* the second one: U+00E4, a; not b */
	struct font font;
	CHECK(font_parse(&font, file, sizeof file) == 0);
	CHECK(font.width == 8 && font.height == 4 && font.glyph_count == 2);
	CHECK(font_glyph(&font, 0xe4)[0] == 5 && font_glyph(&font, 'a')[3] == 8);
	CHECK(font_glyph(&font, 'b')[0] == 1);
	for (size_t size = 0; size < 40; size++)
		CHECK_SAY(font_parse(&font, file, size) == -EINVAL, "cut at %zu", size);
}

int main(void) {
	fills_exactly_and_clips();
	honours_the_clip();
	draws_letters_upright();
	measures_utf8();
	finds_glyphs_by_code_point();
	parses_version_two();
	return 0;
}
