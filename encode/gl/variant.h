/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * variant: the layers that a program reads, and what else programs of the same shaders differ by. A small
 * cache tells which variants have a program.
 */
#ifndef ZEROVNC_VARIANT_H
#define ZEROVNC_VARIANT_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/frame.h"

enum { VARIANT_SCALED = 0x80, VARIANT_HALVES = 0x40, VARIANT_KIND = 0x3f };

/* It has no padding, so it can be compared byte by byte. */
struct variant {
	uint8_t count;                    /* of layers, at least 1 */
	bool composed;                    /* not just one layer that is opaque and shown pixel by pixel */
	uint8_t corrected;                /* enum colour_kind */
	bool sparing;                     /* not all tiles are stored (encode/gl/spared.h) */
	uint8_t layers[FRAME_MAX_LAYERS]; /* the lowest first: enum scanout_kind, and the flags above */
};

enum { VARIANT_CACHE = 12 };

/* The places where its owner keeps the programs. */
struct variant_cache {
	struct variant variants[VARIANT_CACHE]; /* count is 0 in a free place */
	uint64_t used[VARIANT_CACHE];
	uint64_t time;
};

/*
 * Returns the variant's place. If `found` is false, it has no program yet: the owner must delete the program
 * that is in this place, if any, and make the new one.
 */
int variant_cache_find(struct variant_cache *cache, const struct variant *variant, bool *found);

/* Frees the place, because its program could not be made. */
void variant_cache_drop(struct variant_cache *cache, int place);

#endif
