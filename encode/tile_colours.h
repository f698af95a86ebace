/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tile_colours: a tile of few colours as what these are and which pixel has which. A converter that finds
 * that out on its way, as the GPU does, leaves it in the picture, so that encoders need not find it again.
 *
 * Only the writer of pictures makes and changes them, and only as long as it is their only user. Several
 * pictures may use the same. One takes 5 KB where the tile's pixels take 16 KB.
 */
#ifndef ZEROVNC_TILE_COLOURS_H
#define ZEROVNC_TILE_COLOURS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/damage.h"

enum { TILE_COLOURS_MAX = 255, TILE_PIXELS = DAMAGE_TILE * DAMAGE_TILE };

struct tile_colours {
	atomic_uint users;
	bool numbered;                      /* there is room for numbers */
	uint32_t count;                     /* of colours; 1: every pixel has it, and there are no numbers */
	uint32_t colours[TILE_COLOURS_MAX]; /* 0x00RRGGBB, each once; some may be of no pixel */
	/* Of each pixel's colour, below `count`, row by row. Those outside the picture count, too. */
	uint8_t numbers[];
};

/* Those of tiles side by side and below each other, row by row. Borrowed. */
struct tile_colours_grid {
	struct tile_colours *const *tiles; /* NULL: not known, as is each that is NULL */
	size_t columns;                    /* from one row to the next */
};

/* Returns one that the caller alone uses, with room for numbers if they are wanted. Its contents are
 * undefined. It is `old` if that suits, or else one use of `old` ends. `old` may be NULL. NULL: out of
 * memory. */
struct tile_colours *tile_colours_renew(struct tile_colours *old, bool numbered);
/* Returns how much memory it takes. Takes NULL. */
size_t tile_colours_bytes(const struct tile_colours *colours);
/* One more user. Takes NULL, and returns what it is given. Any thread. */
struct tile_colours *tile_colours_use(struct tile_colours *colours);
/* One user less. Takes NULL. Any thread. */
void tile_colours_drop(struct tile_colours *colours);

#endif
