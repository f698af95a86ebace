/* SPDX-License-Identifier: GPL-2.0-or-later */
/* drawing: the picture that the present look writes, and what changed in it. Frame thread. No file outside of
 * this folder includes it. */
#ifndef ZEROVNC_DRAWING_H
#define ZEROVNC_DRAWING_H

#include "encode/picture.h"

/* Only drawing.c writes these members. A conversion writes into the picture and into `part`. */
struct drawing {
	struct picture_store *store; /* borrowed */
	struct picture *picture;     /* NULL: none is begun */
	struct damage damage;        /* of all parts of the picture that were added */
	struct damage part;          /* of the present conversion; as large as the picture */
};

void drawing_init(struct drawing *drawing, struct picture_store *store);
void drawing_finish(struct drawing *drawing);

/* Begins a picture of this size, in which nothing has changed so far. 0 or -ENOMEM. */
int drawing_begin(struct drawing *drawing, uint32_t width, uint32_t height);

/* Adds what the conversion changed. */
void drawing_add_part(struct drawing *drawing);

/* Fetches the tiles that were not written from the previous picture, if viewers still read that one. */
void drawing_catch_up(struct drawing *drawing);

/* Makes black what none of the places covers (gaps_blank). */
void drawing_blank_gaps(struct drawing *drawing, const struct rect *places, size_t count);

/* Publishes the picture if anything changed in it. */
void drawing_end(struct drawing *drawing);

#endif
