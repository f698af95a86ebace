/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every instruction set sees the same along a row, reads nothing outside it, and a tile's scan counts what
 * there is. */
#include "encode/rfb/scan.h"

#include <string.h>

#include "tests/encode/random.h"
#include "tests/test.h"

/* Steps of all sizes, and runs. */
static void fill(uint32_t *row, unsigned width, struct random *random) {
	uint32_t pixel = random_below(random, 1 << 24);
	for (unsigned x = 0; x < width; x++) {
		uint32_t step = 1u << random_below(random, 5), channel = 8 * random_below(random, 3);
		if (random_below(random, 3) == 0)
			pixel = random_below(random, 1 << 24);
		else if (random_below(random, 2))
			pixel = (pixel & ~(0xffu << channel)) | (((pixel >> channel & 0xff) + step) & 0xff)
									<< channel;
		row[x] = pixel;
	}
}

/* What is seen is only what rows with a bit have, and it is added to what was there. The rows are all that
 * the heap has there, so that ASan sees a byte too many. */
static void try_rows(scan_rows_function *look, uint32_t seed) {
	struct random random = {seed};
	for (int turn = 0; turn < 3000; turn++) {
		unsigned width = 1 + random_below(&random, SCAN_SIDE), height = 1 + random_below(&random, 3);
		uint32_t *pixels = malloc((size_t)width * height * sizeof *pixels);
		CHECK(pixels);
		const struct scan_area area = {pixels, width, width, height, 0};
		struct scan_rows want = {.steps = {1, 2, 3}, .border = ~UINT64_C(1)}, seen = want;
		uint64_t rows = random_below(&random, 1u << height);
		for (unsigned y = 0; y < height; y++)
			fill(pixels + y * width, width, &random);
		for (unsigned y = 0; y < height; y++) {
			uint32_t steps = want.steps.all;
			uint64_t edges;
			if (!(rows >> y & 1))
				continue;
			scan_row_c(pixels + y * width, width, &want.changes[y], &edges, &want.steps);
			want.border &= want.changes[y] == 1 ? ~UINT64_C(0) : edges;
			want.runs[y] = (uint8_t)(want.steps.all - steps + 1);
		}
		look(&area, rows, &seen);
		CHECK(memcmp(want.changes, seen.changes, sizeof want.changes) == 0);
		CHECK(memcmp(want.runs, seen.runs, sizeof want.runs) == 0);
		CHECK(want.border == seen.border);
		CHECK(memcmp(&want.steps, &seen.steps, sizeof want.steps) == 0);
		free(pixels);
	}
}

/* Steps of each size that is told from another, in a channel and back. */
static void try_limits(scan_rows_function *look) {
	static const uint32_t sizes[] = {0, SCAN_SLIGHT, SCAN_SLIGHT + 1, SCAN_EDGE, SCAN_EDGE + 1, 255};
	uint32_t row[SCAN_SIDE];
	for (unsigned shift = 0; shift < 24; shift += 8)
		for (unsigned i = 0; i < 6; i++) {
			for (unsigned x = 0; x < SCAN_SIDE; x++)
				row[x] = x % 2 ? sizes[i] << shift : 0;
			struct scan_rows seen = {.steps = {0}};
			look(&(struct scan_area){row, SCAN_SIDE, SCAN_SIDE, 1, 0}, 1, &seen);
			unsigned steps = i ? SCAN_SIDE - 1 : 0;
			CHECK(seen.changes[0] == (i ? ~UINT64_C(0) : 1) && seen.steps.all == steps);
			CHECK(seen.steps.slight == (sizes[i] <= SCAN_SLIGHT ? steps : 0));
			CHECK(seen.steps.edges == (sizes[i] > SCAN_EDGE ? steps : 0));
		}
}

static void try_area(void) {
	enum { STRIDE = 100 };
	uint32_t pixels[SCAN_SIDE * STRIDE];
	struct scan_area area = {pixels, STRIDE, 64, 64, 0};
	struct scan scan;
	memset(pixels, 0, sizeof pixels);
	scan_area(&scan, &area, 256);
	CHECK(!scan.many && scan.palette.count == 1 && scan.runs == 64 && !scan.steps.all);
	for (unsigned y = 0; y < 64; y++)
		for (unsigned x = 0; x < 64; x++)
			pixels[y * STRIDE + x] = (x / 8 + y / 8 * 8) * 0x010203;
	scan_repeats(pixels, STRIDE, 64, 64, &area.repeats);
	CHECK(area.repeats == UINT64_C(0xfefefefefefefefe));
	scan_area(&scan, &area, 64);
	CHECK(!scan.many && scan.palette.count == 64 && scan.runs == 64 * 8);
	CHECK(scan.steps.all == 8 * 7 && !scan.steps.slight &&
		!scan.steps.edges); /* of the rows that differ */
	for (unsigned i = 0; i < 64; i++)
		CHECK(scan.palette.colours[i] == i * 0x010203 &&
			palette_index(&scan.palette, i * 0x010203) == i);
	scan_area(&scan, &area, 63);
	CHECK(scan.many && scan.runs == 64 * 8);
	pixels[63 * STRIDE + 63] = 0xffffff;
	scan_repeats(pixels, STRIDE, 64, 64, &area.repeats);
	scan_area(&scan, &area, 256);
	CHECK(scan.palette.count == 65 && scan.palette.colours[64] == 0xffffff);
}

/* Runs of all lengths, of which each pixel has its index, and no byte behind the row's is written but for so
 * many.
 */
static void try_indices(void) {
	uint8_t indices[SCAN_SIDE + SCAN_SPILL + 1];
	uint32_t row[SCAN_SIDE];
	struct random random = {1};
	for (int turn = 0; turn < 3000; turn++) {
		struct scan scan;
		unsigned width = 1 + random_below(&random, SCAN_SIDE),
			 longest = 1 + random_below(&random, SCAN_SIDE);
		for (unsigned x = 0, end; x < width; x = end) {
			uint32_t colour = random_below(&random, 100) * 0x030507;
			end = x + 1 + random_below(&random, longest);
			for (unsigned i = x; i < end && i < width; i++)
				row[i] = colour;
		}
		const struct scan_area area = {row, SCAN_SIDE, width, 1, 0};
		memset(indices, 0xaa, sizeof indices);
		scan_area(&scan, &area, 256);
		scan_indices(&scan.palette, row, scan.changes[0], width, indices);
		for (unsigned x = 0; x < width; x++)
			CHECK(scan.palette.colours[indices[x]] == row[x]);
		CHECK(indices[width + SCAN_SPILL] == 0xaa);
	}
}

/* Changes are those of each row, also of one that repeats the row above, and however many colours there are.
 */
static void try_changes(unsigned limit) {
	uint32_t pixels[SCAN_SIDE * SCAN_SIDE];
	uint64_t changes[SCAN_SIDE];
	struct random random = {1};
	struct scan_area area = {pixels, SCAN_SIDE, SCAN_SIDE, SCAN_SIDE, 0};
	struct scan scan;
	for (unsigned y = 0; y < SCAN_SIDE; y++)
		for (unsigned x = 0; x < SCAN_SIDE; x++)
			pixels[y * SCAN_SIDE + x] = random_below(&random, limit);
	for (unsigned x = 0; x < SCAN_SIDE; x++)
		pixels[5 * SCAN_SIDE + x] = pixels[6 * SCAN_SIDE + x] = pixels[4 * SCAN_SIDE + x];
	scan_repeats(pixels, SCAN_SIDE, SCAN_SIDE, SCAN_SIDE, &area.repeats);
	CHECK(limit > 2 ? area.repeats == 0x60 : area.repeats & 0x60);
	scan_area(&scan, &area, PALETTE_MAX);
	scan_changes(&area, changes);
	CHECK(scan.many == (limit > PALETTE_MAX));
	for (unsigned y = 0; y < SCAN_SIDE; y++) {
		struct scan_steps steps = {0};
		uint64_t want, edges;
		scan_row_c(pixels + y * SCAN_SIDE, SCAN_SIDE, &want, &edges, &steps);
		CHECK(changes[y] == want && (scan.many || scan.changes[y] == want));
	}
}

/* The border of a photograph that goes through all rows is no edge of it, and one that ends before is, if
 * other colours go on there. */
static void try_border(unsigned rows, bool goes_on, bool counts) {
	uint32_t pixels[SCAN_SIDE * SCAN_SIDE];
	struct random random = {1};
	struct scan_area area = {pixels, SCAN_SIDE, SCAN_SIDE, SCAN_SIDE, 0};
	struct scan scan;
	for (unsigned y = 0; y < SCAN_SIDE; y++)
		for (unsigned x = 0; x < SCAN_SIDE; x++)
			pixels[y * SCAN_SIDE + x] = y >= rows && !goes_on
							    ? 0
							    : (x > 40 && y < rows ? 0xc0c0c0 : 0) +
								      random_below(&random, 4) * 0x010100;
	scan_area(&scan, &area, PALETTE_MAX);
	CHECK(scan.palette.count == 8 && scan.steps.edges == (counts ? rows : 0));
	area.height = 8;
	scan_area(&scan, &area, PALETTE_MAX);
	CHECK(scan.steps.edges == 8);
}

/* Tiles side by side, the last of which is narrow. */
static void try_repeats(void) {
	enum { WIDTH = 3 * SCAN_SIDE + 1, HEIGHT = 5 };
	uint32_t *pixels = calloc((size_t)WIDTH * HEIGHT, sizeof *pixels);
	uint64_t repeats[4];
	CHECK(pixels);
	pixels[2 * WIDTH + SCAN_SIDE] = 1;         /* the first pixel of a tile */
	pixels[4 * WIDTH + 3 * SCAN_SIDE - 1] = 1; /* the last one */
	pixels[WIDTH + 3 * SCAN_SIDE] = 1;         /* the narrow tile */
	scan_repeats(pixels, WIDTH, WIDTH, HEIGHT, repeats);
	CHECK(repeats[0] == 0x1e && repeats[1] == 0x12 && repeats[2] == 0x0e && repeats[3] == 0x18);
	scan_repeats(pixels, WIDTH, WIDTH, 1, repeats);
	CHECK(!repeats[0] && !repeats[3]);
	free(pixels);
}

/* Colours that all have the same hash. */
static void try_palette(void) {
	struct palette palette;
	uint32_t colours[PALETTE_MAX], count = 0;
	palette_clear(&palette);
	for (uint32_t colour = 0; count < PALETTE_MAX; colour++)
		if (colour * 0x9e3779b1u >> 22 == 1023)
			colours[count++] = colour;
	for (unsigned i = 0; i < PALETTE_MAX; i++)
		CHECK(palette_add(&palette, colours[i], PALETTE_MAX) == (int)i);
	for (unsigned i = 0; i < PALETTE_MAX; i++)
		CHECK(palette_add(&palette, colours[i], PALETTE_MAX) == (int)i &&
			palette_index(&palette, colours[i]) == i);
	CHECK(palette_add(&palette, 0xabcdef, PALETTE_MAX) == -1 && palette.count == PALETTE_MAX);
}

/* A line that is drawn smoothly, and a soft slope: between slight steps and edges there is as much of both,
 * but the line's is near its edge. */
static void try_blur(void) {
	uint32_t pixels[SCAN_SIDE * SCAN_SIDE];
	const struct scan_area area = {pixels, SCAN_SIDE, SCAN_SIDE, SCAN_SIDE, 0};
	struct scan_blur blur;
	for (unsigned y = 0; y < SCAN_SIDE; y++)
		for (unsigned x = 0; x < SCAN_SIDE; x++)
			pixels[y * SCAN_SIDE + x] = x < 20 ? 1 : x == 20 ? 21 : x == 21 ? 181 : 201;
	scan_blur(&area, &blur);
	CHECK(blur.steps == 3 * SCAN_SIDE / 4 && !blur.apart);
	for (unsigned y = 0; y < SCAN_SIDE; y++)
		for (unsigned x = 40; x < 50; x++)
			pixels[y * SCAN_SIDE + x] = 201 - 20 * (x - 40);
	scan_blur(&area, &blur); /* nine steps of the slope, and its end is an edge */
	CHECK_SAY(blur.steps == (3 + 9 + 1) * SCAN_SIDE / 4 && blur.apart == (9 - SCAN_NEAR) * SCAN_SIDE / 4,
		"%u, %u apart", blur.steps, blur.apart);
}

int main(void) {
	scan_rows_function *look;
	for (size_t i = 0; (look = scan_rows_at(i)); i++) {
		try_rows(look, 1 + (uint32_t)i);
		try_limits(look);
	}
	try_area();
	try_blur();
	try_indices();
	try_changes(2);
	try_border(SCAN_SIDE, true, false);
	try_border(SCAN_SIDE - 1, true, true);
	try_border(SCAN_SIDE / 2, false, false);
	try_changes(1 << 24);
	try_repeats();
	try_palette();
	return 0;
}
