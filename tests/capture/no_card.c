/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines without a card, as trees of the files that tell of them. */
#include "capture/no_card.h"

#include <errno.h>
#include <string.h>

#include "tests/tree.h"

static void check(const char *one, const char *other) {
	struct reason reason = {""};
	CHECK(no_card_explain(tree_root, &reason) == -ENODEV);
	CHECK_SAY(strstr(reason.text, one) && strstr(reason.text, other), "'%s' and '%s' in: %s", one, other,
		reason.text);
	CHECK_SAY(strlen(reason.text) < sizeof reason.text - 1, "cut off: %s", reason.text);
	tree_clear();
}

static void put_gpu(const char *driver) {
	tree_put("/sys/bus/pci/devices/0000:00:01.0/class", "0x060000\n");
	tree_put("/sys/bus/pci/devices/0000:01:00.0/class", "0x030000\n");
	tree_put("/sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n");
	tree_put("/sys/bus/pci/devices/0000:01:00.0/device", "0x2230\n");
	if (driver)
		tree_put("/sys/bus/pci/devices/0000:01:00.0/driver", driver);
}

int main(void) {
	tree_begin();
	/* a container without its devices; files beside the cards are none */
	tree_put("/sys/class/drm/version", "drm 1.1.0 20060810\n");
	tree_put("/sys/class/drm/card1-HDMI-A-1/", "");
	tree_put("/sys/class/drm/card1/", "");
	check("/dev/dri/card1", "--device /dev/dri");

	tree_put("/proc/cmdline", "root=/dev/vda nomodeset quiet\n");
	tree_put("/sys/class/drm/version", "");
	put_gpu(NULL);
	check("nomodeset", "without");

	tree_put("/proc/cmdline", "root=/dev/vda i915.nomodeset=0\n");
	tree_put("/proc/sys/kernel/osrelease", "6.12.117+deb13-cloud-amd64\n");
	check("6.12.117+deb13-cloud-amd64", "linux-image-amd64");

	tree_put("/proc/sys/kernel/osrelease", "6.8.0-79-generic\n");
	check("DRM", "linux-modules-extra-6.8.0-79-generic");

	/* the drivers are there, and none was loaded */
	tree_put("/proc/sys/kernel/osrelease", "6.12\n");
	tree_put("/lib/modules/6.12/kernel/drivers/gpu/drm/", "");
	put_gpu(NULL);
	check("0000:01:00.0 (10de:2230) has no driver", "modprobe");

	tree_put("/sys/class/drm/version", "");
	put_gpu("->../../../bus/pci/drivers/nvidia");
	check("0000:01:00.0", "nvidia-drm modeset=1");

	tree_put("/sys/class/drm/version", "");
	put_gpu("->../../../bus/pci/drivers/vfio-pci");
	check("vfio-pci", "give it back");

	tree_put("/sys/class/drm/version", "");
	tree_put("/sys/class/graphics/fb0/name", "EFI VGA\n");
	check("EFI VGA", "--source=fbdev");

	tree_put("/sys/class/drm/version", "");
	check("no display card", "CONFIG_DRM_VKMS");
	check("no display card", "--monitor=auto"); /* nothing at all can be read */
	tree_put("/etc/os-release", "ID=debian\n");
	check("no display card", "install evdi-dkms");
	tree_put("/sys/module/evdi/", "");
	check("no display card", "make a virtual one (--monitor=auto)");

	tree_end();
	return 0;
}
