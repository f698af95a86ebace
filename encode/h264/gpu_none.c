/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpu_none: no GPU encodes where libva's headers were not there when it was built. */
#include <errno.h>

#include "encode/h264/coder.h"

int gpu_load(struct reason *reason) {
	return reason_set(reason, -ENOSYS, "it was built without libva's headers (Debian: libva-dev)");
}

struct h264 *gpu_create(unsigned width, unsigned height, int quality) {
	(void)width;
	(void)height;
	(void)quality;
	return NULL;
}

void gpu_report(char by[192], struct reason *why) {
	by[0] = '\0';
	reason_set(why, -ENOSYS, "it was built without libva's headers");
}

bool gpu_may(void) {
	return false;
}
