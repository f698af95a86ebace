/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * input: turns the viewers' keys and pointers into input of this machine. Keysyms and scancodes become evdev
 * events of uinput devices. The devices are made when they are first needed and destroyed at the end. Loop
 * thread only. Never blocks.
 *
 * The keys and buttons that a viewer holds are remembered for that viewer and released when it leaves. A
 * keysym that no layout has and a button that no mouse has are dropped, with one line in the log. A pixel
 * outside the picture is clamped to its edge.
 */
#ifndef ZEROVNC_INPUT_H
#define ZEROVNC_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "capture/base/reason.h"
#include "encode/rfb/protocol.h"

struct input;

/* Bits of the keyboard's LEDs, as in RFB's LED state pseudo-encoding. */
enum { INPUT_LED_SCROLL = LED_SCROLL_LOCK, INPUT_LED_NUM = LED_NUM_LOCK, INPUT_LED_CAPS = LED_CAPS_LOCK };

struct input_options {
	const char *layout;    /* "de:nodeadkeys,us" as --layout has it; NULL: the system's layout */
	const char *broker;    /* the socket of the broker that makes the devices; borrowed until
				  input_destroy(); NULL: this process makes them */
	bool allow_power_keys; /* viewers may type the keys that withheld.h lists */
	bool allow_sysrq;      /* viewers may type Alt+SysRq, which gives commands to the kernel */
	bool machine_repeats;  /* keys stay down while viewers hold them; readers of the keyboard repeat */
	/* NULL: the LEDs are not read back, nobody flushes events that wait for a new device to settle, and
	 * no key is released by itself. */
	uv_loop_t *loop;
	void *context; /* for the two functions below */
	/* Returns how many messages other than keys this viewer has sent so far. NULL: its pointer events are
	 * counted instead. */
	uint64_t (*talk)(void *context, uint64_t viewer);
	/* The LEDs changed; `leds` has bits INPUT_LED_*. NULL: nobody wants to know. */
	void (*leds_changed)(void *context, unsigned leds);
};

/* NULL: out of memory. It does not fail if /dev/uinput cannot be opened: input_unavailable() then says why,
 * and events are dropped. If xkb does not know the layout, the log says so and "us" is used instead. The
 * strings in `options` are borrowed during this call; `loop` and `context` until input_destroy(). */
struct input *input_create(const struct input_options *options);
/* As input_create(), but no device is opened. The events of all devices are written to `fd` (borrowed) as
 * struct input_event. For tests. */
struct input *input_create_recording(const struct input_options *options, int fd);
/* Releases everything that is held. Its handles close on the loop: run the loop once more afterwards. Takes
 * NULL. */
void input_destroy(struct input *input);

/* Returns NULL if events can be injected, else why not and what would help. The text is borrowed until
 * input_destroy(). */
const char *input_unavailable(const struct input *input);

/* Returns the layout in use and where it was found, for people: "de (nodeadkeys) from /etc/default/keyboard".
 * The text is borrowed until input_destroy(). */
const char *input_layout(const struct input *input);

/* Returns how many key presses were dropped because no key of the layout types them or because they are
 * withheld. */
uint64_t input_dropped(const struct input *input);

/* Makes the devices now, so that the desktop has opened them by the time of the first key. Call it when a
 * viewer joins that may type. */
void input_prepare(struct input *input);

/* A key of `viewer`, which is a viewer_id(), was pressed or released. */
void input_key(struct input *input, uint64_t viewer, uint32_t keysym, uint32_t scancode, bool down);
/* Moves the pointer to pixel (x, y) of a picture of this size, and sets the buttons as RFB's PointerEvent has
 * them. */
void input_pointer(struct input *input, uint64_t viewer, uint16_t x, uint16_t y, uint32_t width,
	uint32_t height, uint32_t buttons);
/* Moves the mouse this many of the viewer's pixels right and down. The mouse is a device of its own, made at
 * the first motion. */
void input_motion(struct input *input, uint64_t viewer, int32_t dx, int32_t dy, uint32_t buttons);

/* Returns whether the viewer holds no button. */
bool input_buttons_idle(const struct input *input, uint64_t viewer);

/* Releases the keys and buttons that only this viewer holds. Call it when the viewer left or may no longer
 * type. */
void input_release(struct input *input, uint64_t viewer);

/* Wakes a dark screen and types nothing. */
void input_wake(struct input *input);

/*
 * Sets the desktop that the pointer device is assumed to cover and where the picture lies in it, in pixels.
 * Without this call the picture is assumed to be the desktop. See calibration.h.
 */
void input_set_desktop(struct input *input, uint32_t desktop_width, uint32_t desktop_height, int32_t x,
	int32_t y, uint32_t width, uint32_t height);

/* Reports that the cursor's tip was seen at this pixel of the picture, or up to `slack` pixels further right
 * and down. That tells where the compositor really puts the pointer. Call it whenever the cursor was looked
 * at; it counts only if the pointer has come to rest. */
void input_cursor_seen(struct input *input, int32_t x, int32_t y, uint32_t slack);

/* Writes where the last pointer event was sent to, in pixels of the picture. False: there was none, the mouse
 * has moved the pointer since, or the event is younger than `rest_ms`. */
bool input_pointer_at_rest(const struct input *input, unsigned rest_ms, int32_t *x, int32_t *y);

#endif
