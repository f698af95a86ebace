/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * still: which tiles need not be composed to be compared, because what they are made of is byte for byte what
 * it was. The frame thread uses it.
 *
 * The pixels of a tile that is blended, decoded or turned cost more to make than to compare. So of a tile
 * that did not change for a while, what its layers hold there is copied. Then the tile is made from the
 * copies, so the picture shows what they show, whoever writes into the layers in the meantime. As long as the
 * layers are equal to their copies, the tile is left alone. When they differ, it is made from the layers, and
 * copied again only after it has been seen unchanged: what changes all the time costs no copies.
 *
 * Tiles in which one plane is seen as it is, or several that only replace each other, are not copied. Neither
 * are those of a scaled layer, whose tiles share bytes. A layer that is turned by a quarter lies in memory
 * column by column, so it is compared as a whole first. So the copies take at most as much memory as the
 * layers have bytes that are shown; there are none if no tile needs them.
 */
#ifndef ZEROVNC_CPU_STILL_H
#define ZEROVNC_CPU_STILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/converter.h"
#include "encode/cpu/compose.h"
#include "encode/damage.h"

/* What the pixels of a frame depend on besides the bytes of its layers. */
struct still_stack {
	size_t count;
	uint64_t numbers[16 + FRAME_MAX_LAYERS * 20];
};

struct still {
	struct still_stack stack; /* of the frame that the states are about */
	uint8_t *states;          /* owned; of each tile of the picture */
	size_t room;
	uint32_t columns; /* of tiles in the picture */
	struct {
		bool is_as_kept; /* all that the frame shows of it, and that was found at once */
		uint8_t pause;   /* frames for which it is compared tile by tile */
	} layers[FRAME_MAX_LAYERS];
};

/* How a tile is dealt with in a frame. */
enum still_way {
	STILL_COMPOSE,   /* it is made from the layers */
	STILL_FROM_KEPT, /* it is made from the copies, by still_read_kept() */
	STILL_LEAVE,     /* it is what it was */
};

/* Prepares for a frame whose layers were begun. What was kept is given back if it does not hold for the
 * frame any more. */
void still_begin(struct still *still, struct compose *compose, const struct conversion *conversion);

/* Looks at the tiles of row `row` of the picture from column `first` up to, not including, `end`. All of them
 * are composed. `part`: where the frame lies in the picture. */
void still_look(struct still *still, struct compose *compose, const struct rect *part, uint32_t row,
	uint32_t first, uint32_t end);
/* What is to be done with one of them. */
enum still_way still_way(const struct still *still, uint32_t row, uint32_t column);
/* Makes compose_row() read the copies, or the layers again. */
void still_read_kept(struct compose *compose, bool kept);
/* Says whether its pixels were found to differ. To be called for each tile that was looked at. */
void still_seen(struct still *still, uint32_t row, uint32_t column, bool changed);

/* Takes these tiles, of the whole picture, for changed ones. */
void still_forget(struct still *still, const struct damage *tiles);

/* Gives the copies back. */
void still_release(struct still *still, struct compose *compose);
/* Frees everything but the copies. Takes a zeroed one. */
void still_finish(struct still *still);

#endif
