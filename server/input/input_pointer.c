/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of input.h that has the pointer. */
#include <math.h>

#include "capture/base/clock.h"
#include "server/input/input_state.h"
#include "server/log.h"

enum { REST_MS = 120 }; /* a pointer that did not move for this long is where it was sent */

/* What each of RFB's button bits is: an evdev button, or a wheel that turns by one detent a press. */
static const struct {
	uint16_t button, wheel, wheel_hi_res;
	int step;
} buttons[INPUT_BUTTONS] = {
	{.button = BTN_LEFT},
	{.button = BTN_MIDDLE},
	{.button = BTN_RIGHT},
	{.wheel = REL_WHEEL, .wheel_hi_res = REL_WHEEL_HI_RES, .step = 1},
	{.wheel = REL_WHEEL, .wheel_hi_res = REL_WHEEL_HI_RES, .step = -1},
	{.wheel = REL_HWHEEL, .wheel_hi_res = REL_HWHEEL_HI_RES, .step = -1},
	{.wheel = REL_HWHEEL, .wheel_hi_res = REL_HWHEEL_HI_RES, .step = 1},
	{.button = BTN_SIDE},
	{.button = BTN_EXTRA},
};
enum { HI_RES_DETENT = 120 };

/* A wheel turns at every press. A button goes down when the first viewer presses it, and up when the last one
 * releases it, on the device on which it went down. */
static void change_button(struct input *input, struct uinput *device, size_t index, bool down) {
	unsigned char *holders = &input->button_holders[index];
	if (!down && *holders == 0)
		return;
	*holders = (unsigned char)(down ? *holders + 1 : *holders - 1);
	if (buttons[index].wheel) {
		if (!down)
			return;
		uinput_put(device, EV_REL, buttons[index].wheel, buttons[index].step);
		uinput_put(device, EV_REL, buttons[index].wheel_hi_res, buttons[index].step * HI_RES_DETENT);
	} else if (*holders == (down ? 1 : 0)) {
		if (down)
			input->button_devices[index] = device;
		device = input->button_devices[index];
		uinput_put(device, EV_KEY, buttons[index].button, down);
	} else {
		return;
	}
	uinput_sync(device);
}

static void set_buttons(struct input *input, struct uinput *device, struct hand *hand, uint32_t wanted) {
	if (wanted >> INPUT_BUTTONS && !hand->said_buttons) {
		log_warning("a viewer presses mouse buttons that do not exist (mask 0x%x): dropped", wanted);
		hand->said_buttons = true;
	}
	for (size_t i = 0; i < INPUT_BUTTONS; i++)
		if ((wanted ^ hand->buttons) & (1u << i))
			change_button(input, device, i, wanted >> i & 1);
	hand->buttons = wanted & ((1u << INPUT_BUTTONS) - 1);
}

/* The loop's time, which is exact enough to tell whether the pointer rests. */
static uint64_t now_ns(const struct input *input) {
	return input->options.loop ? uv_now(input->options.loop) * UINT64_C(1000000) : clock_now_ns();
}

static void move(struct input *input, uint32_t x, uint32_t y) {
	int32_t device_x, device_y;
	calibration_map(&input->calibration, x, y, INPUT_DEVICE_RANGE, &device_x, &device_y);
	if (device_x == input->sent_x && device_y == input->sent_y)
		return;
	input->sent_x = device_x;
	input->sent_y = device_y;
	input->moved_ns = now_ns(input);
	uinput_put(&input->pointer, EV_ABS, ABS_X, device_x);
	uinput_put(&input->pointer, EV_ABS, ABS_Y, device_y);
	uinput_sync(&input->pointer);
}

void input_pointer(struct input *input, uint64_t viewer, uint16_t x, uint16_t y, uint32_t width,
	uint32_t height, uint32_t wanted) {
	if (!input_ready(input) || width == 0 || height == 0)
		return;
	struct hand *hand = hand_get(&input->hands, viewer);
	if (!hand)
		return;
	hand->pointed++;
	if (!input->desktop_known || input->calibration.width != width || input->calibration.height != height)
		calibration_assume(&input->calibration, width, height, 0, 0, width, height);
	move(input, x < width ? x : width - 1, y < height ? y : height - 1);
	set_buttons(input, &input->pointer, hand, wanted);
	input_flush(input);
}

void input_motion(struct input *input, uint64_t viewer, int32_t dx, int32_t dy, uint32_t wanted) {
	struct reason reason;
	if (!input_ready(input))
		return;
	if (uinput_make(&input->mouse, &reason) < 0) {
		input_give_up(input, &reason);
		return;
	}
	struct hand *hand = hand_get(&input->hands, viewer);
	if (!hand)
		return;
	hand->pointed++;
	if (dx)
		uinput_put(&input->mouse, EV_REL, REL_X, dx);
	if (dy)
		uinput_put(&input->mouse, EV_REL, REL_Y, dy);
	if (dx || dy) {
		uinput_sync(&input->mouse);
		input->sent_x = input->sent_y = -1; /* we do not know where that took the pointer */
	}
	set_buttons(input, &input->mouse, hand, wanted);
	input_flush(input);
}

void input_release_buttons(struct input *input, struct hand *hand) {
	set_buttons(input, &input->pointer, hand, 0);
}

bool input_buttons_idle(const struct input *input, uint64_t viewer) {
	const struct hand *hand = hand_find(input->hands, viewer);
	return !hand || hand->buttons == 0;
}

void input_set_desktop(struct input *input, uint32_t desktop_width, uint32_t desktop_height, int32_t x,
	int32_t y, uint32_t width, uint32_t height) {
	input->desktop_known = true;
	calibration_assume(&input->calibration, desktop_width, desktop_height, x, y, width, height);
}

static bool at_rest(const struct input *input, unsigned rest_ms) {
	return input->sent_x >= 0 && now_ns(input) - input->moved_ns > rest_ms * UINT64_C(1000000);
}

void input_cursor_seen(struct input *input, int32_t x, int32_t y, uint32_t slack) {
	if (!at_rest(input, REST_MS) || input->calibration.width == 0 ||
		!calibration_observe(
			&input->calibration, input->sent_x, input->sent_y, INPUT_DEVICE_RANGE, x, y, slack))
		return;
	log_info(
		"the compositor maps the pointer device differently than assumed: measured %.0fx%.0f at %+.0f%+.0f",
		input->calibration.line[0].scale, input->calibration.line[1].scale,
		-input->calibration.line[0].offset, -input->calibration.line[1].offset);
}

bool input_pointer_at_rest(const struct input *input, unsigned rest_ms, int32_t *x, int32_t *y) {
	if (!at_rest(input, rest_ms))
		return false;
	double expected_x, expected_y;
	calibration_expect(&input->calibration, input->sent_x, input->sent_y, INPUT_DEVICE_RANGE, &expected_x,
		&expected_y);
	*x = (int32_t)floor(expected_x);
	*y = (int32_t)floor(expected_y);
	return true;
}
