/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/video_library.h"

#include "encode/h264/h264.h"
#include "server/config/config.h"

static struct reason missing = {"it was not asked for"}; /* empty: the libraries are there */
static struct reason of_no_use;                          /* why they nevertheless encode nothing */

void video_library_load(const struct config *config) {
	static const unsigned who[] = {[CONFIG_H264_AUTO] = H264_GPU | H264_CPU,
		[CONFIG_H264_GPU] = H264_GPU,
		[CONFIG_H264_CPU] = H264_CPU};
	if (config->h264 == CONFIG_H264_NO)
		reason_set(&missing, 0, "switched off by --h264=no");
	else if (config->encoder == CONFIG_ENCODER_LIBVNCSERVER)
		reason_set(&missing, 0, "libvncserver does not have it (--encoder=libvncserver)");
	else if (h264_load(who[config->h264], &missing) == 0)
		missing.text[0] = '\0';
}

const char *video_library_missing(void) {
	struct h264_report report;
	h264_report(&report);
	if (report.can)
		return NULL;
	of_no_use = report.gpu;
	return missing.text[0] ? missing.text : of_no_use.text;
}
