/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * history: where a tile changed in which generations, as short as it can be. Pure data without locks; an
 * all-zero one is of a tile that never changed.
 */
#ifndef ZEROVNC_HISTORY_H
#define ZEROVNC_HISTORY_H

#include <stdint.h>

#include "encode/damage.h"

enum { HISTORY_LENGTH = 5 };

/* Newest first. An entry also stands for what was seen to change earlier in no more than its box. */
struct history {
	uint64_t generations[HISTORY_LENGTH];
	struct damage_box boxes[HISTORY_LENGTH];
	uint32_t count;
};

/* Notes a change. Generations grow. */
void history_add(struct history *history, uint64_t generation, struct damage_box box);

/* Returns a box that includes everything that changed after generation `seen`, if anything did. It is the
 * smallest one as long as no more changes lie behind than the history remembers. */
struct damage_box history_since(const struct history *history, uint64_t seen);

#endif
