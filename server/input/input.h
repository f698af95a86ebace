/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * input: the hands of the viewers on this machine. Keysyms and scancodes become evdev events of uinput
 * devices that are made at the first need and destroyed at the end. Loop thread only; never blocks.
 *
 * What a viewer holds is remembered for it and given back when it leaves. What nobody could have meant (a
 * keysym that no layout has, a button that no mouse has, a pixel outside the picture) is dropped or clamped,
 * with one line in the log.
 */
#ifndef ZEROVNC_INPUT_H
#define ZEROVNC_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "capture/reason.h"

struct input;

/* Bits of lamps, as the RFB LED state pseudo-encoding (-261) has them. */
enum { INPUT_LED_SCROLL = 1 << 0, INPUT_LED_NUM = 1 << 1, INPUT_LED_CAPS = 1 << 2 };

struct input_options {
	const char *layout;    /* "de:nodeadkeys,us" as --layout; NULL: the system's */
	bool allow_power_keys; /* viewers may type what withheld.h lists */
	bool allow_sysrq;      /* and Alt+SysRq, the kernel's own commands */
	bool machine_repeats;  /* keys stay down as viewers hold them, and what reads the keyboard repeats */
	uv_loop_t *loop; /* NULL: lamps are not read back, nothing waits for a new device to settle, and no
			  * key goes up by itself */
	void *context;
	/* How many messages that are no keys this viewer has sent so far; NULL: its pointer events count. */
	uint64_t (*talk)(void *context, uint64_t viewer);
	/* The lamps changed; `leds`: INPUT_LED_*. NULL: nobody wants to hear. */
	void (*leds_changed)(void *context, unsigned leds);
};

/* Never fails for want of /dev/uinput: input_unavailable() then says why, and events are dropped. NULL: out
 * of memory. A layout that xkb does not know is said in the log, and "us" taken instead. */
struct input *input_create(const struct input_options *options);
/* As input_create(), but no device is opened: every event is written to `fd` (borrowed) as struct
 * input_event, those of all devices alike. For tests. */
struct input *input_create_recording(const struct input_options *options, int fd);
/* Takes NULL. Releases everything that is held. Its handles close on the loop: run it once more afterwards.
 */
void input_destroy(struct input *input);

/* NULL where events can be injected, else why not and what would help. */
const char *input_unavailable(const struct input *input);

/* The layout in use and where it was found, for people: "de (nodeadkeys) from /etc/default/keyboard". */
const char *input_layout(const struct input *input);

/* How many keys were pressed that no key of the layout types, or that are withheld. */
uint64_t input_dropped(const struct input *input);

/* Makes the devices now, so that they are taken up by the time of the first key: call it when a viewer joins
 * that may type. */
void input_prepare(struct input *input);

/* `viewer`: gateway_viewer_id(). The size is the picture's, in which x and y are given. */
void input_key(struct input *input, uint64_t viewer, uint32_t keysym, uint32_t scancode, bool down);
void input_pointer(struct input *input, uint64_t viewer, uint16_t x, uint16_t y, uint32_t width,
	uint32_t height, uint32_t buttons);
/* By the mouse, which is made at the first motion: so many of the viewer's pixels right and down. */
void input_motion(struct input *input, uint64_t viewer, int32_t dx, int32_t dy, uint32_t buttons);

/* Whether the viewer holds no button. */
bool input_buttons_idle(const struct input *input, uint64_t viewer);

/* The viewer left or may no longer type: releases what only it holds. */
void input_release(struct input *input, uint64_t viewer);

/* A nudge that wakes a dark screen and types nothing. */
void input_wake(struct input *input);

/*
 * The desktop that the pointer device is taken to cover, and where in it the picture lies; without this call
 * the picture is the desktop. See calibration.h.
 */
void input_set_desktop(struct input *input, uint32_t desktop_width, uint32_t desktop_height, int32_t x,
	int32_t y, uint32_t width, uint32_t height);

/* The cursor's tip was seen at this pixel of the picture, or up to `slack` pixels further right and down:
 * tells where the compositor really puts the pointer. Call it as often as the cursor is looked at; it counts
 * only when the pointer has come to rest. */
void input_cursor_seen(struct input *input, int32_t x, int32_t y, uint32_t slack);

/* Where the last pointer event was sent to, in pixels of the picture; false where there was none, or it is
 * younger than `rest_ms`. */
bool input_pointer_at_rest(const struct input *input, unsigned rest_ms, int32_t *x, int32_t *y);

#endif
