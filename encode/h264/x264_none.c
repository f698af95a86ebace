/* SPDX-License-Identifier: GPL-2.0-or-later */
/* x264_none: libx264 where its header was not there when it was built. */
#include <errno.h>

#include "encode/h264/coder.h"

int x264_load(struct reason *reason) {
	return reason_set(reason, -ENOSYS, "it was built without libx264's header (Debian: libx264-dev)");
}

const char *x264_library(void) {
	return NULL;
}

struct h264 *x264_create(unsigned width, unsigned height, int quality) {
	(void)width;
	(void)height;
	(void)quality;
	return NULL;
}
