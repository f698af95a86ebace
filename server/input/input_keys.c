/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of input.h that has the keys. */
#include <stdio.h>
#include <xkbcommon/xkbcommon.h>

#include "capture/base/clock.h"
#include "server/input/input_state.h"
#include "server/input/scancode.h"
#include "server/input/withheld.h"
#include "server/log.h"

/* Writes "U+4E2D (keysym 0x1004e2d)". The character itself could play tricks on a terminal. */
static void describe(uint32_t keysym, char *text, size_t size) {
	char name[64] = "";
	uint32_t character = xkb_keysym_to_utf32(keysym);
	xkb_keysym_get_name(keysym, name, sizeof name);
	if (character >= ' ')
		snprintf(text, size, "U+%04X (keysym 0x%x)", character, keysym);
	else
		snprintf(text, size, "keysym 0x%x (%s)", keysym, name[0] ? name : "unknown");
}

static void say_untyped(struct input *input, uint32_t keysym) {
	char what[96];
	input->dropped++;
	for (size_t i = 0; i < input->untyped_count; i++)
		if (input->untyped[i] == keysym)
			return;
	if (input->untyped_count == REMEMBER_KEYSYMS)
		return;
	input->untyped[input->untyped_count++] = keysym;
	describe(keysym, what, sizeof what);
	log_info(
		"dropped %s: no key of the layout %s types it, and no dead or compose key composes it with the keys that are held; add a layout that has it to the machine's layouts and to --layout",
		what, input->layout);
}

static void say_withheld_power(struct input *input, uint32_t keysym, uint16_t code) {
	char what[96];
	input->dropped++;
	if (input->said_power)
		return;
	input->said_power = true;
	describe(keysym, what, sizeof what);
	log_warning(
		"dropped %s, key code %u, which stops this machine or cuts it off, and may have been meant for the viewer's machine: --allow-power-keys lets viewers type such keys",
		what, code);
}

static void say_withheld_sysrq(struct input *input) {
	if (!input->said_sysrq)
		log_warning(
			"typed Alt+SysRq as Alt+Print, so that the kernel takes no command from it: --allow-sysrq lets viewers type it");
	input->said_sysrq = true;
}

/* Returns the key that the viewer means by a scancode. 0: it sent none, or one that is no evdev key. */
static uint16_t code_of(struct input *input, uint32_t keysym, uint32_t scancode) {
	uint16_t code = scancode_of_key(scancode, keysym);
	uint16_t instead = keymap_instead(input->keymap, code);
	if (instead != code)
		say_withheld_sysrq(input);
	return instead;
}

static bool is_withheld(const struct input *input, uint32_t keysym, uint16_t code) {
	if (input->options.allow_power_keys)
		return false;
	return code ? withheld_power_code(code) : withheld_power_keysym(keysym);
}

static bool type_key(
	struct input *input, uint32_t keysym, uint32_t scancode, struct keymap_steps *steps, uint16_t *code) {
	*code = code_of(input, keysym, scancode);
	if (*code && keymap_press_code(input->keymap, *code, steps))
		return true;
	if (keymap_press(input->keymap, keysym, steps, code) < 0)
		return false;
	if (*code == KEY_PRINT && !input->options.allow_sysrq)
		say_withheld_sysrq(input); /* nothing else makes us type Print with KEY_PRINT */
	return true;
}

/* Sends the steps. `leds` is the state of the LEDs before them. */
static void send_typed(struct input *input, const struct keymap_steps *steps, unsigned leds) {
	if (keymap_leds(input->keymap) != leds)
		input->lock_ns = clock_now_ns();
	input_send(input, steps);
}

/* --- keys that stay down --- */

static uint64_t now_ms(const struct input *input) {
	return input->options.loop ? uv_now(input->options.loop) : clock_now_ns() / 1000000;
}

static uint64_t talk_of(const struct input *input, const struct hand *hand) {
	return input->options.talk ? input->options.talk(input->options.context, hand->viewer)
				   : hand->pointed;
}

/* Whether the key may have to be released by itself. Keys that nothing repeats, such as modifiers and locks,
 * stay down for as long as the viewer holds them. */
static bool is_watched(const struct input *input, const struct hand_key *key) {
	return !input->options.machine_repeats && !key->hold.up && keymap_repeats(input->keymap, key->code);
}

static void let_go(struct input *input, struct hand *hand, struct hand_key *key) {
	struct keymap_steps steps = {0};
	unsigned leds = keymap_leds(input->keymap);
	if (!hold_is_over(&key->hold, now_ms(input), talk_of(input, hand)))
		return;
	keymap_release(input->keymap, key->code, &steps);
	send_typed(input, &steps, leds);
}

void input_check_holds(struct input *input) {
	uint64_t next = UINT64_MAX;
	for (struct hand *hand = input->hands; hand; hand = hand->next) {
		for (size_t i = 0; i < hand->key_count; i++) {
			struct hand_key *key = &hand->keys[i];
			if (is_watched(input, key))
				let_go(input, hand, key);
			if (is_watched(input, key) && hold_due_ms(&key->hold) < next)
				next = hold_due_ms(&key->hold);
		}
	}
	if (next != UINT64_MAX)
		input_check_holds_at(input, next);
}

/* The viewer sent another press of a key that it holds. */
static void repeat_key(struct input *input, struct hand *hand, struct hand_key *key) {
	struct keymap_steps steps = {0};
	unsigned leds = keymap_leds(input->keymap);
	if (input->options.machine_repeats || !keymap_repeats(input->keymap, key->code))
		return;
	enum hold_repeat repeat = hold_repeat(&key->hold, now_ms(input), talk_of(input, hand), hand->pointed);
	if (repeat == HOLD_TELL) { /* the text console takes it for a stroke, and desktops ignore it */
		input_repeat(input, key->code);
		return;
	}
	if (repeat == HOLD_AGAIN)
		keymap_release(input->keymap, key->code, &steps);
	key->hold.up = !type_key(input, key->keysym, key->scancode, &steps, &key->code);
	send_typed(input, &steps, leds);
	input_check_holds(input);
}

/* --- pressing and releasing --- */

static bool has_room(struct hand *hand) {
	if (hand->key_count < HAND_MAX_KEYS)
		return true;
	if (!hand->said_keys)
		log_warning("a viewer holds more than %d keys: the others are dropped", HAND_MAX_KEYS);
	hand->said_keys = true;
	return false;
}

/* Only one finger fits on a key: if the viewer held this key under another name, that press is taken back. */
static void give_former(struct input *input, struct hand *hand, uint16_t code, struct keymap_steps *steps) {
	struct hand_key *former = hand_holds_code(hand, code);
	if (!former)
		return;
	if (!former->hold.up)
		keymap_release(input->keymap, code, steps);
	hand_give(hand, former);
}

static void press_key(struct input *input, struct hand *hand, uint32_t keysym, uint32_t scancode) {
	struct hand_key *held = hand_holds(hand, keysym, scancode);
	struct keymap_steps steps = {0};
	unsigned leds = keymap_leds(input->keymap);
	uint16_t code = scancode_of_key(scancode, keysym);
	if (held) {
		repeat_key(input, hand, held);
		return;
	}
	if (is_withheld(input, keysym, code)) {
		say_withheld_power(input, keysym, code);
		return;
	}
	if (!has_room(hand))
		return;
	if (type_key(input, keysym, scancode, &steps, &code)) {
		struct hand_key key = {.keysym = keysym, .scancode = scancode, .code = code};
		give_former(input, hand, code, &steps);
		hold_begin(&key.hold, now_ms(input), talk_of(input, hand), hand->pointed);
		hand_take(hand, key);
	} else {
		say_untyped(input, keysym);
	}
	send_typed(input, &steps, leds);
	input_check_holds(input);
}

/* Returns the key that a release means: the one that was pressed under that name, else the one that has that
 * keysym. A viewer that released Shift first may call its A an a now. */
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
	if (!key->hold.up)
		keymap_release(input->keymap, key->code, &steps);
	hand_give(hand, key);
	send_typed(input, &steps, leds);
}

void input_key(struct input *input, uint64_t viewer, uint32_t keysym, uint32_t scancode, bool down) {
	if (!input_ready(input))
		return;
	struct hand *hand = hand_get(&input->hands, viewer);
	if (!hand)
		return;
	if (down) {
		input_adopt_leds(input);
		press_key(input, hand, keysym, scancode);
		return;
	}
	struct hand_key *key = find_key(input, hand, keysym, scancode);
	if (key)
		release_key(input, hand, key);
}

void input_release_keys(struct input *input, struct hand *hand) {
	while (hand->key_count > 0)
		release_key(input, hand, &hand->keys[hand->key_count - 1]);
}
