/* SPDX-License-Identifier: GPL-2.0-or-later */
/* h264_none: h264 where the library's header was not there when it was built. */
#include <errno.h>

#include "encode/rfb/h264.h"

int h264_load(struct reason *reason) {
	return reason_set(reason, -ENOSYS, "it was built without libx264's header (Debian: libx264-dev)");
}

const char *h264_library(void) {
	return NULL;
}

struct h264 *h264_create(unsigned width, unsigned height, int quality) {
	(void)width;
	(void)height;
	(void)quality;
	return NULL;
}

void h264_destroy(struct h264 *h264) {
	(void)h264;
}

size_t h264_encode(struct h264 *h264, const uint32_t *pixels, size_t stride, bool key, const uint8_t **data) {
	(void)h264;
	(void)pixels;
	(void)stride;
	(void)key;
	*data = NULL;
	return 0;
}
