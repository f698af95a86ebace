/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/uinput.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/base/clock.h"
#include "server/input/keymap_table.h"
#include "server/input/withheld.h"

static const struct {
	const char *name, *path;
} names[] = {
	[UINPUT_KEYBOARD] = {"zerovnc keyboard", "zerovnc/keyboard"},
	[UINPUT_POINTER] = {"zerovnc pointer", "zerovnc/pointer"},
	[UINPUT_MOUSE] = {"zerovnc mouse", "zerovnc/mouse"},
};

static const uint16_t buttons[] = {
	BTN_LEFT, BTN_RIGHT, BTN_MIDDLE, BTN_SIDE, BTN_EXTRA, BTN_FORWARD, BTN_BACK};
static const uint16_t axes[] = {REL_X, REL_Y};
static const uint16_t wheels[] = {REL_WHEEL, REL_HWHEEL, REL_WHEEL_HI_RES, REL_HWHEEL_HI_RES};
static const uint16_t leds[] = {LED_NUML, LED_CAPSL, LED_SCROLLL};

int uinput_open(struct uinput *device, enum uinput_kind kind, struct reason *reason) {
	memset(device, 0, sizeof *device);
	device->kind = kind;
	device->fd = open("/dev/uinput", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (device->fd >= 0)
		return 0;
	int error = -errno;
	if (error == -ENOENT || error == -ENODEV || error == -ENXIO)
		return reason_set(reason, error,
			"no keyboard and pointer: this kernel has no uinput (try: modprobe uinput)");
	if (error == -EACCES || error == -EPERM)
		return reason_set(reason, error,
			"no keyboard and pointer: no permission to open /dev/uinput (run as root, or let this user's group write to it by a udev rule)");
	return reason_set(
		reason, error, "no keyboard and pointer: cannot open /dev/uinput: %s", strerror(-error));
}

void uinput_record(struct uinput *device, enum uinput_kind kind, int fd) {
	memset(device, 0, sizeof *device);
	device->kind = kind;
	device->fd = fd;
	device->recording = true;
}

static bool set_bits(int fd, unsigned long type_request, int type, unsigned long request,
	const uint16_t *codes, size_t count) {
	if (ioctl(fd, type_request, type) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (ioctl(fd, request, codes[i]) < 0)
			return false;
	return true;
}

void uinput_add_power_keys(struct uinput *device) {
	device->power_keys = true;
}

void uinput_add_repeat(struct uinput *device) {
	device->repeats = true;
}

/* logind and the kernel look at which keys a keyboard declares. They ignore one without power keys. */
static bool describe_keyboard(const struct uinput *device) {
	int fd = device->fd;
	for (uint16_t code = 1; code < KEY_CNT; code++)
		if (keymap_table_is_key(code) && (device->power_keys || !withheld_power_code(code)) &&
			ioctl(fd, UI_SET_KEYBIT, code) < 0)
			return false;
	/* Only the text console heeds the kernel's repeats. Desktops repeat by themselves, with or without
	 * EV_REP. */
	return ioctl(fd, UI_SET_EVBIT, EV_KEY) == 0 &&
	       (!device->repeats || ioctl(fd, UI_SET_EVBIT, EV_REP) == 0) &&
	       set_bits(fd, UI_SET_EVBIT, EV_LED, UI_SET_LEDBIT, leds, ARRAY_LEN(leds));
}

static bool describe_buttons(int fd) {
	return set_bits(fd, UI_SET_EVBIT, EV_KEY, UI_SET_KEYBIT, buttons, ARRAY_LEN(buttons)) &&
	       set_bits(fd, UI_SET_EVBIT, EV_REL, UI_SET_RELBIT, wheels, ARRAY_LEN(wheels));
}

static bool describe_pointer(const struct uinput *device) {
	int fd = device->fd;
	struct uinput_abs_setup places[] = {
		{.code = ABS_X, .absinfo.maximum = UINPUT_RANGE - 1},
		{.code = ABS_Y, .absinfo.maximum = UINPUT_RANGE - 1},
	};
	return ioctl(fd, UI_SET_EVBIT, EV_ABS) == 0 && ioctl(fd, UI_ABS_SETUP, &places[0]) == 0 &&
	       ioctl(fd, UI_ABS_SETUP, &places[1]) == 0 && describe_buttons(fd);
}

static bool describe_mouse(const struct uinput *device) {
	int fd = device->fd;
	return set_bits(fd, UI_SET_EVBIT, EV_REL, UI_SET_RELBIT, axes, ARRAY_LEN(axes)) &&
	       describe_buttons(fd);
}

static int make_device(struct uinput *device) {
	static bool (*const describe[])(const struct uinput *device) = {
		[UINPUT_KEYBOARD] = describe_keyboard,
		[UINPUT_POINTER] = describe_pointer,
		[UINPUT_MOUSE] = describe_mouse,
	};
	int fd = device->fd;
	struct uinput_setup setup = {
		.id = {.bustype = BUS_VIRTUAL,
			.vendor = 0x7a76,
			.product = (uint16_t)(device->kind + 1),
			.version = 1},
	};
	snprintf(setup.name, sizeof setup.name, "%s", names[device->kind].name);
	if (!describe[device->kind](device) || ioctl(fd, UI_SET_PHYS, names[device->kind].path) < 0 ||
		ioctl(fd, UI_DEV_SETUP, &setup) < 0 || ioctl(fd, UI_DEV_CREATE) < 0)
		return -errno;
	return 0;
}

int uinput_make(struct uinput *device, struct reason *reason) {
	if (device->made)
		return 0;
	if (device->fd < 0)
		return reason_set(reason, -EBADF, "no uinput device is open");
	if (!device->recording) {
		int error = make_device(device);
		if (error)
			return reason_set(reason, error, "the kernel refuses to make the device \"%s\": %s",
				names[device->kind].name, strerror(-error));
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
	if (!device->recording) {
		if (device->made)
			ioctl(device->fd, UI_DEV_DESTROY);
		close(device->fd);
	}
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
