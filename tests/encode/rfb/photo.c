/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images of all sizes are whole, and share one buffer, which stays with whoever compresses. Those of low
 * quality have codes of their own, which take fewer bytes and change no pixel, and later images have the
 * usual ones again. */
#include "encode/rfb/photo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h> /* needs stdio.h before it */

#include "tests/encode/random.h"
#include "tests/test.h"

enum { SIDE = 256, FEW = 16 };

static uint32_t pixels[SIDE * SIDE];

static const uint8_t *compress(struct photo *photo, unsigned side, size_t *size) {
	const uint8_t *data = NULL;
	*size = photo_compress(photo, pixels, SIDE, side, side, 95, PHOTO_444, &data);
	CHECK(*size > 4 && data);
	CHECK(data[0] == 0xff && data[1] == 0xd8 && data[*size - 2] == 0xff && data[*size - 1] == 0xd9);
	return data;
}

/* A gradient with some noise. */
static void draw_photo(struct random *random) {
	for (uint32_t y = 0; y < SIDE; y++)
		for (uint32_t x = 0; x < SIDE; x++)
			pixels[y * SIDE + x] = (x / 2 + random_below(random, 30)) << 16 |
					       (y / 2 + random_below(random, 30)) << 8 |
					       ((x + y) / 4 + random_below(random, 30));
}

static void decode(const uint8_t *data, size_t size, uint8_t rgb[SIDE][SIDE * 3]) {
	struct jpeg_decompress_struct library;
	struct jpeg_error_mgr errors;
	library.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&library);
	jpeg_mem_src(&library, data, size);
	jpeg_read_header(&library, TRUE);
	jpeg_start_decompress(&library);
	CHECK(library.output_width == SIDE && library.output_height == SIDE);
	while (library.output_scanline < SIDE) {
		JSAMPROW row = rgb[library.output_scanline];
		jpeg_read_scanlines(&library, &row, 1);
	}
	jpeg_finish_decompress(&library);
	jpeg_destroy_decompress(&library);
}

/* By libjpeg with the usual codes. The caller frees it. */
static uint8_t *compress_usual(int quality, unsigned long *size) {
	struct jpeg_compress_struct library;
	struct jpeg_error_mgr errors;
	uint8_t *data = NULL;
	library.err = jpeg_std_error(&errors);
	jpeg_create_compress(&library);
	jpeg_mem_dest(&library, &data, size);
	library.image_width = library.image_height = SIDE;
	library.input_components = 3;
	library.in_color_space = JCS_RGB;
	jpeg_set_defaults(&library);
	jpeg_set_quality(&library, quality, TRUE);
	library.dct_method = JDCT_IFAST;
	jpeg_start_compress(&library, TRUE);
	for (uint32_t y = 0; y < SIDE; y++) {
		uint8_t row[SIDE * 3];
		JSAMPROW rows[] = {row};
		for (uint32_t x = 0; x < SIDE; x++)
			for (unsigned i = 0; i < 3; i++)
				row[x * 3 + i] = (uint8_t)(pixels[y * SIDE + x] >> (16 - 8 * i));
		jpeg_write_scanlines(&library, rows, 1);
	}
	jpeg_finish_compress(&library);
	jpeg_destroy_compress(&library);
	return data;
}

static void try_codes(struct photo *photo, int quality, double most) {
	static uint8_t ours[SIDE][SIDE * 3], theirs[SIDE][SIDE * 3];
	const uint8_t *data;
	unsigned long usual;
	size_t size = photo_compress(photo, pixels, SIDE, SIDE, SIDE, quality, PHOTO_420, &data);
	uint8_t *other = compress_usual(quality, &usual);
	CHECK(size);
	decode(data, size, ours);
	decode(other, usual, theirs);
	CHECK(memcmp(ours, theirs, sizeof ours) == 0);
	CHECK_SAY((double)size <= most * (double)usual, "quality %d: %zu bytes, and %lu with the usual codes",
		quality, size, usual);
	free(other);
}

int main(void) {
	static uint8_t first[1 << 20];
	struct random random = {1};
	struct photo *photo = photo_create();
	size_t large, small, again;
	CHECK(photo);
	for (size_t i = 0; i < SIDE * SIDE; i++)
		pixels[i] = random_below(&random, 1 << 24);
	compress(photo, FEW, &small);
	const uint8_t *data = compress(photo, SIDE, &large);
	CHECK(large > 100000 && large <= sizeof first && small < 4096);
	memcpy(first, data, large);
	for (int turn = 0; turn < 10; turn++) { /* a buffer that was left behind would be another one */
		CHECK(compress(photo, FEW, &again) == data && again == small);
		CHECK(compress(photo, SIDE, &again) == data && again == large);
		CHECK(memcmp(first, data, large) == 0);
	}
	draw_photo(&random);
	for (int turn = 0; turn < 3; turn++) {
		try_codes(photo, 15, 0.9);
		try_codes(photo, 79, 1);
		try_codes(photo, 41, 0.95);
		try_codes(photo, 62, 1);
	}
	photo_destroy(photo);
	return 0;
}
