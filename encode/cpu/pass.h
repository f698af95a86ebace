/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pass: compares what a frame shows with a picture, row by row, stores what differs, and reports the tiles.
 * The frame thread uses it.
 */
#ifndef ZEROVNC_CPU_PASS_H
#define ZEROVNC_CPU_PASS_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/base/rect.h"
#include "encode/cpu/compose.h"
#include "encode/cpu/kernel.h"
#include "encode/cpu/still.h"
#include "encode/damage.h"
#include "encode/picture.h"

/* Memory for one row of tiles, which serves pass after pass. Owned. */
struct pass_room {
	struct run *runs;          /* what is seen where */
	struct run *tasks;         /* what of them is to be compared with the picture */
	struct kernel_tile *tiles; /* a tile's own rows have the numbers from 1 to 64 */
	uint32_t *line;            /* one row of the picture, composed */
	uint32_t width;            /* in pixels, for which there is room */
};

/* For a picture of this width. Of zeroed room, too. 0 or -ENOMEM. */
int pass_reserve(struct pass_room *room, uint32_t width);
void pass_finish(struct pass_room *room);

/* All of it is borrowed until the pass is over. */
struct pass {
	const struct kernel *kernel;
	struct compose *compose; /* whose layers were begun */
	struct still *still;     /* which was begun, too */
	struct pass_room *room;
	struct picture *picture;
	const uint8_t *reference; /* pixels to compare with; may be the picture's own */
	struct rect part;         /* of the picture, that the frame fills */
};

/* `fresh`: nothing is to be compared; the picture gets all of the frame. Adds to `damage`, which is of the
 * picture's size. */
void pass_run(const struct pass *pass, bool fresh, struct damage *damage);

#endif
