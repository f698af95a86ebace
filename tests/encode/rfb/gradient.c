/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filter's differences are those that rfbproto's words make, at every width, and nothing beside the rows
 * is read or written. */
#include "encode/rfb/gradient.h"

#include <string.h>

#include "tests/encode/random.h"
#include "tests/test.h"

static int channel(const uint32_t *row, int x, unsigned shift) {
	return x < 0 ? 0 : (int)(row[x] >> shift & 0xff);
}

static uint32_t *make_row(unsigned width, struct random *random) {
	static const uint32_t extremes[] = {0, 0xffffff, 0xff00ff, 0x010101};
	uint32_t *row = malloc(width * sizeof *row); /* all that the heap has there, for ASan */
	CHECK(row);
	for (unsigned x = 0; x < width; x++)
		row[x] = random_below(random, 3) ? random_below(random, 1 << 24)
						 : extremes[random_below(random, 4)];
	return row;
}

static void try_width(unsigned width, struct random *random) {
	uint32_t *row = make_row(width, random), *above = make_row(width, random),
		 *to = make_row(width, random);
	gradient_row(to, row, above, width);
	for (int x = 0; x < (int)width; x++)
		for (unsigned shift = 0; shift < 32; shift += 8) {
			int told = channel(row, x - 1, shift) + channel(above, x, shift) -
				   channel(above, x - 1, shift);
			told = told < 0 ? 0 : told > 255 ? 255 : told;
			CHECK((uint8_t)(told + channel(to, x, shift)) == channel(row, x, shift));
		}
	free(row);
	free(above);
	free(to);
}

int main(void) {
	struct random random = {3};
	for (unsigned width = 1; width < 70; width++)
		for (int turn = 0; turn < 20; turn++)
			try_width(width, &random);
	return 0;
}
