/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/draw/words.h"

#include <stdio.h>
#include <string.h>

enum { LINE_SIZE = 512 };

/* How many bytes of `text` go into one line: as many words as fit, but at least one, up to a line break. */
static size_t line_length(const char *text, uint32_t width, uint32_t scale) {
	size_t end = strcspn(text, "\n"), fits = 0;
	for (size_t i = 1; i <= end; i++) {
		if (text[i] != ' ' && i != end)
			continue;
		char line[LINE_SIZE];
		snprintf(line, sizeof line, "%.*s", (int)i, text);
		if (fits && canvas_text_width(scale, line) > width)
			break;
		fits = i;
	}
	return fits;
}

/* Takes the first line off the text and returns the rest. */
static const char *next_line(const char *text, uint32_t width, uint32_t scale, char line[LINE_SIZE]) {
	size_t length = line_length(text, width, scale);
	snprintf(line, LINE_SIZE, "%.*s", (int)length, text);
	return text + length + (text[length] != '\0'); /* the blank or line break that ended the line */
}

static uint32_t line_height(uint32_t scale) {
	return canvas_text_height(scale) * 5 / 4;
}

struct words_size words_measure(uint32_t width, uint32_t scale, const char *text) {
	struct words_size size = {0};
	char line[LINE_SIZE];
	while (*text) {
		text = next_line(text, width, scale, line);
		uint32_t line_width = canvas_text_width(scale, line);
		size.width = line_width > size.width ? line_width : size.width;
		size.height += line_height(scale);
	}
	return size;
}

int32_t words_draw(struct canvas *canvas, int32_t x, int32_t y, uint32_t width, uint32_t scale,
	uint32_t colour, const char *text) {
	char line[LINE_SIZE];
	while (*text) {
		text = next_line(text, width, scale, line);
		canvas_text(canvas, x, y, scale, colour, line);
		y += (int32_t)line_height(scale);
	}
	return y;
}
