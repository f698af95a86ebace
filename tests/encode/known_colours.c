/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/known_colours.h"

#include <string.h>

#include "tests/test.h"

static void check_tile(const struct picture *picture, struct rect tile, const struct tile_colours *colours) {
	CHECK(colours->count >= 1 && colours->count <= TILE_COLOURS_MAX);
	CHECK(colours->count == 1 || colours->numbered);
	for (uint32_t y = 0; y < tile.height; y++) {
		const uint8_t *row = picture->pixels + ((size_t)tile.y + y) * picture->stride;
		for (uint32_t x = 0; x < tile.width; x++) {
			uint32_t pixel = ((const uint32_t *)(const void *)row)[(uint32_t)tile.x + x];
			uint32_t number = colours->count > 1 ? colours->numbers[y * DAMAGE_TILE + x] : 0;
			CHECK_SAY(number < colours->count && colours->colours[number] == pixel,
				"pixel %u,%u of the tile at %d,%d is %06x, and known as number %u of %u", x,
				y, tile.x, tile.y, pixel, number, colours->count);
		}
	}
}

uint32_t known_colours_check(const struct picture *picture) {
	const struct damage grid = {.width = picture->width, .height = picture->height};
	uint32_t columns = (picture->width + DAMAGE_TILE - 1) / DAMAGE_TILE,
		 rows = (picture->height + DAMAGE_TILE - 1) / DAMAGE_TILE, known = 0;
	for (uint32_t row = 0; row < rows; row++)
		for (uint32_t column = 0; column < columns; column++) {
			const struct tile_colours *colours = picture->colours[row * columns + column];
			if (!colours)
				continue;
			check_tile(picture, damage_tile(&grid, column, row), colours);
			known++;
		}
	return known;
}

/* The number of a colour, which is added if it is new. -1: there are too many. */
static int number_of(struct tile_colours *colours, uint32_t colour) {
	uint32_t i = 0;
	while (i < colours->count && colours->colours[i] != colour)
		i++;
	if (i == TILE_COLOURS_MAX)
		return -1;
	if (i == colours->count)
		colours->colours[colours->count++] = colour;
	return (int)i;
}

/* Gives colours other numbers. */
static void shuffle(struct tile_colours *colours, struct random *random) {
	uint32_t before[TILE_COLOURS_MAX];
	uint8_t numbers[TILE_COLOURS_MAX];
	memcpy(before, colours->colours, sizeof before);
	for (uint32_t i = 0; i < colours->count; i++)
		numbers[i] = (uint8_t)i;
	for (uint32_t i = colours->count; i > 1; i--) {
		uint32_t other = random_below(random, i);
		uint8_t number = numbers[i - 1];
		numbers[i - 1] = numbers[other];
		numbers[other] = number;
	}
	for (uint32_t i = 0; i < colours->count; i++)
		colours->colours[numbers[i]] = before[i];
	for (uint32_t i = 0; i < TILE_PIXELS; i++)
		colours->numbers[i] = numbers[colours->numbers[i]];
}

struct tile_colours *known_colours_find(
	const uint32_t *pixels, size_t stride, uint32_t width, uint32_t height, struct random *random) {
	struct tile_colours *colours = tile_colours_renew(NULL, true);
	CHECK(colours);
	colours->count = 0;
	memset(colours->numbers, 0, TILE_PIXELS);
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++) {
			int number = number_of(colours, pixels[y * stride + x]);
			if (number < 0) {
				tile_colours_drop(colours);
				return NULL;
			}
			colours->numbers[y * DAMAGE_TILE + x] = (uint8_t)number;
		}
	if (colours->count == 1)
		return colours;
	for (uint32_t more = random_below(random, 4); more && colours->count < TILE_COLOURS_MAX; more--)
		number_of(colours, 0xabcd00 + more);
	shuffle(colours, random);
	return colours;
}
