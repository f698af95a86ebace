/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/input.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xkbcommon/xkbcommon.h>

#include "capture/clock.h"
#include "server/input/calibration.h"
#include "server/input/hand.h"
#include "server/input/keymap.h"
#include "server/input/scancode.h"
#include "server/input/uinput.h"
#include "server/log.h"

enum {
	LOCK_ECHO_MS = 300,   /* how long the lamps may lag behind a lock key of ours */
	REST_MS = 120,        /* a pointer that did not move for so long is where it was sent */
	REMEMBER_KEYSYMS = 64 /* that no key types, so that each is said once */
};

/* What libuv owns until it has closed: outlives the input by one turn of the loop. */
struct watch {
	uv_poll_t lamps;
	uv_timer_t settle;
	struct input *input;
	int open; /* handles */
};

struct input {
	struct input_options options;
	struct keymap *keymap;
	char layout[512];
	struct uinput keyboard, pointer;
	struct reason unavailable; /* empty: events can be injected */
	struct watch *watch;
	struct hand *hands;
	unsigned char button_holders[9];
	struct calibration calibration;
	bool desktop_known;
	int32_t sent_x, sent_y; /* the pointer device's; -1: never moved */
	bool lamps_news;        /* they changed, and the keymap was not told yet */
	uint64_t moved_ns, lock_ns;
	uint32_t untyped[REMEMBER_KEYSYMS];
	size_t untyped_count;
};

/* RFB's button bits: evdev buttons, and wheels (one detent a press). */
static const struct {
	uint16_t button, wheel, wheel_hi_res;
	int step;
} buttons[9] = {
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
enum { BUTTONS = sizeof buttons / sizeof buttons[0], HI_RES_DETENT = 120 };

static void give_up(struct input *input, const struct reason *reason) {
	if (input->unavailable.text[0] == 0)
		log_warning("%s; serving view-only", reason->text);
	input->unavailable = *reason;
}

/* --- sending --- */

static void settled(uv_timer_t *timer);

static void flush(struct input *input) {
	int wait = 0;
	struct uinput *devices[] = {&input->keyboard, &input->pointer};
	for (size_t i = 0; i < 2; i++) {
		int result = uinput_flush(devices[i]);
		if (result < 0) {
			struct reason reason;
			reason_set(&reason, result, "writing to the uinput device failed: %s",
				strerror(-result));
			give_up(input, &reason);
		}
		wait = result > wait ? result : wait;
	}
	if (wait > 0 && input->watch)
		uv_timer_start(&input->watch->settle, settled, (uint64_t)wait, 0);
}

static void settled(uv_timer_t *timer) {
	struct watch *watch = timer->data;
	if (watch->input)
		flush(watch->input);
}

static void send_steps(struct input *input, const struct keymap_steps *steps) {
	for (size_t i = 0; i < steps->count; i++) {
		uinput_put(&input->keyboard, EV_KEY, steps->steps[i].code, steps->steps[i].down);
		uinput_sync(&input->keyboard);
	}
	flush(input);
}

/* --- lamps --- */

/* Takes the machine's word for the locks where it said something new, unless it may not have seen our own
 * last lock key when it said so. */
static void adopt_lamps(struct input *input) {
	if (!input->lamps_news || clock_now_ns() - input->lock_ns < LOCK_ECHO_MS * UINT64_C(1000000))
		return;
	input->lamps_news = false;
	keymap_set_leds(input->keymap, input->keyboard.lamps);
}

static unsigned leds_of(const struct input *input) {
	unsigned lamps = input->keyboard.lamps;
	return (lamps & KEYMAP_SCROLL_LOCK ? INPUT_LED_SCROLL : 0u) |
	       (lamps & KEYMAP_NUM_LOCK ? INPUT_LED_NUM : 0u) |
	       (lamps & KEYMAP_CAPS_LOCK ? INPUT_LED_CAPS : 0u);
}

static void lamps_readable(uv_poll_t *poll, int status, int events) {
	struct watch *watch = poll->data;
	if (!watch->input)
		return;
	if (status < 0) {
		uv_poll_stop(poll);
		return;
	}
	struct input *input = watch->input;
	if (!uinput_read(&input->keyboard))
		return;
	input->lamps_news = true;
	adopt_lamps(input);
	if (input->options.leds_changed)
		input->options.leds_changed(input->options.context, leds_of(input));
}

static void watch_closed(uv_handle_t *handle) {
	struct watch *watch = handle->data;
	if (--watch->open == 0)
		free(watch);
}

static void start_watch(struct input *input) {
	if (!input->options.loop || input->watch)
		return;
	struct watch *watch = calloc(1, sizeof *watch);
	if (!watch)
		return;
	watch->input = input;
	if (uv_timer_init(input->options.loop, &watch->settle) < 0) {
		free(watch);
		return;
	}
	watch->settle.data = watch;
	watch->open = 1;
	if (!input->keyboard.recording &&
		uv_poll_init(input->options.loop, &watch->lamps, input->keyboard.fd) == 0) {
		watch->lamps.data = watch;
		watch->open = 2;
		uv_poll_start(&watch->lamps, UV_READABLE, lamps_readable);
	}
	input->watch = watch;
}

static void stop_watch(struct input *input) {
	struct watch *watch = input->watch;
	if (!watch)
		return;
	input->watch = NULL;
	watch->input = NULL;
	if (watch->open == 2)
		uv_close((uv_handle_t *)&watch->lamps, watch_closed);
	uv_close((uv_handle_t *)&watch->settle, watch_closed);
}

/* --- life --- */

static int make_keymap(struct input *input, struct reason *reason) {
	struct layout layout;
	layout_of_system(&layout, "");
	int error = 0;
	if (input->options.layout)
		error = layout_parse(&layout, input->options.layout, reason);
	if (error == 0)
		error = keymap_create(&layout, &input->keymap, reason);
	if (error == 0)
		snprintf(input->layout, sizeof input->layout, "%s%s%s%s from %s", layout.layouts,
			layout.variants[strspn(layout.variants, ",")] ? " (" : "",
			layout.variants[strspn(layout.variants, ",")] ? layout.variants : "",
			layout.variants[strspn(layout.variants, ",")] ? ")" : "", layout.origin);
	return error;
}

static int make_fallback_keymap(struct input *input, struct reason *reason) {
	struct layout layout = {.rules = "evdev", .model = "pc105", .layouts = "us"};
	snprintf(input->layout, sizeof input->layout, "us, as nothing else could be had");
	return keymap_create(&layout, &input->keymap, reason);
}

static struct input *create(const struct input_options *options) {
	struct input *input = calloc(1, sizeof *input);
	if (!input)
		return NULL;
	input->options = *options;
	input->sent_x = input->sent_y = -1;
	input->keyboard.fd = input->pointer.fd = -1;
	struct reason reason = {0};
	if (make_keymap(input, &reason) < 0) {
		log_error("%s", reason.text);
		if (make_fallback_keymap(input, &reason) < 0)
			give_up(input, &reason);
	}
	return input;
}

struct input *input_create(const struct input_options *options) {
	struct input *input = create(options);
	if (!input || input_unavailable(input))
		return input;
	keymap_list_composed(input->keymap);
	struct reason reason;
	if (uinput_open(&input->keyboard, UINPUT_KEYBOARD, &reason) < 0 ||
		uinput_open(&input->pointer, UINPUT_POINTER, &reason) < 0)
		input->unavailable = reason; /* the caller asks and says so */
	return input;
}

struct input *input_create_recording(const struct input_options *options, int fd) {
	struct input *input = create(options);
	if (!input)
		return NULL;
	uinput_record(&input->keyboard, UINPUT_KEYBOARD, fd);
	uinput_record(&input->pointer, UINPUT_POINTER, fd);
	return input;
}

void input_destroy(struct input *input) {
	if (!input)
		return;
	while (input->hands)
		input_release(input, input->hands->viewer);
	stop_watch(input);
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

/* Whether there is anything to type on. */
static bool ready(struct input *input) {
	if (input_unavailable(input))
		return false;
	if (input->keyboard.made && input->pointer.made)
		return true;
	struct reason reason;
	if (uinput_make(&input->keyboard, &reason) < 0 || uinput_make(&input->pointer, &reason) < 0) {
		give_up(input, &reason);
		return false;
	}
	start_watch(input);
	return true;
}

void input_prepare(struct input *input) {
	ready(input);
}

/* --- keys --- */

static void say_untyped(struct input *input, uint32_t keysym) {
	for (size_t i = 0; i < input->untyped_count; i++)
		if (input->untyped[i] == keysym)
			return;
	if (input->untyped_count == REMEMBER_KEYSYMS)
		return;
	input->untyped[input->untyped_count++] = keysym;
	char name[64] = "";
	xkb_keysym_get_name(keysym, name, sizeof name);
	log_info("no key of the layout %s types the keysym 0x%x (%s): dropped", input->layout, keysym,
		name[0] ? name : "unknown");
}

static void press_key(struct input *input, struct hand *hand, uint32_t keysym, uint32_t scancode) {
	if (hand_holds(hand, keysym, scancode))
		return; /* the viewer's own repeat: the compositor has one */
	if (hand->key_count == HAND_MAX_KEYS) {
		if (!hand->said_keys)
			log_warning(
				"a viewer holds more than %d keys: the others are dropped", HAND_MAX_KEYS);
		hand->said_keys = true;
		return;
	}
	struct keymap_steps steps = {0};
	unsigned leds = keymap_leds(input->keymap);
	uint16_t code = scancode_to_evdev(scancode);
	bool pressed = code && keymap_press_code(input->keymap, code, &steps);
	if (!pressed)
		pressed = keymap_press(input->keymap, keysym, &steps, &code) == 0;
	if (pressed) {
		/* One finger: what it held on this key under another name is given back. */
		struct hand_key *former = hand_holds_code(hand, code);
		if (former) {
			hand_give(hand, former);
			keymap_release(input->keymap, code, &steps);
		}
		hand_take(hand, (struct hand_key){keysym, scancode, code});
	} else {
		say_untyped(input, keysym);
	}
	if (keymap_leds(input->keymap) != leds)
		input->lock_ns = clock_now_ns();
	send_steps(input, &steps);
}

/* The key that a release means: the one pressed under that name, else the one on which that keysym stands
 * (a viewer that let go of Shift first may call its A an a now). */
static struct hand_key *find_key(struct input *input, struct hand *hand, uint32_t keysym, uint32_t scancode) {
	struct hand_key *key = hand_holds(hand, keysym, scancode);
	for (size_t i = 0; !key && i < hand->key_count; i++)
		if (hand->keys[i].keysym == keysym ||
			keymap_stands_on(input->keymap, keysym, hand->keys[i].code))
			key = &hand->keys[i];
	return key;
}

static void release_key(struct input *input, struct hand *hand, struct hand_key *key) {
	struct keymap_steps steps = {0};
	unsigned leds = keymap_leds(input->keymap);
	keymap_release(input->keymap, key->code, &steps);
	hand_give(hand, key);
	if (keymap_leds(input->keymap) != leds)
		input->lock_ns = clock_now_ns();
	send_steps(input, &steps);
}

void input_key(struct input *input, uint64_t viewer, uint32_t keysym, uint32_t scancode, bool down) {
	if (!ready(input))
		return;
	struct hand *hand = hand_get(&input->hands, viewer);
	if (!hand)
		return;
	if (down) {
		adopt_lamps(input);
		press_key(input, hand, keysym, scancode);
		return;
	}
	struct hand_key *key = find_key(input, hand, keysym, scancode);
	if (key)
		release_key(input, hand, key);
}

/* --- pointer --- */

static void change_button(struct input *input, size_t index, bool down) {
	unsigned char *holders = &input->button_holders[index];
	if (!down && *holders == 0)
		return;
	*holders = (unsigned char)(down ? *holders + 1 : *holders - 1);
	if (buttons[index].wheel) {
		if (!down)
			return;
		uinput_put(&input->pointer, EV_REL, buttons[index].wheel, buttons[index].step);
		uinput_put(&input->pointer, EV_REL, buttons[index].wheel_hi_res,
			buttons[index].step * HI_RES_DETENT);
	} else if (*holders == (down ? 1 : 0)) { /* the first to press, the last to let go */
		uinput_put(&input->pointer, EV_KEY, buttons[index].button, down);
	} else {
		return;
	}
	uinput_sync(&input->pointer);
}

static void set_buttons(struct input *input, struct hand *hand, uint32_t wanted) {
	if (wanted >> BUTTONS && !hand->said_buttons) {
		log_warning("a viewer presses mouse buttons that do not exist (mask 0x%x): dropped", wanted);
		hand->said_buttons = true;
	}
	for (size_t i = 0; i < BUTTONS; i++)
		if ((wanted ^ hand->buttons) & (1u << i))
			change_button(input, i, wanted >> i & 1);
	hand->buttons = wanted & ((1u << BUTTONS) - 1);
}

static void move(struct input *input, uint32_t x, uint32_t y) {
	int32_t device_x, device_y;
	calibration_map(&input->calibration, x, y, UINPUT_RANGE, &device_x, &device_y);
	if (device_x == input->sent_x && device_y == input->sent_y)
		return;
	input->sent_x = device_x;
	input->sent_y = device_y;
	input->moved_ns = clock_now_ns();
	uinput_put(&input->pointer, EV_ABS, ABS_X, device_x);
	uinput_put(&input->pointer, EV_ABS, ABS_Y, device_y);
	uinput_sync(&input->pointer);
}

void input_pointer(struct input *input, uint64_t viewer, uint16_t x, uint16_t y, uint32_t width,
	uint32_t height, uint32_t wanted) {
	if (!ready(input) || width == 0 || height == 0)
		return;
	struct hand *hand = hand_get(&input->hands, viewer);
	if (!hand)
		return;
	if (!input->desktop_known || input->calibration.width != width || input->calibration.height != height)
		calibration_assume(&input->calibration, width, height, 0, 0, width, height);
	move(input, x < width ? x : width - 1, y < height ? y : height - 1);
	set_buttons(input, hand, wanted);
	flush(input);
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
	return input->sent_x >= 0 && clock_now_ns() - input->moved_ns > rest_ms * UINT64_C(1000000);
}

void input_cursor_seen(struct input *input, int32_t x, int32_t y, uint32_t slack) {
	if (!at_rest(input, REST_MS) || input->calibration.width == 0 ||
		!calibration_observe(
			&input->calibration, input->sent_x, input->sent_y, UINPUT_RANGE, x, y, slack))
		return;
	log_info("the compositor maps the pointer device otherwise than assumed: measured %.0fx%.0f at "
		 "%+.0f%+.0f",
		input->calibration.line[0].scale, input->calibration.line[1].scale,
		-input->calibration.line[0].offset, -input->calibration.line[1].offset);
}

bool input_pointer_at_rest(const struct input *input, unsigned rest_ms, int32_t *x, int32_t *y) {
	if (!at_rest(input, rest_ms))
		return false;
	double expected_x, expected_y;
	calibration_expect(
		&input->calibration, input->sent_x, input->sent_y, UINPUT_RANGE, &expected_x, &expected_y);
	*x = (int32_t)floor(expected_x);
	*y = (int32_t)floor(expected_y);
	return true;
}

/* --- leaving and waking --- */

void input_release(struct input *input, uint64_t viewer) {
	struct hand *hand = hand_find(input->hands, viewer);
	if (!hand)
		return;
	while (hand->key_count > 0)
		release_key(input, hand, &hand->keys[hand->key_count - 1]);
	set_buttons(input, hand, 0);
	flush(input);
	hand_drop(&input->hands, hand);
}

/* KEY_WAKEUP types nothing anywhere, ends the text console's blanking and every compositor's; the pointer is
 * moved by less than a pixel and back for those that look at pointers only. */
void input_wake(struct input *input) {
	if (!ready(input))
		return;
	struct keymap_steps steps = {0};
	if (keymap_press_code(input->keymap, KEY_WAKEUP, &steps))
		keymap_release(input->keymap, KEY_WAKEUP, &steps);
	int32_t x = input->sent_x < 0 ? UINPUT_RANGE / 2 : input->sent_x;
	int32_t nudged[] = {x > 0 ? x - 1 : x + 1, x};
	for (size_t i = 0; i < 2; i++) {
		uinput_put(&input->pointer, EV_ABS, ABS_X, nudged[i]);
		uinput_sync(&input->pointer);
	}
	send_steps(input, &steps);
}
