/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/input_device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "capture/base/array.h"

static const struct {
	const char *name, *path;
} names[INPUT_DEVICE_KINDS] = {
	[INPUT_DEVICE_KEYBOARD] = {"zerovnc keyboard", "zerovnc/keyboard"},
	[INPUT_DEVICE_POINTER] = {"zerovnc pointer", "zerovnc/pointer"},
	[INPUT_DEVICE_MOUSE] = {"zerovnc mouse", "zerovnc/mouse"},
};

static const uint16_t buttons[] = {
	BTN_LEFT, BTN_RIGHT, BTN_MIDDLE, BTN_SIDE, BTN_EXTRA, BTN_FORWARD, BTN_BACK};
static const uint16_t axes[] = {REL_X, REL_Y};
static const uint16_t wheels[] = {REL_WHEEL, REL_HWHEEL, REL_WHEEL_HI_RES, REL_HWHEEL_HI_RES};
static const uint16_t leds[] = {LED_NUML, LED_CAPSL, LED_SCROLLL};

bool input_device_is_key(uint32_t code) {
	if (code == KEY_RESERVED || code >= KEY_CNT)
		return false;
	bool button = (code >= BTN_MISC && code < KEY_OK) ||
		      (code >= BTN_DPAD_UP && code <= BTN_DPAD_RIGHT) ||
		      (code >= BTN_TRIGGER_HAPPY && code <= BTN_TRIGGER_HAPPY40);
	return !button;
}

int input_device_open(int *fd, struct reason *reason) {
	*fd = open("/dev/uinput", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (*fd >= 0)
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

static bool set_bits(int fd, unsigned long type_request, int type, unsigned long request,
	const uint16_t *codes, size_t count) {
	if (ioctl(fd, type_request, type) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (ioctl(fd, request, codes[i]) < 0)
			return false;
	return true;
}

static bool describe_keyboard(int fd, const struct input_device_options *options) {
	for (uint16_t code = 1; code < KEY_CNT; code++)
		if (input_device_is_key(code) && options->keys[code / 8] & 1 << code % 8 &&
			ioctl(fd, UI_SET_KEYBIT, code) < 0)
			return false;
	/* Only the text console heeds the kernel's repeats. Desktops repeat by themselves, with or without
	 * EV_REP. */
	return ioctl(fd, UI_SET_EVBIT, EV_KEY) == 0 &&
	       (!options->repeats || ioctl(fd, UI_SET_EVBIT, EV_REP) == 0) &&
	       set_bits(fd, UI_SET_EVBIT, EV_LED, UI_SET_LEDBIT, leds, ARRAY_LEN(leds));
}

static bool describe_buttons(int fd) {
	return set_bits(fd, UI_SET_EVBIT, EV_KEY, UI_SET_KEYBIT, buttons, ARRAY_LEN(buttons)) &&
	       set_bits(fd, UI_SET_EVBIT, EV_REL, UI_SET_RELBIT, wheels, ARRAY_LEN(wheels));
}

static bool describe_pointer(int fd, const struct input_device_options *options) {
	(void)options;
	struct uinput_abs_setup places[] = {
		{.code = ABS_X, .absinfo.maximum = INPUT_DEVICE_RANGE - 1},
		{.code = ABS_Y, .absinfo.maximum = INPUT_DEVICE_RANGE - 1},
	};
	return ioctl(fd, UI_SET_EVBIT, EV_ABS) == 0 && ioctl(fd, UI_ABS_SETUP, &places[0]) == 0 &&
	       ioctl(fd, UI_ABS_SETUP, &places[1]) == 0 && describe_buttons(fd);
}

static bool describe_mouse(int fd, const struct input_device_options *options) {
	(void)options;
	return set_bits(fd, UI_SET_EVBIT, EV_REL, UI_SET_RELBIT, axes, ARRAY_LEN(axes)) &&
	       describe_buttons(fd);
}

int input_device_make(int fd, enum input_device_kind kind, const struct input_device_options *options,
	struct reason *reason) {
	static bool (*const describe[INPUT_DEVICE_KINDS])(
		int fd, const struct input_device_options *options) = {
		[INPUT_DEVICE_KEYBOARD] = describe_keyboard,
		[INPUT_DEVICE_POINTER] = describe_pointer,
		[INPUT_DEVICE_MOUSE] = describe_mouse,
	};
	struct uinput_setup setup = {
		.id = {.bustype = BUS_VIRTUAL,
			.vendor = 0x7a76,
			.product = (uint16_t)(kind + 1),
			.version = 1},
	};
	snprintf(setup.name, sizeof setup.name, "%s", names[kind].name);
	if (describe[kind](fd, options) && ioctl(fd, UI_SET_PHYS, names[kind].path) == 0 &&
		ioctl(fd, UI_DEV_SETUP, &setup) == 0 && ioctl(fd, UI_DEV_CREATE) == 0)
		return 0;
	int error = -errno;
	return reason_set(reason, error, "the kernel refuses to make the device \"%s\": %s", names[kind].name,
		strerror(-error));
}
