/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uinput: the devices that a machine gets from us. Opened at the start (while there is a right to), made when
 * first needed, gone when closed.
 *
 * The keyboard has lamps, so that Caps Lock and Num Lock pressed elsewhere are seen here. The pointer is what
 * a virtual machine's tablet is: ABS_X, ABS_Y, buttons and wheels. udev takes that for a mouse that happens
 * to be absolute; with REL_X and REL_Y on the same device compositors would ignore one half or all of it. So
 * the mouse, for viewers that send motions, is a device of its own.
 *
 * Names and ids never change, so that a compositor can be configured for them: "zerovnc keyboard", "zerovnc
 * pointer" and "zerovnc mouse", bus virtual, vendor 7a76, products 1, 2 and 3.
 */
#ifndef ZEROVNC_UINPUT_H
#define ZEROVNC_UINPUT_H

#include <linux/input.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/reason.h"

enum uinput_kind { UINPUT_KEYBOARD, UINPUT_POINTER, UINPUT_MOUSE };

enum {
	UINPUT_RANGE = 65536, /* ABS_X and ABS_Y go from 0 to one less */
	UINPUT_QUEUE = 1024,  /* events */
	/* Events sent before anybody has opened the new device are lost: udev, the compositor and its client
	 * library need that long to take it up. They wait here meanwhile. */
	UINPUT_SETTLE_MS = 400,
};

struct uinput {
	enum uinput_kind kind;
	int fd;
	bool recording;    /* fd takes the events as they are: a test's */
	bool made;         /* the device exists */
	bool power_keys;   /* the keyboard has those that withheld.h lists */
	bool repeats;      /* the kernel repeats its keys */
	uint64_t ready_ns; /* CLOCK_MONOTONIC, events are held back until then */
	struct input_event queue[UINPUT_QUEUE];
	size_t queued;
	unsigned lamps; /* bits 1 << LED_* */
};

/* Opens /dev/uinput; makes no device yet. 0 or -errno with a reason that says what would help; fd is -1 then.
 */
int uinput_open(struct uinput *device, enum uinput_kind kind, struct reason *reason);
/* Writes the events to `fd` (borrowed) as struct input_event, and makes no device. */
void uinput_record(struct uinput *device, enum uinput_kind kind, int fd);
/* Sends what waits and takes the device away. */
void uinput_close(struct uinput *device);

/* Of a keyboard that is not made yet: it is to have the keys that withheld.h lists, too. */
void uinput_add_power_keys(struct uinput *device);

/* The same: the kernel is to repeat the keys that are down, for the text console. */
void uinput_add_repeat(struct uinput *device);

/* Makes the device if there is none yet. 0 or -errno with a reason. */
int uinput_make(struct uinput *device, struct reason *reason);

/* Adds an event, or the end of a group of events that happened at once. */
void uinput_put(struct uinput *device, uint16_t type, uint16_t code, int32_t value);
void uinput_sync(struct uinput *device);
/* Sends what was added, in one write. Before the device has settled: the milliseconds after which it is to be
 * called again; else 0, or -errno. */
int uinput_flush(struct uinput *device);

/* Reads what the machine tells the device. Whether the lamps changed. */
bool uinput_read(struct uinput *device);

#endif
