/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Desktops of heads, each a row of a table; and what a user may write about them. */
#include "capture/layout.h"

#include <errno.h>
#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

/* --- texts --- */

static void check_texts(void) {
	static const struct {
		const char *text;
		size_t count;     /* of places; 0 and `says`: an error that says this */
		const char *says; /* of the last place otherwise: */
		int32_t x, y;
	} cases[] = {
		{"", 0, NULL, 0, 0},
		{"DP-1@0,0", 1, NULL, 0, 0},
		{"DP-1@0,0,HDMI-A-1@1920,-17", 2, NULL, 1920, -17},
		{"card1/DP-1@-5,7,card0/DP-1@32767,-32767", 2, NULL, 32767, -32767},
		{"DP-1@0,0,", 0, "output and its place", 0, 0},
		{",DP-1@0,0", 0, "output and its place", 0, 0},
		{"DP-1", 0, "output and its place", 0, 0},
		{"@0,0", 0, "output and its place", 0, 0},
		{"DP-1@", 0, "where DP-1 lies", 0, 0},
		{"DP-1@0", 0, "where DP-1 lies", 0, 0},
		{"DP-1@0,", 0, "where DP-1 lies", 0, 0},
		{"DP-1@0,0x", 0, "where DP-1 lies", 0, 0},
		{"DP-1@0x10,0", 0, "where DP-1 lies", 0, 0},
		{"DP-1@ 1,0", 0, "where DP-1 lies", 0, 0},
		{"DP-1@+1,0", 0, "where DP-1 lies", 0, 0},
		{"DP-1@--1,0", 0, "where DP-1 lies", 0, 0},
		{"DP-1@32768,0", 0, "where DP-1 lies", 0, 0},
		{"DP-1@0,-32768", 0, "where DP-1 lies", 0, 0},
		{"DP-1@99999999999999999999999,0", 0, "where DP-1 lies", 0, 0},
		{"DP-1@4294967296,0", 0, "where DP-1 lies", 0, 0},
		{"DP-1@0,0 DP-2@1,1", 0, "where DP-1 lies", 0, 0},
		{"DP-1@0,0,dp-1@1,1", 0, "second place", 0, 0},
		{"DP-1@3,4,DP-2@3,4", 0, "lies over DP-1", 0, 0},
		{"a@1,0,b@2,0,c@3,0,d@4,0,e@5,0,f@6,0,g@7,0,h@8,0,i@9,0,j@10,0,k@11,0,l@12,0,m@13,0,n@14,0,"
		 "o@15,0,p@16,0",
			16, NULL, 16, 0},
		{"a@1,0,b@2,0,c@3,0,d@4,0,e@5,0,f@6,0,g@7,0,h@8,0,i@9,0,j@10,0,k@11,0,l@12,0,m@13,0,n@14,0,"
		 "o@15,0,p@16,0,q@17,0",
			0, "more than 16", 0, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct layout_spec spec;
		struct reason why = {""};
		int error = heads_layout_parse(cases[i].text, &spec, &why);
		CHECK_SAY(error == (cases[i].says ? -EINVAL : 0), "'%s': %s", cases[i].text, why.text);
		if (cases[i].says) {
			CHECK_SAY(strstr(why.text, cases[i].says), "'%s': %s", cases[i].text, why.text);
			continue;
		}
		CHECK_SAY(spec.count == cases[i].count, "'%s'", cases[i].text);
		if (spec.count)
			CHECK_SAY(spec.wishes[spec.count - 1].x == cases[i].x &&
					  spec.wishes[spec.count - 1].y == cases[i].y,
				"'%s'", cases[i].text);
	}
}

/* --- places --- */

/* A tile of a monitor of two by two with 100x80 each. */
#define TILE(group, column, row) .tile = {group, 2, 2, column, row, 100, 80}
#define HEAD(name, w, h)         .card = "/dev/dri/card0", .output = name, .width = w, .height = h
#define AT(left, top)            .shown = true, .x = left, .y = top

/* Each head with the place that it shall have, and a part of what the note shall say of it. */
static const struct desktop {
	const char *what, *spec;
	uint32_t width, height;
	size_t count;
	struct {
		const char *card, *output;
		uint32_t width, height;
		enum turn turn;
		struct head_tile tile;
		struct layout_shared shared;
		bool shown;
		int32_t x, y;
		const char *note;
	} heads[6];
} desktops[] = {
	{"nothing", "", 0, 0, 0, {{0}}},
	{"dark", "A@5,5", 0, 0, 1, {{HEAD("A", 0, 0)}}},
	{"one", "", 640, 480, 1, {{HEAD("A", 640, 480), AT(0, 0)}}},
	{"one, placed", "A@-7,9", 640, 480, 1, {{HEAD("A", 640, 480), AT(0, 0)}}},
	{"side by side", "", 340, 200, 4,
		{{HEAD("A", 100, 80), AT(0, 0)}, {HEAD("B", 200, 50), AT(100, 0)}, {HEAD("C", 0, 0)},
			{HEAD("D", 40, 200), AT(300, 0)}}},
	{"as told", "B@0,0,A@-100,-20", 300, 100, 2,
		{{HEAD("A", 100, 80), AT(0, 0)}, {HEAD("B", 200, 80), AT(100, 20)}}},
	{"above each other, with a gap", "A@0,0,B@10,100", 210, 150, 2,
		{{HEAD("A", 100, 80), AT(0, 0)}, {HEAD("B", 200, 50), AT(10, 100)}}},
	{"told in part", "B@50,30", 340, 80, 3,
		{{HEAD("A", 100, 80), AT(200, 0)}, {HEAD("B", 200, 50), AT(0, 0)},
			{HEAD("C", 40, 9), AT(300, 0)}}},
	{"told of an absent one", "X@0,0", 100, 80, 1, {{HEAD("A", 100, 80), AT(0, 0)}}},
	{"told by card", "card1/A@0,0,card0/A@100,0", 200, 80, 2,
		{{HEAD("A", 100, 80), AT(100, 0)},
			{.card = "/dev/dri/card1", .output = "A", .width = 100, .height = 80, AT(0, 0)}}},
	{"placed over another", "A@0,0,B@99,79", 300, 80, 2,
		{{HEAD("A", 100, 80), AT(0, 0)},
			{HEAD("B", 200, 50), AT(100, 0), .note = "place is over A"}}},
	{"touching at a corner", "A@0,0,B@100,80", 300, 130, 2,
		{{HEAD("A", 100, 80), AT(0, 0)}, {HEAD("B", 200, 50), AT(100, 80)}}},
	{"one name, two cards, one place", "A@0,0", 200, 80, 2,
		{{HEAD("A", 100, 80), AT(0, 0)}, {.card = "/dev/dri/card1",
							 .output = "A",
							 .width = 100,
							 .height = 80,
							 AT(100, 0),
							 .note = "place is over A"}}},

	{"Xorg", "", 300, 130, 2,
		{{HEAD("A", 100, 80), .shared = {7, 900, 900, 200, 50}, AT(200, 50)},
			{HEAD("B", 200, 50), .shared = {7, 900, 900, 0, 0}, AT(0, 0)}}},
	{"Xorg, a part in the middle", "", 200, 80, 2,
		{{HEAD("A", 100, 80), .shared = {7, 900, 900, 500, 50}, AT(0, 0)},
			{HEAD("B", 100, 80), .shared = {7, 900, 900, 600, 50}, AT(100, 0)}}},
	{"Xorg on two cards", "", 400, 80, 4,
		{{HEAD("A", 100, 80), .shared = {7, 900, 900, 100, 0}, AT(100, 0)},
			{.card = "/dev/dri/card1",
				.output = "A",
				.width = 100,
				.height = 80,
				.shared = {7, 900, 900, 100, 0},
				AT(300, 0)},
			{HEAD("B", 100, 80), .shared = {7, 900, 900, 0, 0}, AT(0, 0)},
			{.card = "/dev/dri/card1",
				.output = "B",
				.width = 100,
				.height = 80,
				.shared = {7, 900, 900, 0, 0},
				AT(200, 0)}}},
	{"framebuffers of their own", "", 200, 80, 2,
		{{HEAD("A", 100, 80), .shared = {7, 900, 900, 0, 0}, AT(0, 0)},
			{HEAD("B", 100, 80), .shared = {8, 900, 900, 0, 0}, AT(100, 0)}}},
	{"told against Xorg", "A@0,0,B@0,80", 100, 160, 2,
		{{HEAD("A", 100, 80), .shared = {7, 900, 900, 0, 0}, AT(0, 0)},
			{HEAD("B", 100, 80), .shared = {7, 900, 900, 100, 0}, AT(0, 80)}}},
	{"overlapping in Xorg", "", 200, 80, 2,
		{{HEAD("A", 100, 80), .shared = {7, 900, 900, 0, 0}, AT(0, 0)},
			{HEAD("B", 100, 80), .shared = {7, 900, 900, 50, 0}, AT(100, 0),
				.note = "B lies to the right of the rest because its place is over A"}}},

	{"a mirror", "", 100, 80, 2,
		{{HEAD("A", 100, 80), .shared = {7, 900, 900, 3, 4}, AT(0, 0)},
			{HEAD("B", 100, 80), .shared = {7, 900, 900, 3, 4},
				.note = "B is left out because it shows the same as A"}}},
	{"a smaller mirror", "", 100, 80, 2,
		{{HEAD("A", 50, 80), .shared = {7, 900, 900, 10, 0},
			 .note = "A is left out because it shows the same as B"},
			{HEAD("B", 100, 80), .shared = {7, 900, 900, 0, 0}, AT(0, 0)}}},
	{"a mirror on another card", "", 200, 80, 2,
		{{HEAD("A", 100, 80), .shared = {7, 900, 900, 0, 0}, AT(0, 0)},
			{.card = "/dev/dri/card1",
				.output = "B",
				.width = 100,
				.height = 80,
				.shared = {7, 900, 900, 0, 0},
				AT(100, 0)}}},
	{"three mirrors", "", 100, 80, 3,
		{{HEAD("A", 100, 80), .shared = {7, 900, 900, 0, 0}, AT(0, 0)},
			{HEAD("B", 100, 80), .shared = {7, 900, 900, 0, 0}, .note = "B is left out"},
			{HEAD("C", 100, 80), .shared = {7, 900, 900, 0, 0},
				.note = "C is left out because it shows the same as A"}}},
	{"a mirror of the one that was placed", "B@0,0", 100, 80, 2,
		{{HEAD("A", 100, 80), .shared = {7, 900, 900, 0, 0}, .note = "the same as B"},
			{HEAD("B", 100, 80), .shared = {7, 900, 900, 0, 0}, AT(0, 0)}}},
	{"mirrors that were placed", "A@0,0,B@100,0", 200, 80, 2,
		{{HEAD("A", 100, 80), .shared = {7, 900, 900, 0, 0}, AT(0, 0)},
			{HEAD("B", 100, 80), .shared = {7, 900, 900, 0, 0}, AT(100, 0)}}},
	{"a dark one and its framebuffer", "", 100, 80, 2,
		{{HEAD("A", 0, 0), .shared = {7, 900, 900, 0, 0}},
			{HEAD("B", 100, 80), .shared = {7, 900, 900, 0, 0}, AT(0, 0)}}},

	{"tiles", "", 250, 160, 5,
		{{HEAD("A", 100, 80), TILE(1, 1, 1), AT(100, 80)}, {HEAD("B", 50, 9), AT(200, 0)},
			{HEAD("C", 100, 80), TILE(1, 0, 1), AT(0, 80)},
			{HEAD("D", 100, 80), TILE(1, 1, 0), AT(100, 0)},
			{HEAD("E", 100, 80), TILE(1, 0, 0), AT(0, 0)}}},
	{"tiles that were turned clockwise", "", 160, 200, 4,
		{{HEAD("A", 80, 100), TILE(1, 0, 0), .turn = TURN_90, AT(80, 0)},
			{HEAD("B", 80, 100), TILE(1, 1, 0), .turn = TURN_90, AT(80, 100)},
			{HEAD("C", 80, 100), TILE(1, 0, 1), .turn = TURN_90, AT(0, 0)},
			{HEAD("D", 80, 100), TILE(1, 1, 1), .turn = TURN_90, AT(0, 100)}}},
	{"tiles of two monitors", "", 300, 160, 3,
		{{HEAD("A", 100, 80), TILE(1, 0, 1), AT(0, 80)},
			{HEAD("B", 100, 80), TILE(2, 0, 0), AT(200, 0)},
			{HEAD("C", 100, 80), TILE(1, 1, 0), AT(100, 0)}}},
	{"the lower tiles", "", 200, 80, 2,
		{{HEAD("A", 100, 80), TILE(1, 1, 1), AT(100, 0)},
			{HEAD("B", 100, 80), TILE(1, 0, 1), AT(0, 0)}}},
	{"a tile in a smaller mode", "", 150, 80, 2,
		{{HEAD("A", 50, 40), TILE(1, 1, 0), AT(0, 0)},
			{HEAD("B", 100, 80), TILE(1, 0, 0), AT(50, 0)}}},
	{"tiles beside what was placed", "A@1000,0,B@0,0", 1100, 80, 3,
		{{HEAD("A", 100, 80), TILE(1, 1, 0), AT(1000, 0)}, {HEAD("B", 10, 10), AT(0, 0)},
			{HEAD("C", 100, 80), TILE(1, 0, 0), AT(900, 0)}}},
	{"tiles with no room beside what was placed", "A@0,0,B@-50,0", 250, 80, 3,
		{{HEAD("A", 100, 80), TILE(1, 1, 0), AT(50, 0)}, {HEAD("B", 50, 10), AT(0, 0)},
			{HEAD("C", 100, 80), TILE(1, 0, 0), AT(150, 0), .note = "is over B"}}},
	{"a tile whose place is taken", "A@0,0,B@0,100,C@50,0", 400, 109, 3,
		{{HEAD("A", 100, 80), TILE(1, 0, 0), AT(0, 0)}, {HEAD("B", 300, 9), AT(0, 100)},
			{HEAD("C", 100, 80), TILE(1, 1, 0), AT(300, 0), .note = "place is over A"}}},
	{"a tile twice", "", 200, 80, 2,
		{{HEAD("A", 100, 80), TILE(1, 1, 0), AT(0, 0)},
			{HEAD("B", 100, 80), TILE(1, 1, 0), AT(100, 0), .note = "place is over A"}}},
	{"tiles that Xorg draws", "", 200, 80, 2,
		{{HEAD("A", 100, 80), TILE(1, 1, 0), .shared = {7, 900, 900, 0, 0}, AT(0, 0)},
			{HEAD("B", 100, 80), TILE(1, 0, 0), .shared = {7, 900, 900, 100, 0}, AT(100, 0)}}},

	{"as large as can be", "", 32767, 80, 2,
		{{HEAD("A", 100, 80), AT(0, 0)}, {HEAD("B", 32667, 80), AT(100, 0)}}},
	{"too wide", "", 200, 80, 3,
		{{HEAD("A", 100, 80), AT(0, 0)}, {HEAD("B", 32668, 80), .note = "B is left out"},
			{HEAD("C", 100, 80), AT(100, 0)}}},
	{"too high", "A@0,-32767,B@0,0", 100, 80, 2,
		{{HEAD("A", 100, 80), AT(0, 0)},
			{HEAD("B", 100, 80),
				.note = "B is left out because the picture would be too large"}}},
	{"larger than all", "", 0, 0, 1, {{HEAD("A", 0xffffffff, 0xffffffff), .note = "too large"}}},
	{"far apart in Xorg", "", 100, 80, 2,
		{{HEAD("A", 100, 80), .shared = {7, 900, 900, 0, 0}, AT(0, 0)},
			{HEAD("B", 100, 80), .shared = {7, 900, 900, 0xffff, 0xffff}, .note = "too large"}}},
};

static void fill(const struct desktop *desktop, struct head *heads, struct layout_head *inputs) {
	for (size_t i = 0; i < desktop->count; i++) {
		heads[i] = (struct head){.tile = desktop->heads[i].tile};
		snprintf(heads[i].card, sizeof heads[i].card, "%s",
			desktop->heads[i].card ? desktop->heads[i].card : "");
		snprintf(heads[i].output, sizeof heads[i].output, "%s",
			desktop->heads[i].output ? desktop->heads[i].output : "");
		inputs[i] = (struct layout_head){&heads[i], desktop->heads[i].width, desktop->heads[i].height,
			desktop->heads[i].turn, desktop->heads[i].shared};
	}
}

static void check_desktop(const struct desktop *desktop) {
	struct layout_spec spec;
	struct reason why = {""}, note = {"old"};
	struct head heads[HEADS_MAX];
	struct layout_head inputs[HEADS_MAX];
	struct rect places[HEADS_MAX];
	uint32_t width = 1, height = 1;
	bool noted = false;
	CHECK_SAY(heads_layout_parse(desktop->spec, &spec, &why) == 0, "%s: %s", desktop->what, why.text);
	fill(desktop, heads, inputs);
	memset(places, 9, sizeof places); /* what a caller leaves from the last time */
	layout_place(inputs, desktop->count, &spec, places, &width, &height, &note);
	for (size_t i = 0; i < desktop->count; i++) {
		const char *output = heads[i].output, *say = desktop->heads[i].note;
		bool shown = desktop->heads[i].shown;
		CHECK_SAY(places[i].x == desktop->heads[i].x && places[i].y == desktop->heads[i].y,
			"%s: %s is at %d, %d (%s)", desktop->what, output, places[i].x, places[i].y,
			note.text);
		CHECK_SAY(places[i].width == (shown ? inputs[i].width : 0) &&
				  places[i].height == (shown ? inputs[i].height : 0),
			"%s: %s is %ux%u", desktop->what, output, places[i].width, places[i].height);
		CHECK_SAY(!say || strstr(note.text, say), "%s: %s: %s", desktop->what, output, note.text);
		noted |= say != NULL;
	}
	CHECK_SAY(noted || !note.text[0], "%s: %s", desktop->what, note.text);
	CHECK_SAY(width == desktop->width && height == desktop->height, "%s: %ux%u", desktop->what, width,
		height);
}

static void make_any(struct head *head, struct layout_head *input, struct layout_spec *spec, size_t index) {
	*head = (struct head){.card = "/dev/dri/card0", .output = {(char)('A' + index)}};
	*input = (struct layout_head){.head = head, .width = 100, .height = 80};
	if (rand() % 2)
		head->tile = (struct head_tile){
			1 + (uint32_t)rand() % 2, 2, 2, (uint32_t)rand() % 2, (uint32_t)rand() % 2, 100, 80};
	else
		input->width = (uint32_t)rand() % 9000;
	if (rand() % 3 == 0)
		input->shared = (struct layout_shared){
			1 + (uint32_t)rand() % 2, 9999, 9999, (uint32_t)rand() % 9999, (uint32_t)rand() % 99};
	if (rand() % 2)
		return;
	struct layout_wish *wish = &spec->wishes[spec->count++];
	wish->name.output[0] = head->output[0];
	wish->x = rand() % 20000 - 10000;
	wish->y = rand() % 400 - 200;
}

/* Whatever is asked for: all places are in the picture, and none lies over another. */
static void check_any(unsigned seed) {
	enum { COUNT = 8 };
	struct layout_spec spec = {0};
	struct head heads[COUNT];
	struct layout_head inputs[COUNT];
	struct rect places[HEADS_MAX];
	struct reason note;
	uint32_t width, height;
	srand(seed);
	for (size_t i = 0; i < COUNT; i++)
		make_any(&heads[i], &inputs[i], &spec, i);
	layout_place(inputs, COUNT, &spec, places, &width, &height, &note);
	CHECK(width <= LAYOUT_MAX_SIDE && height <= LAYOUT_MAX_SIDE);
	for (size_t i = 0; i < COUNT; i++) {
		CHECK_SAY(!places[i].width || rect_is_inside(places[i], width, height), "seed %u", seed);
		for (size_t j = 0; j < i; j++)
			CHECK_SAY(rect_area(rect_intersect(places[i], places[j])) == 0, "seed %u", seed);
	}
}

int main(void) {
	check_texts();
	for (size_t i = 0; i < ARRAY_LEN(desktops); i++)
		check_desktop(&desktops[i]);
	for (unsigned seed = 0; seed < 20000; seed++)
		check_any(seed);
	return 0;
}
