/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/vm/card.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

static bool fits(int fd, const char *driver) {
	drmVersion *version = drmGetVersion(fd);
	bool fits = version && strcmp(version->name, driver) == 0;
	drmFreeVersion(version);
	return fits;
}

static int find(const char *card) {
	if (card[0] == '/')
		return open(card, O_RDWR | O_CLOEXEC);
	for (int i = 0; i < 16; i++) {
		char path[32];
		snprintf(path, sizeof path, "/dev/dri/card%d", i);
		int fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (fits(fd, card))
			return fd;
		close(fd);
	}
	errno = ENODEV;
	return -1;
}

int card_open(const char *card) {
	int fd = find(card);
	if (fd < 0)
		return -1;
	/* A process that opens a card without an owner is its master already; then this call changes nothing.
	 */
	if (drmSetMaster(fd) == 0) {
		drmSetClientCap(fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1);
		return fd;
	}
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

void card_make_mode(uint32_t width, uint32_t height, uint32_t refresh, drmModeModeInfo *mode) {
	*mode = (drmModeModeInfo){.hdisplay = (uint16_t)width, .vdisplay = (uint16_t)height};
	mode->hsync_start = mode->hdisplay + 16;
	mode->hsync_end = mode->hsync_start + 32;
	mode->htotal = mode->hsync_end + 32;
	mode->vsync_start = mode->vdisplay + 3;
	mode->vsync_end = mode->vsync_start + 4;
	mode->vtotal = mode->vsync_end + 8;
	mode->vrefresh = refresh;
	mode->clock = (uint32_t)mode->htotal * mode->vtotal * refresh / 1000;
	snprintf(mode->name, sizeof mode->name, "%ux%u", width, height);
}
