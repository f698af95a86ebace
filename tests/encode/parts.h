/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parts: several heads of random frames in one picture, each of a converter of its own, at positions that are
 * no multiples of a tile.
 */
#ifndef ZEROVNC_TESTS_PARTS_H
#define ZEROVNC_TESTS_PARTS_H

#include "encode/converter.h"

enum { PARTS_HEADS = 3 };

/*
 * Lets two or three heads change, move and be converted by turns and together, into a picture that is being
 * read, and fails the test unless every pixel is the reference's, the damage is that of the pixels, and what
 * belongs to no head stays as it was. `layers`: the most that a frame has.
 */
void parts_check(struct converter *const converters[PARTS_HEADS], uint64_t seed, int layers);

/* Moves one head, which stays as it is, by whole tiles, with and without saying so. */
void parts_check_moved(struct converter *converter);

/* A frame that does not lie in the picture is refused. */
void parts_check_refused(struct converter *converter);

#endif
