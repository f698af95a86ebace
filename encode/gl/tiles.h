/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tiles: unpacks the tiles that the GPU sent into the picture. Several threads do this if there are many
 * tiles.
 */
#ifndef ZEROVNC_TILES_H
#define ZEROVNC_TILES_H

#include "encode/gl/crew.h"
#include "encode/gl/unpack.h"
#include "encode/picture.h"

struct tiles {
	int fixed_stream;  /* if it is not 0: as gl_options.stream */
	int fixed_hands;   /* if it is not 0: as gl_options.hands */
	struct crew *crew; /* the worker pool; made when it is first needed */
	bool crew_tried;
};

/* An all-zero one may be finished, too. */
void tiles_finish(struct tiles *tiles);

/* Stores what lies in this part of the picture of the tiles of `count` checked headers, and says in the
 * picture which of them are absent. The tiles are
 * numbered row by row from the picture's tile on in which the part begins to the one in which it ends.
 * `expected` is how many tiles of the whole frame are likely to come with pixels. `bounce`: the payload lies
 * in slow memory and is copied out tile by tile. If the picture wants colours (picture.h), it gets those of
 * whole tiles. */
void tiles_store(struct tiles *tiles, const struct unpack_header *headers, unsigned count, unsigned expected,
	const uint8_t *payload, bool bounce, const struct rect *part, struct picture *picture);

/* Adds to the damage what of a tile's box lies in this part of the picture. */
void tiles_report(
	struct damage *damage, uint32_t column, uint32_t row, struct damage_box box, const struct rect *part);

/* Of a tile that tiles_store() dealt with, which may have left its colours in the picture, too. */
void tiles_report_stored(struct damage *damage, const struct picture *picture, uint32_t column, uint32_t row,
	struct damage_box box, const struct rect *part);

#endif
