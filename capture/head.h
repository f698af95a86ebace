/* SPDX-License-Identifier: GPL-2.0-or-later */
/* head: one output among several that are shown as one desktop, and how people name it. Pure data; any
 * thread. */
#ifndef ZEROVNC_HEAD_H
#define ZEROVNC_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/turn.h"

enum { HEADS_MAX = 16 };

/* Which part of a monitor an output drives, if the monitor is fed by several cables: the connector's property
 * TILE. `group` 0: the whole monitor. Groups are numbered per card. */
struct head_tile {
	uint32_t group;
	uint32_t columns, rows; /* of the group */
	uint32_t column, row;   /* where this one lies among them */
	uint32_t width, height; /* of a tile, in pixels; never 0 in a group */
};

struct head {
	char card[64];          /* "/dev/dri/card0", for source_options.card */
	char output[40];        /* "DP-1", for source_options.output */
	uint32_t id;            /* never 0; the same for this output until the machine is started again */
	bool lit;               /* when it was looked at */
	uint32_t width, height; /* of its mode, before any turn; 0 if it has none */
	struct head_tile tile;  /* before any turn */
};

/* How a person names an output: "DP-1", or "card1/DP-1" if several cards have one. */
struct head_name {
	char card[32]; /* "card1"; empty: any card */
	char output[40];
};

/* Reads the first `length` bytes of `text`. False if they cannot be the name of an output. */
bool head_name_parse(const char *text, size_t length, struct head_name *name);

/* Whether the name means this output of this card ("/dev/dri/card1" or "card1"). Case does not matter. */
bool head_name_fits(const struct head_name *name, const char *card, const char *output);

/* The name of its card: "card0". */
const char *head_card_name(const struct head *head);

/* Whether both show tiles of one monitor. */
bool head_is_of_monitor(const struct head *one, const struct head *other);

/* Reads the text of a TILE property, "group:flags:columns:rows:column:row:width:height", of which `size`
 * bytes may be read. False, with `tile` all 0, if that makes no sense. */
bool head_tile_parse(const char *text, size_t size, struct head_tile *tile);

/* Whether its numbers fit each other. */
bool head_tile_is_sane(const struct head_tile *tile);

/* The same tile in a picture that was turned. */
void head_tile_turn(enum turn turn, struct head_tile *tile);

#endif
