/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each kind of viewer is told about the cursor and the LEDs: everything that it can use, once, and not
 * twice. This file has its own gateway and frame thread, behind the seams that their headers make.
 */
#include "server/cursor/feed.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "capture/base/array.h"
#include "encode/rfb/bytes.h"
#include "server/cursor/shape.h"
#include "tests/test.h"

enum { RICH = -239, ALPHA = -314, PLACE = -232, LEDS = -261, WIDTH = 8, HEIGHT = 8 };
enum { VMWARE = 0x574d5664, VMWARE_PLACE = 0x574d5666 };

struct viewer {
	const char *name;
	int32_t encodings[4];
	uint8_t format[16];
	bool busy, refuses; /* `busy`: it waits for no update; `refuses`: its stream is inside a message */
	char told[256];     /* what it was told since this was last looked at */
};

static struct cursor cursor;
static unsigned cursor_looks;

/* --- the seams --- */

bool viewer_has_encoding(const struct viewer *viewer, int32_t encoding) {
	for (size_t i = 0; i < ARRAY_LEN(viewer->encodings); i++)
		if (encoding && viewer->encodings[i] == encoding)
			return true;
	return false;
}

int32_t viewer_choose_encoding(const struct viewer *viewer, const int32_t *choices) {
	while (*choices && !viewer_has_encoding(viewer, *choices))
		choices++;
	return *choices;
}

const uint8_t *viewer_pixel_format(const struct viewer *viewer) {
	return viewer->format;
}

bool viewer_awaits_update(const struct viewer *viewer) {
	return !viewer->busy;
}

static void note(struct viewer *viewer, const char *format, ...) {
	size_t used = strlen(viewer->told);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(viewer->told + used, sizeof viewer->told - used, format, arguments);
	va_end(arguments);
}

/* Parses one rectangle. Returns its size. */
static size_t read_rectangle(struct viewer *viewer, const uint8_t *at) {
	unsigned x = bytes_get16(at), y = bytes_get16(at + 2);
	unsigned width = bytes_get16(at + 4), height = bytes_get16(at + 6);
	size_t pixels = (size_t)width * height;
	switch ((int32_t)bytes_get32(at + 8)) {
	case ALPHA:
		note(viewer, "alpha %ux%u@%u,%u ", width, height, x, y);
		return 12 + 4 + pixels * 4;
	case RICH:
		note(viewer, "rich %ux%u@%u,%u ", width, height, x, y);
		return 12 + pixels * viewer->format[0] / 8 + (width + 7) / 8 * (size_t)height;
	case VMWARE:
		note(viewer, "vmware %ux%u@%u,%u ", width, height, x, y);
		return 12 + 2 + pixels * 4;
	case PLACE:
		note(viewer, "place %u,%u ", x, y);
		return 12;
	case VMWARE_PLACE:
		note(viewer, "vmware's place %u,%u ", x, y);
		return 12;
	case LEDS:
		note(viewer, "leds %u ", at[12]);
		return 13;
	default:
		CHECK_SAY(false, "%s: encoding %d", viewer->name, (int32_t)bytes_get32(at + 8));
		return 0;
	}
}

int viewer_send(struct viewer *viewer, const void *message, size_t size) {
	const uint8_t *bytes = message;
	CHECK(size >= 4 && bytes[0] == 0 && !viewer->busy);
	if (viewer->refuses)
		return -EAGAIN;
	note(viewer, "[ ");
	size_t used = 4;
	for (unsigned i = 0; i < bytes_get16(bytes + 2); i++)
		used += read_rectangle(viewer, bytes + used);
	CHECK_SAY(used == size, "%s: %zu bytes, its rectangles have %zu", viewer->name, size, used);
	note(viewer, "]");
	return 0;
}

void frames_cursor(struct frames *frames, struct cursor *to) {
	(void)frames;
	cursor_looks++;
	cursor_copy(to, &cursor);
}

static void set_cursor(struct encoders *encoders, const struct cursor *to) {
	(void)encoders;
	(void)to;
}

static struct encoders encoders = {.impl = &(const struct encoders_impl){.set_cursor = set_cursor}};

/* --- what happens, and who is told what --- */

static uv_loop_t loop;
static struct feed *feed;
static unsigned leds = 2;

static void changed(bool moved) {
	feed_cursor_changed(feed, moved);
	uv_run(&loop, UV_RUN_NOWAIT);
}

static void nothing(struct viewer *viewer) {
	(void)viewer;
}

static void asks(struct viewer *viewer) {
	feed_between_messages(feed, viewer);
}

static void moves(struct viewer *viewer) {
	(void)viewer;
	cursor.x += 10;
	changed(true);
}

static void gets_another_image(struct viewer *viewer) {
	(void)viewer;
	cursor.shape++;
	changed(false);
}

static void gets_another_hotspot(struct viewer *viewer) {
	(void)viewer;
	cursor.hotspot_y++;
	changed(false);
}

static void gets_its_hotspot_moved_across(struct viewer *viewer) {
	(void)viewer;
	cursor.hotspot_x--;
	changed(false);
}

static void leaves_the_screen(struct viewer *viewer) {
	(void)viewer;
	cursor.x = -20;
	changed(true);
}

static void comes_back(struct viewer *viewer) {
	(void)viewer;
	cursor.x = 110;
	changed(true);
}

static void hides(struct viewer *viewer) {
	(void)viewer;
	cursor.visible = false;
	changed(false);
}

static void shows(struct viewer *viewer) {
	(void)viewer;
	cursor.visible = true;
	changed(false);
}

static void lights_an_led(struct viewer *viewer) {
	(void)viewer;
	feed_leds_changed(feed, leds = 3);
}

static void tells_leds_again(struct viewer *viewer) {
	(void)viewer;
	feed_leds_changed(feed, leds);
}

static void loses_its_place(struct viewer *viewer) {
	(void)viewer;
	cursor.placed = false;
	changed(false);
}

static void has_its_place_again(struct viewer *viewer) {
	(void)viewer;
	cursor.placed = true;
	changed(false);
}

static void is_busy_while_it_moves(struct viewer *viewer) {
	viewer->busy = true;
	moves(viewer);
	gets_another_image(viewer);
	CHECK(!viewer->told[0]);
	viewer->busy = false;
	asks(viewer);
}

static void is_refused_first(struct viewer *viewer) {
	viewer->refuses = true;
	moves(viewer);
	gets_another_image(viewer);
	CHECK(!viewer->told[0]);
	viewer->refuses = false;
	asks(viewer);
}

static void has_another_format(struct viewer *viewer) {
	viewer->format[0] = 16;
	asks(viewer);
}

static void moves_it_itself(struct viewer *viewer) {
	uv_update_time(&loop);
	feed_moved(feed, viewer, cursor.x + cursor.hotspot_x + 10, cursor.y + cursor.hotspot_y);
	moves(viewer);
}

/* Waits with a viewer that must never be told, until the test's own time ends. */
static void rests(struct viewer *viewer) {
	while (viewer_has_encoding(viewer, PLACE) && !viewer->told[0])
		uv_run(&loop, UV_RUN_ONCE);
}

enum { KINDS = 8 };
static const struct viewer kinds[KINDS] = {
	{.name = "alpha", .encodings = {ALPHA}},
	{.name = "rich", .encodings = {RICH}},
	{.name = "both, place, leds", .encodings = {LEDS, PLACE, RICH, ALPHA}},
	{.name = "rich, place", .encodings = {RICH, PLACE}},
	{.name = "place", .encodings = {PLACE}},
	{.name = "leds", .encodings = {LEDS}},
	{.name = "none of these", .encodings = {0}},
	{.name = "VMware's and rich", .encodings = {RICH, VMWARE}},
};

static const struct {
	const char *what;
	void (*happens)(struct viewer *viewer);
	const char *told[KINDS];
} steps[] = {
	{"joins", asks,
		{"[ alpha 8x8@2,3 ]", "[ rich 8x8@2,3 ]", "[ alpha 8x8@2,3 place 102,53 leds 2 ]",
			"[ rich 8x8@2,3 place 102,53 ]", "[ place 102,53 ]", "[ leds 2 ]", "",
			"[ vmware 8x8@2,3 ]"}},
	{"asks again", asks, {"", "", "", "", "", "", "", ""}},
	{"nothing", nothing, {"", "", "", "", "", "", "", ""}},
	{"moves", moves, {"", "", "[ place 112,53 ]", "[ place 112,53 ]", "[ place 112,53 ]", "", "", ""}},
	{"asks after the move", asks, {"", "", "", "", "", "", "", ""}},
	{"image", gets_another_image,
		{"[ alpha 8x8@2,3 ]", "[ rich 8x8@2,3 ]", "[ alpha 8x8@2,3 ]", "[ rich 8x8@2,3 ]", "", "", "",
			"[ vmware 8x8@2,3 ]"}},
	{"hotspot", gets_another_hotspot,
		{"[ alpha 8x8@2,4 ]", "[ rich 8x8@2,4 ]", "[ alpha 8x8@2,4 place 112,54 ]",
			"[ rich 8x8@2,4 place 112,54 ]", "[ place 112,54 ]", "", "", "[ vmware 8x8@2,4 ]"}},
	{"off the screen", leaves_the_screen, {"", "", "", "", "", "", "", ""}},
	{"back", comes_back, {"", "", "", "", "", "", "", ""}},
	{"hides", hides,
		{"[ alpha 0x0@0,0 ]", "[ rich 0x0@0,0 ]", "[ alpha 0x0@0,0 ]", "[ rich 0x0@0,0 ]", "", "", "",
			"[ vmware 0x0@0,0 ]"}},
	{"moves hidden", moves, {"", "", "", "", "", "", "", ""}},
	{"shows", shows,
		{"[ alpha 8x8@2,4 ]", "[ rich 8x8@2,4 ]", "[ alpha 8x8@2,4 place 122,54 ]",
			"[ rich 8x8@2,4 place 122,54 ]", "[ place 122,54 ]", "", "", "[ vmware 8x8@2,4 ]"}},
	{"an LED", lights_an_led, {"", "", "[ leds 3 ]", "", "", "[ leds 3 ]", "", ""}},
	{"the same LEDs", tells_leds_again, {"", "", "", "", "", "", "", ""}},
	{"no place", loses_its_place, {"", "", "", "", "", "", "", ""}},
	{"moves unplaced", moves, {"", "", "", "", "", "", "", ""}},
	{"placed", has_its_place_again,
		{"", "", "[ place 132,54 ]", "[ place 132,54 ]", "[ place 132,54 ]", "", "", ""}},
	{"busy", is_busy_while_it_moves,
		{"[ alpha 8x8@2,4 ]", "[ rich 8x8@2,4 ]", "[ alpha 8x8@2,4 place 142,54 ]",
			"[ rich 8x8@2,4 place 142,54 ]", "[ place 142,54 ]", "", "", "[ vmware 8x8@2,4 ]"}},
	{"refused", is_refused_first,
		{"[ alpha 8x8@2,4 ]", "[ rich 8x8@2,4 ]", "[ alpha 8x8@2,4 place 152,54 ]",
			"[ rich 8x8@2,4 place 152,54 ]", "[ place 152,54 ]", "", "", "[ vmware 8x8@2,4 ]"}},
	{"another format", has_another_format,
		{"", "[ rich 8x8@2,4 ]", "", "[ rich 8x8@2,4 ]", "", "", "", ""}},
	{"hotspot across", gets_its_hotspot_moved_across,
		{"[ alpha 8x8@1,4 ]", "[ rich 8x8@1,4 ]", "[ alpha 8x8@1,4 place 151,54 ]",
			"[ rich 8x8@1,4 place 151,54 ]", "[ place 151,54 ]", "", "", "[ vmware 8x8@1,4 ]"}},
	{"its own motion", moves_it_itself, {"", "", "", "", "", "", "", ""}},
	{"rest, elsewhere than it moved", rests,
		{"", "", "[ place 161,54 ]", "[ place 161,54 ]", "[ place 161,54 ]", "", "", ""}},
};

static void begin(void) {
	cursor = (struct cursor){.visible = true,
		.placed = true,
		.x = 100,
		.y = 50,
		.shape = 1,
		.has_hotspot = true,
		.hotspot_x = 2,
		.hotspot_y = 3,
		.width = WIDTH,
		.height = HEIGHT};
	CHECK(uv_loop_init(&loop) == 0 && feed_create(&loop, &encoders, &feed) == 0);
	feed_attach(feed, (struct frames *)(void *)&cursor, NULL);
	feed_leds_changed(feed, leds = 2);
}

static void end(void) {
	feed_attach(feed, NULL, NULL);
	feed_destroy(feed);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&loop) == 0);
}

static struct viewer make(size_t kind) {
	struct viewer viewer = kinds[kind];
	viewer.format[0] = 32;
	viewer.format[3] = 1; /* true colour */
	return viewer;
}

/* The viewer names its encodings only later, and then asks. */
static void join(struct viewer *viewer) {
	struct viewer later = *viewer;
	memset(viewer->encodings, 0, sizeof viewer->encodings);
	viewer->busy = true;
	feed_join(feed, viewer);
	CHECK(!viewer->told[0]);
	*viewer = later;
}

static void each_kind_is_told_its_part(size_t kind) {
	begin();
	struct viewer viewer = make(kind);
	join(&viewer);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		viewer.told[0] = '\0';
		steps[i].happens(&viewer);
		CHECK_SAY(strcmp(viewer.told, steps[i].told[kind]) == 0, "%s: %s: told \"%s\", not \"%s\"",
			viewer.name, steps[i].what, viewer.told, steps[i].told[kind]);
	}
	feed_leave(feed, &viewer);
	end();
}

/* While no viewer wants to hear of moves, they are not even looked at. A viewer that begins to want them is
 * told the latest place. */
static void moves_cost_nothing_unheard(void) {
	begin();
	struct viewer deaf = make(0), other = make(3);
	join(&deaf);
	feed_between_messages(feed, &deaf);
	unsigned looks = cursor_looks;
	for (int i = 0; i < 100; i++)
		moves(&deaf);
	CHECK_SAY(cursor_looks == looks, "%u looks", cursor_looks - looks);
	join(&other);
	feed_between_messages(feed, &other);
	CHECK_SAY(strcmp(other.told, "[ rich 8x8@2,3 place 1102,53 ]") == 0, "told %s", other.told);
	moves(&deaf);
	CHECK(cursor_looks > looks && strstr(other.told, "place 1112,53"));
	feed_leave(feed, &other);
	looks = cursor_looks;
	moves(&deaf);
	CHECK(cursor_looks == looks);
	/* now the same viewer has other encodings */
	deaf.encodings[1] = PLACE;
	deaf.told[0] = '\0';
	feed_between_messages(feed, &deaf);
	CHECK_SAY(strcmp(deaf.told, "[ place 1122,53 ]") == 0, "told %s", deaf.told);
	feed_leave(feed, &deaf);
	end();
}

/* An empty shape removes the cursor that was there. If there was none, it is not sent. */
static void no_cursor_before_the_first(void) {
	begin();
	struct viewer viewer = make(2);
	cursor.visible = false;
	changed(false);
	join(&viewer);
	feed_between_messages(feed, &viewer);
	CHECK_SAY(strcmp(viewer.told, "[ leds 2 ]") == 0, "told %s", viewer.told);
	shows(&viewer);
	CHECK_SAY(strstr(viewer.told, "alpha 8x8@2,3"), "told %s", viewer.told);
	hides(&viewer);
	CHECK_SAY(strstr(viewer.told, "alpha 0x0@0,0"), "told %s", viewer.told);
	feed_leave(feed, &viewer);
	end();
}

static void until_told(const struct viewer *viewer) {
	while (!viewer->told[0])
		uv_run(&loop, UV_RUN_ONCE);
}

/* When a viewer's own motion has come to rest, viewers that draw the cursor as a mark are told its place at
 * the same moment at which the others may be told. */
static void until_rest(struct viewer *mover) {
	mover->told[0] = '\0';
	until_told(mover);
}

/* A viewer that moves its pointer to where it is told would pull the pointer back to each place that it
 * passes. So it is told only where something other than a viewer has put the pointer, once it rests there,
 * and never about a viewer's motion. */
static void vmwares_place(void) {
	begin();
	struct viewer viewer = make(0), mover = make(4);
	viewer.encodings[1] = VMWARE_PLACE;
	join(&viewer);
	join(&mover);
	asks(&viewer);
	asks(&mover);
	CHECK_SAY(strcmp(viewer.told, "[ alpha 8x8@2,3 ]") == 0, "told %s", viewer.told);
	viewer.told[0] = mover.told[0] = '\0';
	moves(NULL);
	CHECK_SAY(!viewer.told[0] && mover.told[0], "told %s", viewer.told);
	cursor.x += 5;
	changed(true);
	until_told(&viewer);
	CHECK_SAY(strcmp(viewer.told, "[ vmware's place 117,53 ]") == 0, "told %s", viewer.told);
	/* a viewer moves it, and it rests where the viewer has put it */
	viewer.told[0] = '\0';
	moves_it_itself(&mover);
	until_rest(&mover);
	asks(&viewer);
	CHECK_SAY(!viewer.told[0], "told %s", viewer.told);
	/* a viewer moves it, and a program moves it on while the viewer may still be moving */
	moves_it_itself(&mover);
	cursor.x += 50;
	changed(true);
	until_told(&viewer);
	CHECK_SAY(strcmp(viewer.told, "[ vmware's place 187,53 ]") == 0, "told %s", viewer.told);
	/* a viewer moves it, and a program keeps it where it is */
	viewer.told[0] = '\0';
	uv_update_time(&loop);
	feed_moved(feed, &viewer, 300, 300);
	until_told(&viewer);
	CHECK_SAY(strcmp(viewer.told, "[ vmware's place 187,53 ]") == 0, "told %s", viewer.told);
	feed_leave(feed, &viewer);
	feed_leave(feed, &mover);
	end();
}

/* A compositor that maps the pointer wrongly is not a program that moves it. If viewers were told of such a
 * place, each of their answers would push the pointer farther. */
static void wrong_mappings_push_nothing(void) {
	begin();
	struct viewer viewer = make(0);
	viewer.encodings[1] = VMWARE_PLACE;
	struct viewer mover = make(4);
	join(&viewer);
	join(&mover);
	asks(&viewer);
	asks(&mover);
	for (int i = 0; i < 3; i++) {
		viewer.told[0] = '\0';
		uv_update_time(&loop);
		feed_moved(feed, &mover, cursor.x + 2, cursor.y + 3); /* a viewer puts it where it is; it goes
								       * 40 farther */
		cursor.x += 40;
		changed(true);
		until_rest(&mover);
		asks(&viewer);
		CHECK_SAY(!viewer.told[0] == (i > 0), "motion %d: told %s", i, viewer.told);
	}
	feed_leave(feed, &viewer);
	feed_leave(feed, &mover);
	end();
}

int main(void) {
	for (size_t kind = 0; kind < KINDS; kind++)
		each_kind_is_told_its_part(kind);
	moves_cost_nothing_unheard();
	no_cursor_before_the_first();
	vmwares_place();
	wrong_mappings_push_nothing();
	return 0;
}
