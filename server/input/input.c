/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/clock.h"
#include "server/input/input_state.h"
#include "server/input/withheld.h"
#include "server/log.h"
#include "server/loop.h"

/* The handles, which libuv owns until they have closed. They outlive the input by one turn of the loop. */
struct watch {
	uv_poll_t leds;
	uv_timer_t settle, holds;
	struct input *input;
	bool has_leds;
	struct loop_closing closing;
};

enum { LOCK_ECHO_MS = 300 }; /* how long the LEDs may lag behind a lock key that we typed */

void input_give_up(struct input *input, const struct reason *reason) {
	if (input->unavailable.text[0] == 0)
		log_warning("%s; serving view-only", reason->text);
	input->unavailable = *reason;
}

/* --- sending --- */

static void settled(uv_timer_t *timer);

void input_flush(struct input *input) {
	int wait = 0;
	struct uinput *devices[] = {&input->keyboard, &input->pointer, &input->mouse};
	for (size_t i = 0; i < ARRAY_LEN(devices); i++) {
		int result = uinput_flush(devices[i]);
		if (result < 0) {
			struct reason reason;
			reason_set(&reason, result, "writing to the uinput device failed: %s",
				strerror(-result));
			input_give_up(input, &reason);
		}
		wait = result > wait ? result : wait;
	}
	if (wait > 0 && input->watch)
		uv_timer_start(&input->watch->settle, settled, (uint64_t)wait, 0);
}

static void settled(uv_timer_t *timer) {
	struct watch *watch = timer->data;
	input_flush(watch->input);
}

void input_repeat(struct input *input, uint16_t code) {
	uinput_put(&input->keyboard, EV_KEY, code, 2);
	uinput_sync(&input->keyboard);
	input_flush(input);
}

static void holds_due(uv_timer_t *timer) {
	struct watch *watch = timer->data;
	input_check_holds(watch->input);
}

void input_check_holds_at(struct input *input, uint64_t time_ms) {
	struct watch *watch = input->watch;
	if (!watch)
		return;
	uint64_t now = uv_now(input->options.loop);
	uv_timer_start(&watch->holds, holds_due, time_ms > now ? time_ms - now : 0, 0);
}

void input_send(struct input *input, const struct keymap_steps *steps) {
	for (size_t i = 0; i < steps->count; i++) {
		uinput_put(&input->keyboard, EV_KEY, steps->steps[i].code, steps->steps[i].down);
		uinput_sync(&input->keyboard);
	}
	input_flush(input);
}

/* --- LEDs --- */

void input_adopt_leds(struct input *input) {
	if (!input->leds_news || clock_now_ns() - input->lock_ns < LOCK_ECHO_MS * UINT64_C(1000000))
		return;
	input->leds_news = false;
	keymap_set_leds(input->keymap, input->keyboard.leds);
}

static unsigned leds_of(const struct input *input) {
	unsigned leds = input->keyboard.leds;
	return (leds & KEYMAP_SCROLL_LOCK ? INPUT_LED_SCROLL : 0u) |
	       (leds & KEYMAP_NUM_LOCK ? INPUT_LED_NUM : 0u) |
	       (leds & KEYMAP_CAPS_LOCK ? INPUT_LED_CAPS : 0u);
}

static void leds_readable(uv_poll_t *poll, int status, int events) {
	(void)events;
	struct watch *watch = poll->data;
	if (status < 0) {
		uv_poll_stop(poll);
		return;
	}
	struct input *input = watch->input;
	if (!uinput_read(&input->keyboard))
		return;
	input->leds_news = true;
	input_adopt_leds(input);
	if (input->options.leds_changed)
		input->options.leds_changed(input->options.context, leds_of(input));
}

static void start_watch(struct input *input) {
	uv_loop_t *loop = input->options.loop;
	if (!loop || input->watch)
		return;
	struct watch *watch = calloc(1, sizeof *watch);
	if (!watch)
		return;
	watch->input = input;
	watch->settle.data = watch->holds.data = watch->leds.data = watch;
	uv_timer_init(loop, &watch->settle);
	uv_timer_init(loop, &watch->holds);
	if (!input->keyboard.recording && uv_poll_init(loop, &watch->leds, input->keyboard.fd) == 0) {
		watch->has_leds = true;
		uv_poll_start(&watch->leds, UV_READABLE, leds_readable);
	}
	input->watch = watch;
}

static void stop_watch(struct input *input) {
	struct watch *watch = input->watch;
	if (!watch)
		return;
	input->watch = NULL;
	loop_close(&watch->closing, free, watch, LOOP_HANDLES(&watch->settle, &watch->holds));
	if (watch->has_leds)
		loop_close(&watch->closing, free, watch, LOOP_HANDLES(&watch->leds));
}

/* --- beginning and end --- */

static int make_keymap(struct input *input, struct reason *reason) {
	struct layout layout;
	layout_of_system(&layout, "");
	int error = 0;
	if (input->options.layout)
		error = layout_parse(&layout, input->options.layout, reason);
	if (!error)
		error = keymap_create(&layout, &input->keymap, reason);
	if (!error)
		snprintf(input->layout, sizeof input->layout, "%s%s%s%s from %s", layout.layouts,
			layout.variants[strspn(layout.variants, ",")] ? " (" : "",
			layout.variants[strspn(layout.variants, ",")] ? layout.variants : "",
			layout.variants[strspn(layout.variants, ",")] ? ")" : "", layout.origin);
	return error;
}

static int make_fallback_keymap(struct input *input, struct reason *reason) {
	struct layout layout = {.rules = "evdev", .model = "pc105", .layouts = "us"};
	snprintf(input->layout, sizeof input->layout, "us, because no other layout could be loaded");
	return keymap_create(&layout, &input->keymap, reason);
}

static void withhold_keys(struct input *input) {
	for (uint16_t code = 1; code < KEY_CNT && !input->options.allow_power_keys; code++)
		if (withheld_power_code(code))
			keymap_remove_key(input->keymap, code);
	if (!input->options.allow_sysrq)
		keymap_withhold_sysrq(input->keymap);
}

static struct input *create(const struct input_options *options) {
	struct input *input = calloc(1, sizeof *input);
	if (!input)
		return NULL;
	input->options = *options;
	input->sent_x = input->sent_y = -1;
	input->keyboard.fd = input->pointer.fd = input->mouse.fd = -1;
	struct reason reason = {0};
	if (make_keymap(input, &reason) < 0) {
		log_error("%s", reason.text);
		if (make_fallback_keymap(input, &reason) < 0)
			input_give_up(input, &reason);
	}
	if (input->keymap)
		withhold_keys(input);
	return input;
}

struct input *input_create(const struct input_options *options) {
	struct input *input = create(options);
	if (!input || input_unavailable(input))
		return input;
	keymap_list_composed(input->keymap);
	struct reason reason;
	if (uinput_open(&input->keyboard, INPUT_DEVICE_KEYBOARD, options->broker, &reason) < 0 ||
		uinput_open(&input->pointer, INPUT_DEVICE_POINTER, options->broker, &reason) < 0 ||
		uinput_open(&input->mouse, INPUT_DEVICE_MOUSE, options->broker, &reason) < 0)
		input->unavailable = reason; /* the caller asks for it and logs it */
	if (options->allow_power_keys)
		uinput_add_power_keys(&input->keyboard);
	if (options->machine_repeats)
		uinput_add_repeat(&input->keyboard);
	return input;
}

struct input *input_create_recording(const struct input_options *options, int fd) {
	struct input *input = create(options);
	if (!input)
		return NULL;
	uinput_record(&input->keyboard, INPUT_DEVICE_KEYBOARD, fd);
	uinput_record(&input->pointer, INPUT_DEVICE_POINTER, fd);
	uinput_record(&input->mouse, INPUT_DEVICE_MOUSE, fd);
	return input;
}

void input_destroy(struct input *input) {
	if (!input)
		return;
	while (input->hands)
		input_release(input, input->hands->viewer);
	stop_watch(input);
	uinput_close(&input->mouse);
	uinput_close(&input->pointer);
	uinput_close(&input->keyboard);
	keymap_destroy(input->keymap);
	free(input);
}

const char *input_unavailable(const struct input *input) {
	return input->unavailable.text[0] ? input->unavailable.text : NULL;
}

const char *input_layout(const struct input *input) {
	return input->layout;
}

uint64_t input_dropped(const struct input *input) {
	return input->dropped;
}

bool input_ready(struct input *input) {
	if (input_unavailable(input))
		return false;
	if (input->keyboard.made && input->pointer.made)
		return true;
	struct reason reason;
	int error = uinput_make(&input->keyboard, &reason);
	if (!error)
		error = uinput_make(&input->pointer, &reason);
	if (error) {
		if (error != -EAGAIN) /* the broker will come back */
			input_give_up(input, &reason);
		return false;
	}
	start_watch(input);
	return true;
}

void input_prepare(struct input *input) {
	input_ready(input);
}

void input_release(struct input *input, uint64_t viewer) {
	struct hand *hand = hand_find(input->hands, viewer);
	if (!hand)
		return;
	input_release_keys(input, hand);
	input_release_buttons(input, hand);
	input_flush(input);
	hand_drop(&input->hands, hand);
}

/* KEY_WAKEUP types nothing anywhere. It ends the blanking of the text console and of every compositor. For
 * programs that watch only pointers, the pointer moves by less than a pixel and back. */
void input_wake(struct input *input) {
	if (!input_ready(input))
		return;
	struct keymap_steps steps = {0};
	if (keymap_press_code(input->keymap, KEY_WAKEUP, &steps))
		keymap_release(input->keymap, KEY_WAKEUP, &steps);
	int32_t x = input->sent_x < 0 ? INPUT_DEVICE_RANGE / 2 : input->sent_x;
	int32_t nudged[] = {x > 0 ? x - 1 : x + 1, x};
	for (size_t i = 0; i < 2; i++) {
		uinput_put(&input->pointer, EV_ABS, ABS_X, nudged[i]);
		uinput_sync(&input->pointer);
	}
	input_send(input, &steps);
}
