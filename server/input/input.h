/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * input: the hands of the viewers on this machine. Keysyms and scancodes become evdev events of uinput
 * devices that are made at the first need and destroyed at the end. Loop thread only; never blocks.
 */
#ifndef ZEROVNC_INPUT_H
#define ZEROVNC_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/reason.h"

struct input;

struct input_options {
	const char *layout; /* "de:nodeadkeys,us" as --layout; NULL: the system's */
};

/* Never fails for want of /dev/uinput: input_unavailable() then says why, and events are dropped. NULL: out
 * of memory. */
struct input *input_create(const struct input_options *options);
/* Takes NULL. Releases everything that is held. */
void input_destroy(struct input *input);

/* NULL where events can be injected, else why not and what would help. */
const char *input_unavailable(const struct input *input);

/* `viewer`: gateway_viewer_id(). The size is the picture's, in which x and y are given. */
void input_key(struct input *input, uint64_t viewer, uint32_t keysym, uint32_t scancode, bool down);
void input_pointer(struct input *input, uint64_t viewer, uint16_t x, uint16_t y, uint32_t width,
	uint32_t height, uint32_t buttons);

/* The viewer left or may no longer type: releases what only it holds. */
void input_release(struct input *input, uint64_t viewer);

#endif
