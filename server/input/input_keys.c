/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys' half of input.h. */
#include <stdio.h>
#include <xkbcommon/xkbcommon.h>

#include "capture/clock.h"
#include "server/input/input_state.h"
#include "server/input/scancode.h"
#include "server/input/withheld.h"
#include "server/log.h"

/* "U+4E2D (keysym 0x1004e2d)"; the character itself might play tricks on a terminal. */
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
		"dropped %s: no key of the layout %s gives it, and no dead or compose key makes it; a layout "
		"that has it, added to the machine's and to --layout, would",
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
		"dropped %s, key code %u, which stops this machine or cuts it off, and may have been meant "
		"for the viewer's own: --allow-power-keys lets viewers type such keys",
		what, code);
}

static void say_withheld_sysrq(struct input *input) {
	if (!input->said_sysrq)
		log_warning("typed Alt+SysRq as Alt+Print, so that the kernel takes no command from it: "
			    "--allow-sysrq lets viewers type it");
	input->said_sysrq = true;
}

/* The key that the viewer means by a scancode, 0: it named none that this machine has. */
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
	uint16_t code = code_of(input, keysym, scancode);
	if (is_withheld(input, keysym, code)) {
		say_withheld_power(input, keysym, code);
		return;
	}
	bool pressed = code && keymap_press_code(input->keymap, code, &steps);
	if (!pressed) {
		pressed = keymap_press(input->keymap, keysym, &steps, &code) == 0;
		if (pressed && code == KEY_PRINT && !input->options.allow_sysrq)
			say_withheld_sysrq(input); /* the only reason to type Print by that key */
	}
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
	input_send(input, &steps);
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
	input_send(input, &steps);
}

void input_key(struct input *input, uint64_t viewer, uint32_t keysym, uint32_t scancode, bool down) {
	if (!input_ready(input))
		return;
	struct hand *hand = hand_get(&input->hands, viewer);
	if (!hand)
		return;
	if (down) {
		input_adopt_lamps(input);
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
