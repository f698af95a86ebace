/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * looks: what a part of the picture looks like, tile by tile, and which tiles go together as one rectangle.
 * The members are for whoever reads; only looks.c writes them.
 */
#ifndef ZEROVNC_LOOKS_H
#define ZEROVNC_LOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/rect.h"
#include "encode/rfb/scan.h"

enum {
	LOOKS_TILE = SCAN_SIDE,
	LOOKS_WIDEST = 32,                  /* tiles of a part, side by side */
	LOOKS_JPEG_HEIGHT = 8 * LOOKS_TILE, /* of a photograph that is one rectangle, at most */
	LOOKS_MARGIN = 8,                   /* of a photograph that is cut off, at least */
};

/* What a tile looks like. */
enum look {
	LOOK_SOLID,
	LOOK_PALETTE,
	LOOK_PIXELS,
	LOOK_SMOOTH, /* pixels that the ones around them nearly tell */
	LOOK_PHOTO,  /* what JPEG is for */
};

/* Whether it was drawn, as text is, or is a photograph. In one that is plain, there is little of anything. */
enum nature { NATURE_PLAIN, NATURE_DRAWN, NATURE_RATHER_DRAWN, NATURE_RATHER_PHOTO, NATURE_PHOTO };

struct look_tile {
	enum look look;
	enum nature nature;
	bool taken;                         /* a rectangle has it */
	uint64_t repeats;                   /* see struct scan_area */
	struct scan scan;                   /* of LOOK_SOLID and LOOK_PALETTE, with all colours */
	const struct tile_colours *colours; /* borrowed; NULL: not known */
	/* If they are: the index of each in the palette of the tile's group, once that is taken. */
	uint8_t indices[TILE_COLOURS_MAX];
};

/* A part's pixels, and what may be found in them. */
struct looks_of {
	const uint32_t *pixels;           /* from the upper left one on */
	size_t stride;                    /* in pixels */
	uint32_t width, height;           /* at most LOOKS_WIDEST tiles wide */
	bool photo, smooth;               /* whether there can be LOOK_PHOTO and LOOK_SMOOTH */
	struct tile_colours_grid colours; /* of the pixels, as far as they are known */
};

struct looks {
	struct looks_of of;
	unsigned columns, rows;
	unsigned next; /* tile that may not be taken */
	struct look_tile *tiles;
	size_t tiles_size;
};

/* All members are 0 at the beginning. */
void looks_finish(struct looks *looks);

/* Looks at a part. Its pixels are borrowed as long as its tiles are taken. False: out of memory. */
bool looks_find(struct looks *looks, const struct looks_of *of);

/* Tiles that go together as one rectangle of the part. */
struct look_group {
	enum look look;
	struct rect inside;     /* pixels, in the part */
	struct palette palette; /* of LOOK_PALETTE, with the colours of all of its tiles */
};

/* Takes the next ones, from above and from the left. False: none are left. */
bool looks_take(struct looks *looks, struct look_group *group);

/* Takes all tiles as one rectangle. It is a photograph if most of its pixels are. */
void looks_take_all(struct looks *looks, struct look_group *group);

/* Cuts a margin of one colour off a rectangle, as photographs on a page have where tiles are not: JPEG would
 * lose something at the edge between them. False: it has none that is worth a rectangle of its own. */
bool looks_cut_margin(const struct looks *looks, struct rect *inside, struct rect *margin);

static inline const struct look_tile *looks_tile(const struct looks *looks, unsigned column, unsigned row) {
	return &looks->tiles[row * looks->columns + column];
}

/* The first pixel of a row of a rectangle in the part. */
static inline const uint32_t *looks_row(const struct looks *looks, const struct rect *inside, unsigned y) {
	return looks->of.pixels + ((size_t)inside->y + y) * looks->of.stride + inside->x;
}

#endif
