/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lossy_tiles QUALITY PICTURE.ppm [WITHOUT.ppm]: has a picture encoded in Tight, and prints how many of its
 * whole tiles there are and how many of these became JPEG. With another picture, only those tiles count that
 * differ clearly from it: those that have text, if it is the same page without.
 */
#include <stdio.h>
#include <string.h>

#include "encode/rfb/bytes.h"
#include "encode/rfb/tight.h"
#include "tests/image.h"
#include "tests/test.h"

enum { TILE = 64, PART_HEIGHT = 512, CLEARLY = 40, HEAD = 12, STORED = 12 };

static bool differs_clearly(uint32_t a, uint32_t b) {
	for (unsigned shift = 0; shift < 24; shift += 8)
		if (abs((int)(a >> shift & 0xff) - (int)(b >> shift & 0xff)) > CLEARLY)
			return true;
	return false;
}

static bool counts(const struct image *image, const struct image *without, uint32_t x, uint32_t y) {
	bool differs = !without;
	for (uint32_t row = y; row < y + TILE && !differs; row++)
		for (uint32_t column = x; column < x + TILE && !differs; column++) {
			size_t i = (size_t)row * image->width + column;
			differs = differs_clearly(image->pixels[i], without->pixels[i]);
		}
	return differs;
}

/* --- rfbproto, Tight --- */

static size_t take_length(const uint8_t **at) {
	size_t length = 0;
	for (unsigned shift = 0;; shift += 7) {
		uint8_t byte = *(*at)++;
		length |= (size_t)(shift < 14 ? byte & 0x7f : byte) << shift;
		if (shift == 14 || !(byte & 0x80))
			return length;
	}
}

/* Steps over the data of a rectangle behind its header. Returns whether they are JPEG. */
static bool take_rectangle(const uint8_t **at, uint32_t width, uint32_t height) {
	uint8_t control = *(*at)++;
	size_t row = (size_t)width * 3;
	if (control >> 4 == 8) {
		*at += 3;
		return false;
	}
	if (control >> 4 != 9 && control & 0x40 && *(*at)++ == 1) {
		unsigned colours = *(*at)++ + 1u;
		*at += (size_t)colours * 3;
		row = colours == 2 ? (width + 7) / 8 : width;
	}
	size_t length = control >> 4 != 9 && row * height < STORED ? row * height : take_length(at);
	*at += length;
	return control >> 4 == 9;
}

static void count_part(struct tight *tight, const struct image *image, const struct image *without,
	uint32_t y, unsigned *tiles, unsigned *lossy) {
	uint32_t height = image->height - y < PART_HEIGHT ? image->height - y : PART_HEIGHT;
	struct tight_part part = {.place = {0, (int32_t)y, image->width, height},
		.pixels = image->pixels + (size_t)y * image->width,
		.stride = image->width};
	unsigned count;
	size_t size;
	uint8_t *bytes = tight_encode(tight, &part, &size, &count);
	const uint8_t *at = bytes;
	CHECK(bytes);
	while (count--) {
		uint32_t left = bytes_get16(at), top = bytes_get16(at + 2), width = bytes_get16(at + 4),
			 bottom = bytes_get16(at + 6);
		at += HEAD;
		bool jpeg = take_rectangle(&at, width, bottom);
		for (uint32_t row = top; row + TILE <= top + bottom; row += TILE)
			for (uint32_t x = left; x + TILE <= left + width; x += TILE)
				if (counts(image, without, x, row)) {
					(*tiles)++;
					*lossy += jpeg;
				}
	}
	free(bytes);
}

int main(int argc, char **argv) {
	CHECK(argc == 3 || argc == 4);
	struct image image = image_read(argv[2]), without = {0, 0, NULL};
	struct tight *tight = tight_create();
	unsigned tiles = 0, lossy = 0;
	CHECK(tight);
	if (argc == 4) {
		without = image_read(argv[3]);
		CHECK(without.width == image.width && without.height == image.height);
	}
	tight_set_quality(tight, atoi(argv[1]), PHOTO_444);
	for (uint32_t y = 0; y < image.height; y += PART_HEIGHT)
		count_part(tight, &image, argc == 4 ? &without : NULL, y, &tiles, &lossy);
	printf("%u %u\n", tiles, lossy);
	tight_destroy(tight);
	free(image.pixels);
	free(without.pixels);
	return 0;
}
