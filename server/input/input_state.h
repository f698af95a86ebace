/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input_state: what the files behind input.h share: input.c (devices, lamps), input_keys.c and
 * input_pointer.c. Nobody else includes it. */
#ifndef ZEROVNC_INPUT_STATE_H
#define ZEROVNC_INPUT_STATE_H

#include "server/input/calibration.h"
#include "server/input/hand.h"
#include "server/input/input.h"
#include "server/input/keymap.h"
#include "server/input/uinput.h"

enum {
	INPUT_BUTTONS = 9,
	REMEMBER_KEYSYMS = 64 /* that no key types, so that each is said once */
};

struct watch;

struct input {
	struct input_options options;
	struct keymap *keymap;
	char layout[512];
	struct uinput keyboard, pointer, mouse;
	struct reason unavailable; /* empty: events can be injected */
	struct watch *watch;
	struct hand *hands;
	unsigned char button_holders[INPUT_BUTTONS];
	struct uinput *button_devices[INPUT_BUTTONS]; /* that pressed it */
	struct calibration calibration;
	bool desktop_known;
	int32_t sent_x, sent_y; /* the pointer device's; -1: never moved */
	bool lamps_news;        /* they changed, and the keymap was not told yet */
	uint64_t moved_ns, lock_ns;
	bool said_power, said_sysrq; /* that a key was withheld */
	uint64_t dropped;            /* keys pressed that were not typed */
	uint32_t untyped[REMEMBER_KEYSYMS];
	size_t untyped_count;
};

/* Whether there are devices; makes keyboard and pointer where there are none yet. */
bool input_ready(struct input *input);
/* Says so, and drops all events from now on. */
void input_give_up(struct input *input, const struct reason *reason);
/* Sends what was put into any device. */
void input_flush(struct input *input);
/* Sends these keys. */
void input_send(struct input *input, const struct keymap_steps *steps);
/* Sends the repetition of a key that is down. */
void input_repeat(struct input *input, uint16_t code);
/* Lets go of keys whose viewers are silent (hold.h); asks to be called again when the next is due. */
void input_check_holds(struct input *input);
/* Calls that at this time of the loop; without a loop never. */
void input_check_holds_at(struct input *input, uint64_t time_ms);
/* Takes the machine's word for the locks where it said something new, unless it may not have seen our own
 * last lock key when it said so. */
void input_adopt_lamps(struct input *input);
/* Lets go of all keys of this hand. */
void input_release_keys(struct input *input, struct hand *hand);
/* Lets go of all buttons of this hand; input_flush() is due. */
void input_release_buttons(struct input *input, struct hand *hand);

#endif
