/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cells: where the damage shows what the earlier picture has at some distance. A cell is one row of a tile.
 * Only encode/moves uses this.
 */
#ifndef ZEROVNC_MOVES_CELLS_H
#define ZEROVNC_MOVES_CELLS_H

#include "encode/moves/moves.h"

enum { CELLS_COLUMNS_MAX = 256, CELLS_ROWS_MAX = CELLS_COLUMNS_MAX * DAMAGE_TILE };

struct cells;

/* NULL: out of memory. */
struct cells *cells_create(void);
void cells_destroy(struct cells *cells);

/* Makes those of the damage, and what lies between them in a column, the cells that are not explained yet. 0;
 * -ENOMEM; -EINVAL if there are more than the enumeration says. */
int cells_open(struct cells *cells, const struct damage *damage);

/* Compares the pixels of every cell that is not explained yet with those at this distance. */
void cells_match(struct cells *cells, const struct moves_pair *pair, struct offset by);

/* Takes the largest rectangle of cells that matched. They are explained now. False: none has `least` pixels,
 * or looking for more would take too long. */
bool cells_take(struct cells *cells, uint32_t least, struct rect *rectangle);

#endif
