/* SPDX-License-Identifier: GPL-2.0-or-later */
/* known_colours: what tests make of the colours of tiles, and check in them (encode/tile_colours.h). */
#ifndef ZEROVNC_TESTS_KNOWN_COLOURS_H
#define ZEROVNC_TESTS_KNOWN_COLOURS_H

#include "encode/picture.h"
#include "tests/encode/random.h"

/* Fails unless the colours that are known are those of the pixels. Returns of how many tiles they are. */
uint32_t known_colours_check(const struct picture *picture);

/* Returns the colours of a tile at `pixels`, of which `width` x `height` are in the picture, in random order
 * and with some that no pixel has. NULL: there are too many. */
struct tile_colours *known_colours_find(
	const uint32_t *pixels, size_t stride, uint32_t width, uint32_t height, struct random *random);

#endif
