/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and tiles, with texts that are none. */
#include "capture/head.h"

#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

static void check_names(void) {
	static const struct {
		const char *text, *card, *output; /* output NULL: not a name */
	} cases[] = {
		{"DP-1", "", "DP-1"},
		{"card1/HDMI-A-1", "card1", "HDMI-A-1"},
		{"", "", NULL},
		{"/", "", NULL},
		{"card1/", "", NULL},
		{"/DP-1", "", NULL},
		{"card1/DP-1/2", "", NULL},
		{"DP 1", "", NULL},
		{"DP-1\n", "", NULL},
		{"DP@1", "", NULL},
		{"D\xc3\xa4-1", "", NULL},
		{"a234567890123456789012345678901234567890", "", NULL},
		{"a23456789012345678901234567890123456789", "", "a23456789012345678901234567890123456789"},
		{"c2345678901234567890123456789012/DP-1", "", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct head_name name;
		bool good = head_name_parse(cases[i].text, strlen(cases[i].text), &name);
		CHECK_SAY(good == (cases[i].output != NULL), "'%s'", cases[i].text);
		CHECK_SAY(!good || (strcmp(name.card, cases[i].card) == 0 &&
					   strcmp(name.output, cases[i].output) == 0),
			"'%s': '%s' '%s'", cases[i].text, name.card, name.output);
	}
	struct head_name name;
	CHECK(head_name_parse("DP-1,DP-2", 4, &name) && strcmp(name.output, "DP-1") == 0);
	CHECK(head_name_fits(&name, "/dev/dri/card0", "dp-1") && head_name_fits(&name, "card7", "DP-1"));
	CHECK(!head_name_fits(&name, "/dev/dri/card0", "DP-10"));
	CHECK(head_name_parse("Card1/DP-1", 10, &name));
	CHECK(head_name_fits(&name, "/dev/dri/card1", "DP-1") && head_name_fits(&name, "card1", "DP-1"));
	CHECK(!head_name_fits(&name, "/dev/dri/card10", "DP-1"));
}

static void check_tiles(void) {
	static const char *const hostile[] = {
		"",
		"1:1:2:1:1:0:1920",             /* too short */
		"1:1:2:1:1:0:1920:2160:0",      /* too long */
		"0:1:2:1:1:0:1920:2160",        /* no group */
		"1:1:2:1:2:0:1920:2160",        /* outside of the group */
		"1:1:0:0:0:0:1920:2160",        /* no tiles at all */
		"1:1:2:1:1:0:0:2160",           /* nothing to see */
		"1:1:2:1:1:0:4294967295:2160",  /* too large */
		"1:1:32768:1:1:0:32768:2160",   /* too large in all */
		"-1:1:2:1:1:0:1920:2160",       /* a sign */
		"1: 1:2:1:1:0:1920:2160",       /* a space */
		"1:1:2:1:99999999999:0:1920:1", /* wraps around */
		"one",
	};
	struct head_tile tile;
	const char good[] = "3:1:2:1:1:0:1920:2160";
	CHECK(head_tile_parse(good, sizeof good, &tile));
	CHECK(tile.group == 3 && tile.columns == 2 && tile.rows == 1 && tile.column == 1 && tile.row == 0 &&
		tile.width == 1920 && tile.height == 2160);
	CHECK(head_tile_parse(good, sizeof good - 1, &tile) && tile.height == 2160); /* has no end */
	CHECK(head_tile_parse(good, sizeof good - 3, &tile) && tile.height == 21);
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		CHECK_SAY(!head_tile_parse(hostile[i], strlen(hostile[i]), &tile), "'%s'", hostile[i]);
		CHECK_SAY(!tile.group && !tile.width && !tile.columns, "'%s'", hostile[i]);
	}
	char endless[300];
	memset(endless, '1', sizeof endless);
	CHECK(!head_tile_parse(endless, sizeof endless, &tile));
}

static void check_turns(void) {
	/* The right one of two above two others, and a third row: of the picture below, B.
	 *   A B        E C A
	 *   C D  ->    F D B   clockwise by a quarter
	 *   E F                                     */
	const struct head_tile b = {1, 2, 3, 1, 0, 100, 70};
	static const struct head_tile turned[] = {
		[TURN_NONE] = {1, 2, 3, 1, 0, 100, 70},
		[TURN_90] = {1, 3, 2, 2, 1, 70, 100},
		[TURN_180] = {1, 2, 3, 0, 2, 100, 70},
		[TURN_270] = {1, 3, 2, 0, 0, 70, 100},
	};
	for (int turn = TURN_NONE; turn <= TURN_270; turn++) {
		struct head_tile tile = b;
		head_tile_turn((enum turn)turn, &tile);
		CHECK_SAY(memcmp(&tile, &turned[turn], sizeof tile) == 0, "turn %d: %u, %u", turn,
			tile.column, tile.row);
	}
	struct head_tile none = {0};
	head_tile_turn(TURN_90, &none);
	CHECK(!none.group && !none.column && !none.row);
}

int main(void) {
	check_names();
	check_tiles();
	check_turns();
	return 0;
}
