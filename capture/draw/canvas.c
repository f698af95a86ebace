/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/draw/canvas.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/utf8.h"
#include "capture/draw/font.h"

enum { CANVAS_MAX_SIDE = 32767 };

int canvas_init(struct canvas *canvas, uint32_t width, uint32_t height) {
	memset(canvas, 0, sizeof *canvas);
	if (width == 0 || height == 0 || width > CANVAS_MAX_SIDE || height > CANVAS_MAX_SIDE)
		return -EINVAL;
	uint32_t stride = (width + 15) / 16 * 16;
	size_t bytes = (size_t)stride * 4 * height;
	canvas->pixels = aligned_alloc(64, bytes);
	if (!canvas->pixels)
		return -ENOMEM;
	memset(canvas->pixels, 0, bytes);
	canvas->width = width;
	canvas->height = height;
	canvas->stride = stride;
	canvas_unclip(canvas);
	return 0;
}

void canvas_finish(struct canvas *canvas) {
	free(canvas->pixels);
	memset(canvas, 0, sizeof *canvas);
}

void canvas_clip(struct canvas *canvas, struct rect rect) {
	canvas_unclip(canvas);
	canvas->clip = rect_intersect(canvas->clip, rect);
}

void canvas_unclip(struct canvas *canvas) {
	canvas->clip = (struct rect){0, 0, canvas->width, canvas->height};
}

static uint32_t *row_at(const struct canvas *canvas, int32_t x, int32_t y) {
	return canvas->pixels + (size_t)y * canvas->stride + x;
}

void canvas_fill(struct canvas *canvas, struct rect rect, uint32_t colour) {
	struct rect part = rect_intersect(canvas->clip, rect);
	for (uint32_t y = 0; y < part.height; y++) {
		uint32_t *row = row_at(canvas, part.x, part.y + (int32_t)y);
		for (uint32_t x = 0; x < part.width; x++)
			row[x] = colour;
	}
}

void canvas_outline(struct canvas *canvas, struct rect rect, uint32_t colour) {
	if (rect.width == 0 || rect.height == 0)
		return;
	int32_t right = rect.x + (int32_t)rect.width - 1, bottom = rect.y + (int32_t)rect.height - 1;
	canvas_fill(canvas, (struct rect){rect.x, rect.y, rect.width, 1}, colour);
	canvas_fill(canvas, (struct rect){rect.x, bottom, rect.width, 1}, colour);
	canvas_fill(canvas, (struct rect){rect.x, rect.y, 1, rect.height}, colour);
	canvas_fill(canvas, (struct rect){right, rect.y, 1, rect.height}, colour);
}

void canvas_copy(struct canvas *canvas, const struct canvas *from) {
	struct rect part = canvas->clip;
	for (uint32_t y = 0; y < part.height; y++)
		memcpy(row_at(canvas, part.x, part.y + (int32_t)y), row_at(from, part.x, part.y + (int32_t)y),
			(size_t)part.width * 4);
}

static void draw_glyph(
	struct canvas *canvas, int32_t x, int32_t y, uint32_t scale, uint32_t colour, uint32_t codepoint) {
	const struct font *font = font_default();
	struct rect cell = {x, y, font->width * scale, font->height * scale};
	if (rect_intersect(canvas->clip, cell).width == 0)
		return;
	const uint8_t *rows = font_glyph(font, codepoint);
	for (uint32_t row = 0; row < font->height; row++, rows += font->row_bytes) {
		for (uint32_t column = 0; column < font->width; column++) {
			if (!(rows[column / 8] & 0x80 >> column % 8))
				continue;
			canvas_fill(canvas,
				(struct rect){x + (int32_t)(column * scale), y + (int32_t)(row * scale),
					scale, scale},
				colour);
		}
	}
}

/* One character of UTF-8. A byte that begins no character stands for U+FFFD, which no font here has. */
static uint32_t next_character(const char **text) {
	uint32_t codepoint = 0xfffd;
	size_t length = utf8_next(*text, strlen(*text), &codepoint);
	*text += length ? length : 1;
	return codepoint;
}

uint32_t canvas_text(
	struct canvas *canvas, int32_t x, int32_t y, uint32_t scale, uint32_t colour, const char *text) {
	uint32_t advance = 0;
	while (*text) {
		draw_glyph(canvas, x + (int32_t)advance, y, scale, colour, next_character(&text));
		advance += font_default()->width * scale;
	}
	return advance;
}

uint32_t canvas_text_width(uint32_t scale, const char *text) {
	uint32_t characters = 0;
	for (; *text; characters++)
		next_character(&text);
	return characters * font_default()->width * scale;
}

uint32_t canvas_text_height(uint32_t scale) {
	return font_default()->height * scale;
}
