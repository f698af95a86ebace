/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input_state: what the files behind input.h share. input.c has the devices and LEDs, input_keys.c the keys
 * and input_pointer.c the pointer. No other file includes it. Loop thread only. */
#ifndef ZEROVNC_INPUT_STATE_H
#define ZEROVNC_INPUT_STATE_H

#include "server/input/calibration.h"
#include "server/input/hand.h"
#include "server/input/input.h"
#include "server/input/keymap.h"
#include "server/input/uinput.h"

enum {
	INPUT_BUTTONS = 9,
	REMEMBER_KEYSYMS = 64 /* how many dropped keysyms are remembered, so that each is logged once */
};

struct watch;

struct input {
	struct input_options options;
	struct keymap *keymap;
	char layout[512];
	struct uinput keyboard, pointer, mouse;
	struct reason unavailable;                    /* why no events can be injected; empty: they can */
	struct watch *watch;                          /* NULL without a loop, or before the devices exist */
	struct hand *hands;                           /* one for each viewer that has sent input */
	unsigned char button_holders[INPUT_BUTTONS];  /* how many viewers hold each button */
	struct uinput *button_devices[INPUT_BUTTONS]; /* the device on which each button was pressed */
	struct calibration calibration;
	bool desktop_known;                 /* input_set_desktop() was called */
	int32_t sent_x, sent_y;             /* last position of the pointer device; -1: unknown */
	bool leds_news;                     /* the LEDs changed, and the keymap does not know yet */
	uint64_t moved_ns, lock_ns;         /* when we last moved the pointer and last typed a lock key */
	bool said_power, said_sysrq;        /* the log says already that such a key was withheld */
	uint64_t dropped;                   /* number of key presses that were not typed */
	uint32_t untyped[REMEMBER_KEYSYMS]; /* dropped keysyms that were logged */
	size_t untyped_count;
};

/* Makes the keyboard and the pointer if they do not exist yet. Returns whether events can be injected. */
bool input_ready(struct input *input);
/* Logs the reason the first time, and drops all events from now on. */
void input_give_up(struct input *input, const struct reason *reason);
/* Sends the events that were put into any device. Events of a device that has not settled wait. */
void input_flush(struct input *input);
/* Sends these key steps. */
void input_send(struct input *input, const struct keymap_steps *steps);
/* Sends a repeat event for a key that is down. */
void input_repeat(struct input *input, uint16_t code);
/* Releases keys whose viewers are silent (hold.h), and arranges to be called again when the next is due. */
void input_check_holds(struct input *input);
/* Has input_check_holds() called at this time of the loop. Does nothing without a loop. */
void input_check_holds_at(struct input *input, uint64_t time_ms);
/* Sets the keymap's locks by the LEDs if the machine changed these. If the machine may not have seen our last
 * lock key yet when it did so, nothing happens until a later call. */
void input_adopt_leds(struct input *input);
/* Releases all keys of this hand. */
void input_release_keys(struct input *input, struct hand *hand);
/* Releases all buttons of this hand. The caller must call input_flush() afterwards. */
void input_release_buttons(struct input *input, struct hand *hand);

#endif
