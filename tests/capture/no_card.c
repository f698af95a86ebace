/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines without a card, as trees of the files that tell of them. */
#include "capture/no_card.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/test.h"

static char root[] = "/tmp/zerovnc-test-no-card-XXXXXX";

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static void clear(void) {
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	CHECK(mkdir(root, 0700) == 0);
}

static void make_folders(const char *full) {
	char path[512];
	snprintf(path, sizeof path, "%s", full);
	for (char *slash = strchr(path + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		CHECK(mkdir(path, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
}

/* A file with these words; a folder if `path` ends with a slash; a link if they begin with "->". */
static void put(const char *path, const char *words) {
	char full[512];
	snprintf(full, sizeof full, "%s%s", root, path);
	make_folders(full);
	if (full[strlen(full) - 1] == '/')
		return;
	if (strncmp(words, "->", 2) == 0) {
		CHECK(symlink(words + 2, full) == 0);
		return;
	}
	FILE *file = fopen(full, "w");
	CHECK(file && fputs(words, file) >= 0 && fclose(file) == 0);
}

static void check(const char *one, const char *other) {
	struct reason reason = {""};
	CHECK(no_card_explain(root, &reason) == -ENODEV);
	CHECK_SAY(strstr(reason.text, one) && strstr(reason.text, other), "'%s' and '%s' in: %s", one, other,
		reason.text);
	CHECK_SAY(strlen(reason.text) < sizeof reason.text - 1, "cut off: %s", reason.text);
	clear();
}

static void put_gpu(const char *driver) {
	put("/sys/bus/pci/devices/0000:00:01.0/class", "0x060000\n");
	put("/sys/bus/pci/devices/0000:01:00.0/class", "0x030000\n");
	put("/sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n");
	put("/sys/bus/pci/devices/0000:01:00.0/device", "0x2230\n");
	if (driver)
		put("/sys/bus/pci/devices/0000:01:00.0/driver", driver);
}

int main(void) {
	CHECK(mkdtemp(root));
	/* a container without its devices; files beside the cards are none */
	put("/sys/class/drm/version", "drm 1.1.0 20060810\n");
	put("/sys/class/drm/card1-HDMI-A-1/", "");
	put("/sys/class/drm/card1/", "");
	check("/dev/dri/card1", "--device /dev/dri");

	put("/proc/cmdline", "root=/dev/vda nomodeset quiet\n");
	put("/sys/class/drm/version", "");
	put_gpu(NULL);
	check("nomodeset", "without");

	put("/proc/cmdline", "root=/dev/vda i915.nomodeset=0\n");
	put("/proc/sys/kernel/osrelease", "6.12.117+deb13-cloud-amd64\n");
	check("6.12.117+deb13-cloud-amd64", "linux-image-amd64");

	put("/proc/sys/kernel/osrelease", "6.8.0-79-generic\n");
	check("DRM", "linux-modules-extra-6.8.0-79-generic");

	/* the drivers are there, and none was loaded */
	put("/proc/sys/kernel/osrelease", "6.12\n");
	put("/lib/modules/6.12/kernel/drivers/gpu/drm/", "");
	put_gpu(NULL);
	check("0000:01:00.0 (10de:2230) has no driver", "modprobe");

	put("/sys/class/drm/version", "");
	put_gpu("->../../../bus/pci/drivers/nvidia");
	check("0000:01:00.0", "nvidia-drm modeset=1");

	put("/sys/class/drm/version", "");
	put_gpu("->../../../bus/pci/drivers/vfio-pci");
	check("vfio-pci", "give it back");

	put("/sys/class/drm/version", "");
	put("/sys/class/graphics/fb0/name", "EFI VGA\n");
	check("EFI VGA", "--source=fbdev");

	put("/sys/class/drm/version", "");
	check("no display card", "modprobe vkms");
	check("no display card", "modprobe vkms"); /* nothing at all can be read */

	CHECK(rmdir(root) == 0);
	return 0;
}
