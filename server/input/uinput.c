/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/uinput.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/clock.h"
#include "capture/broker/client.h"
#include "server/input/withheld.h"

int uinput_open(
	struct uinput *device, enum input_device_kind kind, const char *broker, struct reason *reason) {
	memset(device, 0, sizeof *device);
	device->kind = kind;
	device->broker = broker;
	device->fd = -1;
	return broker ? 0 : input_device_open(&device->fd, reason);
}

void uinput_record(struct uinput *device, enum input_device_kind kind, int fd) {
	memset(device, 0, sizeof *device);
	device->kind = kind;
	device->fd = fd;
	device->recording = true;
}

void uinput_add_power_keys(struct uinput *device) {
	device->power_keys = true;
}

void uinput_add_repeat(struct uinput *device) {
	device->repeats = true;
}

/* logind and the kernel look at which keys a keyboard declares. They ignore one without power keys. */
static void choose_keys(const struct uinput *device, uint8_t *keys) {
	for (uint16_t code = 1; code < KEY_CNT; code++)
		if (input_device_is_key(code) && (device->power_keys || !withheld_power_code(code)))
			keys[code / 8] |= (uint8_t)(1 << code % 8);
}

static int make_device(struct uinput *device, struct reason *reason) {
	struct input_device_options options = {.repeats = device->repeats};
	if (device->kind == INPUT_DEVICE_KEYBOARD)
		choose_keys(device, options.keys);
	return device->broker
		       ? broker_make_device(device->broker, device->kind, &options, &device->fd, reason)
		       : input_device_make(device->fd, device->kind, &options, reason);
}

int uinput_make(struct uinput *device, struct reason *reason) {
	if (device->made)
		return 0;
	if (device->fd < 0 && !device->broker)
		return reason_set(reason, -EBADF, "no uinput device is open");
	if (!device->recording) {
		int error = make_device(device, reason);
		if (error)
			return error;
		device->ready_ns = clock_now_ns() + UINPUT_SETTLE_MS * UINT64_C(1000000);
	}
	device->made = true;
	return 0;
}

/* Writes all events that wait. 0 or -errno; the queue is empty afterwards in either case. */
static int send_queue(struct uinput *device) {
	const char *bytes = (const char *)device->queue;
	size_t size = device->queued * sizeof device->queue[0];
	device->queued = 0;
	while (size > 0) {
		ssize_t written = write(device->fd, bytes, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		bytes += written;
		size -= (size_t)written;
	}
	return 0;
}

void uinput_close(struct uinput *device) {
	if (device->fd < 0)
		return;
	if (device->made)
		send_queue(device);
	if (!device->recording)
		close(device->fd); /* which removes the device */
	device->fd = -1;
	device->made = false;
}

void uinput_put(struct uinput *device, uint16_t type, uint16_t code, int32_t value) {
	if (!device->made)
		return;
	if (device->queued == UINPUT_QUEUE) /* better sent early than lost or out of order */
		send_queue(device);
	device->queue[device->queued++] = (struct input_event){.type = type, .code = code, .value = value};
}

void uinput_sync(struct uinput *device) {
	uinput_put(device, EV_SYN, SYN_REPORT, 0);
}

int uinput_flush(struct uinput *device) {
	if (device->queued == 0)
		return 0;
	uint64_t now = device->ready_ns ? clock_now_ns() : 0;
	if (now < device->ready_ns)
		return (int)((device->ready_ns - now) / 1000000) + 1;
	device->ready_ns = 0;
	return send_queue(device);
}

bool uinput_read(struct uinput *device) {
	unsigned before = device->leds;
	struct input_event events[16];
	ssize_t size;
	while ((size = read(device->fd, events, sizeof events)) > 0) {
		for (size_t i = 0; i < (size_t)size / sizeof events[0]; i++) {
			if (events[i].type != EV_LED || events[i].code >= LED_CNT)
				continue;
			unsigned bit = 1u << events[i].code;
			device->leds = events[i].value ? device->leds | bit : device->leds & ~bit;
		}
	}
	return device->leds != before;
}
