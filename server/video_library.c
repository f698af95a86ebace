/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/video_library.h"

#include "encode/rfb/h264.h"
#include "server/config/config.h"

static struct reason missing = {"it was not asked for"};

void video_library_load(const struct config *config) {
	if (config->h264 == CONFIG_H264_NO)
		reason_set(&missing, 0, "switched off by --h264=no");
	else if (config->encoder == CONFIG_ENCODER_LIBVNCSERVER)
		reason_set(&missing, 0, "libvncserver does not have it (--encoder=libvncserver)");
	else
		h264_load(&missing);
}

const char *video_library_missing(void) {
	return h264_library() ? NULL : missing.text;
}
