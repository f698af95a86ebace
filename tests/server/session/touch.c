/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What touches of viewers lead to. Everything that is called is wrapped and noted. */
#include "server/session/touch.h"

#include <string.h>

#include "encode/picture.h"
#include "server/cursor/feed.h"
#include "server/frames/frames.h"
#include "server/input/input.h"
#include "server/net/viewer/viewer.h"
#include "tests/server/called.h"
#include "tests/test.h"

static bool view_only, buttons_idle;
static unsigned darkness;
static struct frames_desktop shared;

/* clang-format off */
WRAP(bool, viewer_view_only, (const struct viewer *viewer), { (void)viewer; return view_only; })
WRAP(uint64_t, viewer_id, (const struct viewer *viewer), { (void)viewer; return 7; })
WRAP(unsigned, frames_darkness, (const struct frames *frames), { (void)frames; return darkness; })
WRAP(void, frames_spring, (struct frames *frames), { (void)frames; note("spring"); })
WRAP(void, frames_stir, (struct frames *frames), { (void)frames; note("stir"); })
WRAP(void, frames_desktop, (struct frames *frames, struct frames_desktop *desktop),
	{ (void)frames; *desktop = shared; })
WRAP(void, input_wake, (struct input *input), { (void)input; note("wake"); })
WRAP(bool, input_buttons_idle, (const struct input *input, uint64_t viewer),
	{ (void)input; (void)viewer; return buttons_idle; })
WRAP(void, input_key, (struct input *input, uint64_t viewer, uint32_t keysym, uint32_t scancode, bool down),
	{ (void)input; CHECK(viewer == 7 && keysym == 'a' && scancode == 30); note(down ? "down" : "up"); })
WRAP(void, input_motion, (struct input *input, uint64_t viewer, int32_t dx, int32_t dy, uint32_t buttons),
	{ (void)input; (void)buttons; CHECK(viewer == 7 && dx == -3 && dy == 4); note("motion"); })
WRAP(void, input_set_desktop, (struct input *input, uint32_t width, uint32_t height, int32_t x, int32_t y,
	uint32_t picture_width, uint32_t picture_height),
	{ (void)input; CHECK(width == 900 && height == 400 && x == 100 && y == 50);
		CHECK(picture_width == 64 && picture_height == 32); note("desktop"); })
WRAP(void, input_pointer, (struct input *input, uint64_t viewer, uint16_t x, uint16_t y, uint32_t width,
	uint32_t height, uint32_t buttons),
	{ (void)input; (void)buttons; CHECK(viewer == 7 && x == 5 && y == 6 && width == 64 && height == 32);
		note("pointer"); })
WRAP(void, feed_moved, (struct feed *feed, struct viewer *viewer, int32_t x, int32_t y),
	{ (void)feed; (void)viewer; CHECK(x == 5 && y == 6); note("told"); })
/* clang-format on */

#define CHECK_DONE(what)                                                                                     \
	do {                                                                                                 \
		CHECK_SAY(strcmp(done, what) == 0, "%s", done);                                              \
		done[0] = '\0';                                                                              \
	} while (0)

static struct input *const devices = (struct input *)&done;
static struct viewer *const viewer = (struct viewer *)&done;

static void keys_wake_and_spring(void) {
	struct touch touch = {.input = devices};
	touch_key(&touch, viewer, 'a', 30, true);
	CHECK_DONE("down spring");
	darkness = 1;
	touch_key(&touch, viewer, 'a', 30, false);
	CHECK_DONE("wake up spring");
	touch_key(&touch, viewer, 'a', 30, true); /* it may be lighting up already */
	CHECK_DONE("down spring");
	darkness = 0;
}

static void motion_only_stirs(void) {
	struct touch touch = {.input = devices};
	buttons_idle = true;
	touch_motion(&touch, viewer, -3, 4, 0);
	CHECK_DONE("motion stir");
	touch_motion(&touch, viewer, -3, 4, 1);
	CHECK_DONE("motion spring");
	buttons_idle = false; /* it lets go of one */
	touch_motion(&touch, viewer, -3, 4, 0);
	CHECK_DONE("motion spring");
}

static void the_pointer_is_on_the_picture(void) {
	struct touch touch = {.input = devices, .store = picture_store_create()};
	buttons_idle = true;
	touch_pointer(&touch, viewer, 5, 6, 0); /* there is no picture to point at */
	CHECK_DONE("");
	CHECK(picture_store_begin(touch.store, 64, 32) != NULL);
	picture_store_publish(touch.store, NULL);
	touch_pointer(&touch, viewer, 5, 6, 0);
	CHECK_DONE("pointer told stir");
	shared = (struct frames_desktop){900, 400, 100, 50};
	touch_pointer(&touch, viewer, 5, 6, 4);
	CHECK_DONE("desktop pointer told spring");
	picture_store_destroy(touch.store);
}

static void some_may_not(void) {
	struct touch touch = {.input = devices}, without = {.input = NULL};
	darkness = 2;
	CHECK(touch_may(&touch, viewer) && !touch_may(&without, viewer));
	touch_key(&without, viewer, 'a', 30, true);
	view_only = true;
	CHECK(!touch_may(&touch, viewer));
	touch_key(&touch, viewer, 'a', 30, true);
	touch_motion(&touch, viewer, -3, 4, 1);
	touch_pointer(&touch, viewer, 5, 6, 1);
	CHECK_DONE("");
}

int main(void) {
	keys_wake_and_spring();
	motion_only_stirs();
	the_pointer_is_on_the_picture();
	some_may_not();
	return 0;
}
