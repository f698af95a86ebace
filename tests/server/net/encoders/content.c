/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/server/net/encoders/content.h"

#include <string.h>

#include "capture/pattern.h"
#include "tests/encode/random.h"
#include "tests/test.h"

struct area {
	uint32_t *pixels;
	size_t stride;
	uint32_t width, height;
};

static void draw_pattern(const struct area *area, const char *kind) {
	unsigned parts;
	struct pattern *pattern;
	CHECK(pattern_kind(kind, &parts) && pattern_create(area->width, area->height, parts, &pattern) == 0);
	pattern_draw(pattern, 3);
	const struct canvas *canvas = pattern_canvas(pattern);
	for (uint32_t y = 0; y < area->height; y++)
		memcpy(area->pixels + y * area->stride, canvas->pixels + (size_t)y * canvas->stride,
			area->width * 4);
	pattern_destroy(pattern);
}

/* --- pixel by pixel --- */

static uint32_t mixed(uint32_t value) {
	value = (value ^ value >> 15) * 0x2c1b3c6du;
	value = (value ^ value >> 12) * 0x297a2d39u;
	return (value ^ value >> 15) & 0xffffff;
}

static uint32_t noise(uint32_t x, uint32_t y, uint32_t unused) {
	(void)unused;
	return mixed(x + y * 8191);
}

static uint32_t solid(uint32_t x, uint32_t y, uint32_t colour) {
	(void)x;
	(void)y;
	return colour;
}

/* One of this many colours, which are far from each other. */
static uint32_t one_of(uint32_t x, uint32_t y, uint32_t count) {
	return mixed(77 + noise(x, y, 0) % count);
}

static uint32_t lines(uint32_t x, uint32_t y, uint32_t colour) {
	(void)x;
	return y / 3 % 2 ? colour : 0;
}

static uint32_t checkerboard(uint32_t x, uint32_t y, uint32_t colour) {
	return (x + y) % 2 ? colour : 0;
}

static uint32_t gradient(uint32_t x, uint32_t y, uint32_t unused) {
	(void)unused;
	return (x / 3 & 255) << 16 | (y * 2 & 255) << 8 | (255 - (x / 9 & 255));
}

static uint32_t wave(uint32_t at) {
	return at % 512 < 256 ? at % 256 : 255 - at % 256;
}

/* Something smooth with a little noise. */
static uint32_t photo(uint32_t x, uint32_t y, uint32_t unused) {
	(void)unused;
	uint32_t pixel = 0, grain = noise(x, y, 0);
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t value = wave(x * (3 + i) + y) + wave(y * (5 - i) + x / 2);
		pixel |= (20 + value * 2 / 5 + (grain >> 4 * i & 7)) << 8 * i;
	}
	return pixel;
}

/* In tiles of 64x64, with run lengths that take RLE one byte and more. */
static uint32_t runs(uint32_t x, uint32_t y, uint32_t colours) {
	static const uint32_t lengths[] = {1, 2, 3, 254, 255, 256, 257, 510, 511, 64, 1};
	uint32_t at = (y % 64 * 64 + x % 64) % 2114, run = 0;
	while (at >= lengths[run])
		at -= lengths[run++];
	return mixed(run % colours + x / 64 % 5);
}

static uint32_t areas(uint32_t x, uint32_t y, uint32_t width) {
	return y % 50 < 40 ? mixed(x / width + y / 50) : noise(x, y, 0);
}

/* --- */

static const struct {
	const char *name;
	const char *pattern; /* the kind of the built-in pattern, or */
	uint32_t (*pixel)(uint32_t x, uint32_t y, uint32_t parameter);
	uint32_t parameter;
} contents[CONTENTS] = {
	{"busy", "busy", NULL, 0},
	{"text", "still", NULL, 0},
	{"noise", NULL, noise, 0},
	{"one colour", NULL, solid, 0x3a6ea5},
	{"two colours", NULL, one_of, 2},
	{"3 colours", NULL, one_of, 3},
	{"16 colours", NULL, one_of, 16},
	{"17 colours", NULL, one_of, 17},
	{"127 colours", NULL, one_of, 127},
	{"128 colours", NULL, one_of, 128},
	{"256 colours", NULL, one_of, 256},
	{"257 colours", NULL, one_of, 257},
	{"lines", NULL, lines, 0xffffff},
	{"checkerboard", NULL, checkerboard, 0xff8000},
	{"runs", NULL, runs, 11},
	{"runs of two colours", NULL, runs, 2},
	{"areas of one colour", NULL, areas, 700},
	{"gradient", NULL, gradient, 0},
	{"photo", NULL, photo, 0},
};

const char *content_name(unsigned content) {
	return contents[content].name;
}

void content_draw(unsigned content, uint32_t *pixels, size_t stride, uint32_t width, uint32_t height) {
	struct area area = {pixels, stride, width, height};
	if (contents[content].pattern) {
		draw_pattern(&area, contents[content].pattern);
		return;
	}
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++)
			pixels[y * stride + x] = contents[content].pixel(x, y, contents[content].parameter);
}
