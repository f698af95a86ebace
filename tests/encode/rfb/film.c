/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/rfb/film.h"

#include <stdbool.h>
#include <string.h>

#include "tests/test.h"

static unsigned hash(unsigned x, unsigned y, unsigned seed) {
	unsigned value = (x * 0x9e3779b1u) ^ (y * 0x85ebca77u) ^ (seed * 0xc2b2ae3du);
	value = (value ^ value >> 15) * 0x2c1b3c6du;
	value = (value ^ value >> 12) * 0x297a2d39u;
	return value >> 24;
}

/* Between the corners of cells of 1 << shift pixels, it changes evenly. */
static unsigned cloud(unsigned x, unsigned y, unsigned shift, unsigned seed) {
	unsigned size = 1u << shift, column = x >> shift, row = y >> shift, right = x & (size - 1),
		 down = y & (size - 1);
	unsigned above = hash(column, row, seed) * (size - right) + hash(column + 1, row, seed) * right;
	unsigned below =
		hash(column, row + 1, seed) * (size - right) + hash(column + 1, row + 1, seed) * right;
	return (above * (size - down) + below * down) >> 2 * shift;
}

enum { SIDE = 512 };

/* What drifts: two pictures, which are the same again after SIDE pixels. */
static const uint32_t *clouds(unsigned which) {
	static uint32_t pixels[2][SIDE * SIDE];
	static bool drawn;
	for (unsigned i = 0; !drawn && i < 2 * SIDE * SIDE; i++)
		for (unsigned channel = 0; channel < 3; channel++) {
			unsigned x = i % SIDE, y = i / SIDE % SIDE, large = i < SIDE * SIDE;
			pixels[!large][i % (SIDE * SIDE)] |= cloud(x, y, large ? 6 : 3, channel + 7 * large)
							     << 8 * channel;
		}
	drawn = true;
	return pixels[which];
}

static uint32_t mixed(uint32_t large, uint32_t small) {
	uint32_t half = (large >> 1 & 0x7f7f7f), quarter = (large >> 2 & 0x3f3f3f);
	return half + quarter + (small >> 2 & 0x3f3f3f);
}

void film_draw(struct canvas *canvas, struct rect part, unsigned number) {
	const uint32_t *large = clouds(0), *small = clouds(1);
	for (uint32_t y = 0; y < part.height; y++) {
		uint32_t *to = canvas->pixels + ((size_t)part.y + y) * canvas->stride + part.x;
		size_t large_row = (y + number) % SIDE * SIDE, small_row = (y + number * 2) % SIDE * SIDE;
		for (uint32_t x = 0; x < part.width; x++)
			to[x] = mixed(large[large_row + (x + number * 3) % SIDE],
				small[small_row + (x - number * 2) % SIDE]);
	}
}

static const uint32_t *row_of(const uint8_t *pixels, size_t stride, uint32_t y) {
	return (const uint32_t *)(const void *)(pixels + y * stride);
}

/* Returns whether something differs in a tile, and where. */
static bool compare(const struct canvas *canvas, const struct picture *picture, const struct rect *tile,
	struct damage_box *box) {
	const uint8_t *before = picture->reference ? picture->reference : picture->pixels;
	uint32_t left = tile->width, top = tile->height, right = 0, bottom = 0;
	for (uint32_t y = 0; y < tile->height; y++) {
		const uint32_t *old = row_of(before, picture->stride, (uint32_t)tile->y + y) + tile->x;
		const uint32_t *new = canvas->pixels + ((size_t)tile->y + y) * canvas->stride + tile->x;
		for (uint32_t x = 0; x < tile->width; x++) {
			if (old[x] == new[x])
				continue;
			left = x < left ? x : left;
			right = x + 1 > right ? x + 1 : right;
			top = y < top ? y : top;
			bottom = y + 1;
		}
	}
	*box = (struct damage_box){(uint8_t)left, (uint8_t)top, (uint8_t)right, (uint8_t)bottom};
	return bottom;
}

static void copy_tile(const struct canvas *canvas, struct picture *picture, const struct rect *tile) {
	for (uint32_t y = (uint32_t)tile->y; y < (uint32_t)tile->y + tile->height; y++)
		memcpy(picture->pixels + (size_t)y * picture->stride + (size_t)tile->x * 4,
			canvas->pixels + (size_t)y * canvas->stride + tile->x, tile->width * 4);
}

void film_publish(struct picture_store *store, const struct canvas *canvas) {
	struct picture *picture = picture_store_begin(store, canvas->width, canvas->height);
	struct damage damage;
	damage_init(&damage);
	CHECK(picture && damage_resize(&damage, canvas->width, canvas->height) == 0);
	bool first = picture_is_first(picture);
	for (uint32_t row = 0; row < damage.rows; row++)
		for (uint32_t column = 0; column < damage.columns; column++) {
			struct rect tile = damage_tile(&damage, column, row);
			struct damage_box box = damage_whole(&damage, column, row);
			if (!first && !compare(canvas, picture, &tile, &box))
				continue;
			damage_add_box(&damage, column, row, box);
			copy_tile(canvas, picture, &tile);
		}
	picture_store_publish(store, &damage);
	damage_finish(&damage);
}
