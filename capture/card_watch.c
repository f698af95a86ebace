/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/card_watch.h"

#include <libudev.h>
#include <stdlib.h>
#include <unistd.h>

struct card_watch {
	struct udev *udev;
	struct udev_monitor *monitor;
};

/* udev's own messages come once a node has its owner and links. Without udev, the kernel's must suffice. */
static const char *sender(void) {
	return access("/run/udev/control", F_OK) == 0 ? "udev" : "kernel";
}

struct card_watch *card_watch_create(void) {
	struct card_watch *watch = calloc(1, sizeof *watch);
	if (!watch)
		return NULL;
	watch->udev = udev_new();
	watch->monitor = watch->udev ? udev_monitor_new_from_netlink(watch->udev, sender()) : NULL;
	if (watch->monitor &&
		udev_monitor_filter_add_match_subsystem_devtype(watch->monitor, "drm", NULL) >= 0 &&
		udev_monitor_enable_receiving(watch->monitor) >= 0)
		return watch;
	card_watch_destroy(watch);
	return NULL;
}

void card_watch_destroy(struct card_watch *watch) {
	if (!watch)
		return;
	udev_monitor_unref(watch->monitor);
	udev_unref(watch->udev);
	free(watch);
}

int card_watch_fd(const struct card_watch *watch) {
	return watch ? udev_monitor_get_fd(watch->monitor) : -1;
}

bool card_watch_read(struct card_watch *watch) {
	bool came = false;
	struct udev_device *device;
	while ((device = udev_monitor_receive_device(watch->monitor))) {
		came = true;
		udev_device_unref(device);
	}
	return came;
}
