/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uinput: the input devices that we add to the machine (capture/input_device.h), and the events that are sent
 * to them. /dev/uinput is opened at the start, while we have the right to, unless the broker makes the
 * devices. A device is made when it is first needed, and is gone when it is closed. Loop thread.
 */
#ifndef ZEROVNC_UINPUT_H
#define ZEROVNC_UINPUT_H

#include <linux/input.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/input_device.h"

enum {
	UINPUT_QUEUE = 1024, /* how many events can wait */
	/* Events that are sent before anybody has opened a new device are lost. udev, the compositor and its
	 * client library need this long to open it. Events wait in the queue meanwhile. */
	UINPUT_SETTLE_MS = 400,
};

struct uinput {
	enum input_device_kind kind;
	const char *broker; /* the socket of the broker that makes the device; borrowed; NULL: we do */
	int fd;             /* /dev/uinput, owned; when recording, the test's own file; -1: none */
	bool recording;     /* for tests: events are written to fd, and no device is made */
	bool made;          /* the device exists */
	bool power_keys;    /* the keyboard has the keys that withheld.h lists */
	bool repeats;       /* the kernel repeats its keys */
	uint64_t ready_ns;  /* CLOCK_MONOTONIC; events are held back until then */
	struct input_event queue[UINPUT_QUEUE];
	size_t queued; /* how many events wait in the queue */
	unsigned leds; /* the LEDs that are lit, as bits 1 << LED_* */
};

/* Opens /dev/uinput unless there is a broker, and makes no device yet. 0 or -errno with a reason that says
 * what would help. On failure fd is -1. */
int uinput_open(
	struct uinput *device, enum input_device_kind kind, const char *broker, struct reason *reason);
/* Has the events written to `fd` (borrowed) as struct input_event instead of making a device. */
void uinput_record(struct uinput *device, enum input_device_kind kind, int fd);
/* Sends the events that wait and removes the device. */
void uinput_close(struct uinput *device);

/* Gives the keyboard the keys that withheld.h lists, too. Call it before the device is made. */
void uinput_add_power_keys(struct uinput *device);

/* Has the kernel repeat the keys that are down, for the text console. Call it before the device is made. */
void uinput_add_repeat(struct uinput *device);

/* Makes the device unless it exists already. 0 or -errno with a reason. */
int uinput_make(struct uinput *device, struct reason *reason);

/* Adds an event. Does nothing unless the device was made. */
void uinput_put(struct uinput *device, uint16_t type, uint16_t code, int32_t value);
/* Ends a group of events that happened at once. */
void uinput_sync(struct uinput *device);
/* Sends the events that were added, if possible in one write. If the device has not settled yet, nothing is
 * sent, and the result is the number of milliseconds after which to call this again. Else 0 or -errno. */
int uinput_flush(struct uinput *device);

/* Reads the events that the machine sends to the device. Returns whether the LEDs changed. */
bool uinput_read(struct uinput *device);

#endif
