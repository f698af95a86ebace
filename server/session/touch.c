/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/session/touch.h"

#include "capture/base/clock.h"
#include "encode/picture.h"
#include "server/cursor/feed.h"
#include "server/frames/frames.h"
#include "server/input/input.h"
#include "server/net/viewer/viewer.h"

bool touch_may(const struct touch *touch, const struct viewer *viewer) {
	return touch->input && !viewer_view_only(viewer);
}

/* Some compositors wake only for what input_wake() does. */
static void wake_display(struct touch *touch) {
	unsigned darkness = frames_darkness(touch->frames);
	if (darkness && nudge_touch(&touch->nudge, darkness, clock_now_ns()))
		input_wake(touch->input);
}

void touch_key(struct touch *touch, struct viewer *viewer, uint32_t keysym, uint32_t scancode, bool down) {
	if (!touch_may(touch, viewer))
		return;
	wake_display(touch);
	input_key(touch->input, viewer_id(viewer), keysym, scancode, down);
	frames_spring(touch->frames);
}

/* The pointer's motion may change the screen; a button is meant to. */
static void pointed(struct touch *touch, bool motion_only) {
	if (motion_only)
		frames_stir(touch->frames);
	else
		frames_spring(touch->frames);
}

static bool motion_only(const struct touch *touch, const struct viewer *viewer, uint32_t buttons) {
	return buttons == 0 && input_buttons_idle(touch->input, viewer_id(viewer));
}

void touch_motion(struct touch *touch, struct viewer *viewer, int32_t dx, int32_t dy, uint32_t buttons) {
	if (!touch_may(touch, viewer))
		return;
	wake_display(touch);
	bool only = motion_only(touch, viewer, buttons);
	input_motion(touch->input, viewer_id(viewer), dx, dy, buttons);
	pointed(touch, only);
}

void touch_pointer(struct touch *touch, struct viewer *viewer, uint16_t x, uint16_t y, uint32_t buttons) {
	uint32_t width, height;
	if (!touch_may(touch, viewer) || picture_store_generation(touch->store, &width, &height) == 0)
		return;
	struct frames_desktop desktop;
	frames_desktop(touch->frames, &desktop);
	wake_display(touch);
	bool only = motion_only(touch, viewer, buttons);
	if (desktop.width)
		input_set_desktop(
			touch->input, desktop.width, desktop.height, desktop.x, desktop.y, width, height);
	input_pointer(touch->input, viewer_id(viewer), x, y, width, height, buttons);
	feed_moved(touch->feed, viewer, x, y);
	pointed(touch, only);
}
