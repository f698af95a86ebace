/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces cover their rectangle exactly once, and none of them is larger than allowed. */
#include "server/vnc/pieces.h"

#include <stdlib.h>
#include <string.h>

#include "tests/encode/random.h"
#include "tests/test.h"

enum { SIDE = 400 };

static uint8_t covered[SIDE][SIDE];

static void must_cover(
	const struct vnc_pieces *pieces, const struct rect *r, uint32_t widest, uint32_t pixels) {
	memset(covered, 0, sizeof covered);
	for (size_t i = 0; i < pieces->count; i++) {
		const struct vnc_piece *piece = &pieces->list[i];
		CHECK(piece->width && piece->height && piece->width <= widest);
		CHECK((uint32_t)piece->width * piece->height <= pixels);
		for (uint32_t y = piece->y; y < (uint32_t)piece->y + piece->height; y++)
			for (uint32_t x = piece->x; x < (uint32_t)piece->x + piece->width; x++)
				CHECK(x < SIDE && y < SIDE && !covered[y][x]++);
	}
	for (uint32_t y = 0; y < SIDE; y++)
		for (uint32_t x = 0; x < SIDE; x++)
			CHECK(covered[y][x] ==
				(x - (uint32_t)r->x < r->width && y - (uint32_t)r->y < r->height));
}

static void any_rectangle(void) {
	static const uint32_t widests[] = {1, 63, 64, 200, 1024}, pixels[] = {1, 5, 100, 4096, 20000, 65536};
	struct random random = {5};
	struct vnc_pieces pieces = {0};
	for (int round = 0; round < 300; round++) {
		struct rect r = {
			(int32_t)random_below(&random, SIDE), (int32_t)random_below(&random, SIDE), 0, 0};
		r.width = 1 + random_below(&random, SIDE - (uint32_t)r.x);
		r.height = 1 + random_below(&random, SIDE - (uint32_t)r.y);
		uint32_t widest = widests[random_below(&random, 5)], most = pixels[random_below(&random, 6)];
		pieces.count = 0;
		CHECK(vnc_pieces_cut(&pieces, &r, widest, most));
		must_cover(&pieces, &r, widest, most);
	}
	vnc_pieces_finish(&pieces);
}

static void in_whole_tiles(void) {
	struct vnc_pieces pieces = {0};
	CHECK(vnc_pieces_cut(&pieces, &(struct rect){64, 128, 3840, 2000}, 1024, 1 << 16));
	CHECK(pieces.count == 4 * 32);
	for (size_t i = 0; i < pieces.count; i++)
		CHECK(pieces.list[i].x % 64 == 0 && pieces.list[i].y % 64 == 0);
	/* the largest rectangle that there is */
	pieces.count = 0;
	CHECK(vnc_pieces_cut(&pieces, &(struct rect){0, 0, 65535, 65535}, 4096, 1 << 16));
	const struct vnc_piece *last = &pieces.list[pieces.count - 1];
	CHECK(last->x + last->width == 65535 && last->y + last->height == 65535);
	vnc_pieces_finish(&pieces);
}

int main(void) {
	any_rectangle();
	in_whole_tiles();
	return 0;
}
