/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tight makes the same bytes whether the colours of tiles are known or have to be found, of all of them,
 * some, or none. */
#include "encode/rfb/tight.h"

#include <string.h>

#include "tests/encode/known_colours.h"
#include "tests/test.h"

enum { WIDTH = 900, HEIGHT = 300, COLUMNS = (WIDTH + 63) / 64, ROWS = (HEIGHT + 63) / 64, ROUNDS = 150 };

static uint32_t pixels[HEIGHT][WIDTH];
static struct tile_colours *known[ROWS * COLUMNS];

/* Runs of few colours, as text has, with rows that repeat; some places have a colour, and some have many. */
static void draw_block(struct random *random, uint32_t left, uint32_t top, uint32_t width, uint32_t height) {
	static const uint32_t counts[] = {1, 1, 2, 2, 3, 14, 20, 40, 200, 255, 300, 100000};
	uint32_t count = counts[random_below(random, 12)],
		 shades = random_below(random, 2) ? 0xffffff : 0x3f3f3f;
	uint32_t palette[300];
	for (uint32_t i = 0; i < 300; i++)
		palette[i] = (uint32_t)random_next(random) & shades;
	for (uint32_t y = top; y < top + height && y < HEIGHT; y++) {
		bool repeats = y > top && random_below(random, 3) == 0;
		uint32_t pixel = 0, run = 0;
		for (uint32_t x = left; x < left + width && x < WIDTH; x++) {
			if (!run--) {
				pixel = count > 300 ? (uint32_t)random_next(random) & 0xffffff
						    : palette[random_below(random, count)];
				run = random_below(random, 6);
			}
			pixels[y][x] = repeats ? pixels[y - 1][x] : pixel;
		}
	}
}

/* A grey photograph: of few colours, but with steps of all sizes. */
static void draw_grey(struct random *random, uint32_t left, uint32_t top) {
	uint32_t grey = random_below(random, 100);
	for (uint32_t y = top; y < top + 192 && y < HEIGHT; y++)
		for (uint32_t x = left; x < left + 192 && x < WIDTH; x++)
			pixels[y][x] = 0x10101 * (grey + (x + y) / 8 + random_below(random, 24));
}

static void draw(struct random *random) {
	draw_block(random, 0, 0, WIDTH, HEIGHT);
	for (int i = 0; i < 30; i++)
		draw_block(random, random_below(random, COLUMNS) * 64, random_below(random, ROWS) * 64,
			64 * (1 + random_below(random, 5)), 64 * (1 + random_below(random, 3)));
	draw_grey(random, random_below(random, COLUMNS) * 64, random_below(random, ROWS) * 64);
}

static void find_colours(struct random *random) {
	uint32_t most = random_below(random, 4);
	for (uint32_t row = 0; row < ROWS; row++)
		for (uint32_t column = 0; column < COLUMNS; column++) {
			struct tile_colours **tile = &known[row * COLUMNS + column];
			uint32_t x = column * 64, y = row * 64;
			tile_colours_drop(*tile);
			*tile = random_below(random, 4) > most
					? NULL
					: known_colours_find(&pixels[y][x], WIDTH,
						  WIDTH - x < 64 ? WIDTH - x : 64,
						  HEIGHT - y < 64 ? HEIGHT - y : 64, random);
		}
}

static uint8_t *encode(struct tight *tight, struct tight_part part, bool with, size_t *size) {
	unsigned count;
	if (!with)
		part.colours.tiles = NULL;
	uint8_t *bytes = tight_encode(tight, &part, size, &count);
	CHECK(bytes);
	return bytes;
}

/* Which stream a rectangle uses goes on from part to part, so each encoder has the same parts. */
static void try_part(struct tight *tights[2], struct random *random) {
	uint32_t column = random_below(random, COLUMNS), row = random_below(random, ROWS), x = column * 64,
		 y = row * 64;
	struct tight_part part = {
		.place = {(int32_t)x, (int32_t)y, 1 + random_below(random, WIDTH - x),
			1 + random_below(random, HEIGHT - y)},
		.pixels = &pixels[y][x],
		.stride = WIDTH,
		.whole = random_below(random, 8) == 0,
		.colours = {known + row * COLUMNS + column, COLUMNS},
	};
	if (part.whole) {
		part.place.width = part.place.width < 200 ? part.place.width : 200;
		part.place.height = part.place.height < 200 ? part.place.height : 200;
	}
	int quality = random_below(random, 2) ? 75 : 0;
	bool gradient = random_below(random, 2);
	uint8_t *bytes[2];
	size_t sizes[2];
	for (int i = 0; i < 2; i++) {
		tight_set_quality(tights[i], quality, PHOTO_444);
		tight_set_gradient(tights[i], gradient);
		bytes[i] = encode(tights[i], part, i, &sizes[i]);
	}
	CHECK_SAY(sizes[0] == sizes[1] && memcmp(bytes[0], bytes[1], sizes[0]) == 0,
		"%ux%u at %u,%u: %zu bytes, and %zu if colours are known", part.place.width,
		part.place.height, x, y, sizes[0], sizes[1]);
	free(bytes[0]);
	free(bytes[1]);
}

int main(void) {
	struct random random = {.state = 5};
	struct tight *tights[] = {tight_create(), tight_create()};
	CHECK(tights[0] && tights[1]);
	for (int round = 0; round < ROUNDS; round++) {
		/* Of 16 bits, colours that are known are of no use. */
		static const struct format high = {
			.bits = 16, .depth = 16, .max = {31, 63, 31}, .shift = {11, 5, 0}};
		for (int i = 0; i < 2; i++)
			tight_set_format(tights[i], round % 8 ? &format_native : &high);
		draw(&random);
		find_colours(&random);
		for (int i = 0; i < 4; i++)
			try_part(tights, &random);
	}
	for (size_t i = 0; i < ROWS * COLUMNS; i++)
		tile_colours_drop(known[i]);
	tight_destroy(tights[0]);
	tight_destroy(tights[1]);
	return 0;
}
