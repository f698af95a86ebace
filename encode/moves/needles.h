/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * needles: by what offsets something may have moved in any direction, as a dragged window does. A few small
 * pieces of the later picture are looked for in the damaged tiles of the earlier one. That one of them is
 * found proves nothing else. Only encode/moves uses this.
 */
#ifndef ZEROVNC_MOVES_NEEDLES_H
#define ZEROVNC_MOVES_NEEDLES_H

#include <stdbool.h>

#include "encode/moves/moves.h"

/* Finds the offset by which the most needles came from somewhere else. False: none is right for more than
 * half of them. */
bool needles_find(const struct moves_pair *pair, const struct damage *damage, struct offset *by);

#endif
