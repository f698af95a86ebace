/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/no_card.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/base/first_line.h"
#include "capture/base/word.h"
#include "capture/monitor/remedy.h"
#include "capture/monitor/survey.h"

enum { NAME_SIZE = 256, PATH_SIZE = 600 };

static bool exists(const char *root, const char *path) {
	char full[PATH_SIZE];
	snprintf(full, sizeof full, "%s%s", root, path);
	return access(full, F_OK) == 0;
}

static bool read_line(const char *root, const char *path, char *line, size_t size) {
	char full[PATH_SIZE];
	snprintf(full, sizeof full, "%s%s", root, path);
	return first_line_read(full, line, size);
}

/* Calls `is` for each entry of a folder until it returns true, and copies that entry's name. */
static bool find(const char *root, const char *folder, bool (*is)(const char *root, const char *name),
	char name[NAME_SIZE]) {
	char full[PATH_SIZE];
	snprintf(full, sizeof full, "%s%s", root, folder);
	DIR *directory = opendir(full);
	bool found = false;
	for (struct dirent *entry; directory && !found && (entry = readdir(directory));) {
		found = entry->d_name[0] != '.' && is(root, entry->d_name);
		if (found)
			snprintf(name, NAME_SIZE, "%s", entry->d_name);
	}
	if (directory)
		closedir(directory);
	return found;
}

static bool is_card(const char *root, const char *name) {
	(void)root;
	unsigned number;
	char end;
	return sscanf(name, "card%u%c", &number, &end) == 1;
}

static bool is_pci_display(const char *root, const char *name) {
	enum { PCI_CLASS_DISPLAY = 0x03 };
	char path[PATH_SIZE], line[32];
	unsigned class;
	snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/class", name);
	return read_line(root, path, line, sizeof line) && sscanf(line, "%x", &class) == 1 &&
	       class >> 16 == PCI_CLASS_DISPLAY;
}

/* The name of a PCI device's driver. False if it has none. */
static bool pci_driver(const char *root, const char *device, char *name, size_t size) {
	char link[PATH_SIZE], target[PATH_SIZE] = "";
	snprintf(link, sizeof link, "%s/sys/bus/pci/devices/%s/driver", root, device);
	if (readlink(link, target, sizeof target - 1) < 0)
		return false;
	snprintf(name, size, "%s", word_last_in(target));
	return true;
}

/* "10de:2230", as lspci and forums know the device; empty if it is not told. */
static void pci_ids(const char *root, const char *device, char *ids, size_t size) {
	char path[PATH_SIZE], vendor[32], model[32];
	snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/vendor", device);
	bool good = read_line(root, path, vendor, sizeof vendor) && strlen(vendor) > 2;
	snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/device", device);
	good = good && read_line(root, path, model, sizeof model) && strlen(model) > 2;
	if (good)
		snprintf(ids, size, " (%s:%s)", vendor + 2, model + 2);
	else
		*ids = 0;
}

/* --- causes, each with its remedy; false: it is not this one --- */

static bool is_hidden(const char *root, struct reason *reason) {
	char card[NAME_SIZE];
	if (!find(root, "/sys/class/drm", is_card, card))
		return false;
	reason_set(reason, 0,
		"the kernel has %s, but there is no /dev/dri/%s: give the container access to it (docker run --device /dev/dri), or create it (udev, devtmpfs)",
		card, card);
	return true;
}

static bool is_forbidden(const char *root, struct reason *reason) {
	char line[4096];
	if (!read_line(root, "/proc/cmdline", line, sizeof line) || !word_is_in(line, "nomodeset"))
		return false;
	reason_set(reason, 0,
		"the kernel was started with 'nomodeset', which keeps display drivers away: start it without that word");
	return true;
}

static bool lacks_drm(const char *root, struct reason *reason) {
	char release[128], path[PATH_SIZE];
	if (exists(root, "/sys/class/drm") ||
		!read_line(root, "/proc/sys/kernel/osrelease", release, sizeof release))
		return false;
	snprintf(path, sizeof path, "/lib/modules/%s/kernel/drivers/gpu/drm", release);
	if (exists(root, path))
		return false; /* no driver was loaded yet */
	reason_set(reason, 0,
		"this kernel (%s) has no drivers for display cards (DRM), which kernels made for clouds lack: install the full kernel (Debian: linux-image-%s; Ubuntu: linux-modules-extra-%s)",
		release, strstr(release, "cloud-") ? strstr(release, "cloud-") + 6 : "amd64", release);
	return true;
}

static bool has_no_driver(const char *root, struct reason *reason) {
	char device[NAME_SIZE], ids[80], driver[64];
	if (!find(root, "/sys/bus/pci/devices", is_pci_display, device))
		return false;
	pci_ids(root, device, ids, sizeof ids);
	if (!pci_driver(root, device, driver, sizeof driver))
		reason_set(reason, 0,
			"the graphics card at %s%s has no driver: modprobe $(cat /sys/bus/pci/devices/%s/modalias), or install the package that has it (linux-modules-extra, firmware)",
			device, ids, device);
	else if (strncmp(driver, "nvidia", 6) == 0)
		reason_set(reason, 0,
			"the driver of the graphics card at %s does not drive displays by DRM: modprobe nvidia-drm modeset=1",
			device);
	else
		reason_set(reason, 0,
			"the graphics card at %s%s is used by %s, which drives no display: give it back to its own driver",
			device, ids, driver);
	return true;
}

static bool is_framebuffer_only(const char *root, struct reason *reason) {
	char name[64];
	if (!read_line(root, "/sys/class/graphics/fb0/name", name, sizeof name))
		return false;
	reason_set(reason, 0,
		"the screen is driven by a framebuffer device (%s) and not by DRM: --source=fbdev serves that, and so does --source=auto",
		name);
	return true;
}

int no_card_explain(const char *root, struct reason *reason) {
	static bool (*const causes[])(const char *root, struct reason *reason) = {
		is_hidden, is_forbidden, lacks_drm, has_no_driver, is_framebuffer_only};
	for (size_t i = 0; i < ARRAY_LEN(causes); i++)
		if (causes[i](root, reason))
			return -ENODEV;
	struct survey_kernel kernel;
	char remedy[REMEDY_SIZE];
	survey_kernel(root, &kernel);
	remedy_find(root, &kernel, remedy);
	bool has_one = kernel.vkms || kernel.evdi;
	return reason_set(reason, -ENODEV,
		"this machine has no display card: have zerovnc make a virtual one (--monitor=auto)%s%s",
		has_one ? "" : ", but first ", has_one ? "" : remedy);
}
