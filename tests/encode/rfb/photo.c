/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images of all sizes are whole, and share one buffer, which stays with whoever compresses. */
#include "encode/rfb/photo.h"

#include <string.h>

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
	photo_destroy(photo);
	return 0;
}
