/* SPDX-License-Identifier: GPL-2.0-or-later */
/* coder: what encodes one video (h264.h), and the two kinds of them. No folder but this one includes it. */
#ifndef ZEROVNC_H264_CODER_H
#define ZEROVNC_H264_CODER_H

#include "encode/h264/h264.h"

struct h264_impl {
	/* As h264_encode(). */
	size_t (*encode)(
		struct h264 *h264, const uint32_t *pixels, size_t stride, bool key, const uint8_t **data);
	/* As h264_encode_exposure() and h264_camera(); NULL: there are none. */
	size_t (*encode_exposure)(
		struct h264 *h264, const struct exposure *exposure, bool key, const uint8_t **data);
	struct camera *(*camera)(struct h264 *h264);
	void (*destroy)(struct h264 *h264);
};

struct h264 {
	const struct h264_impl *impl;
};

/* As h264_load() and h264_create(). */
int x264_load(struct reason *reason);
struct h264 *x264_create(unsigned width, unsigned height, int quality);
/* The file that was loaded, such as "libx264.so.164". NULL: none. Static. */
const char *x264_library(void);

/* As h264_load(). A GPU may still turn out to be of no use. */
int gpu_load(struct reason *reason);
/* As h264_report.by and h264_report.gpu. */
void gpu_report(char by[192], struct reason *why);
/* Whether one did not fail in the last minute, or nobody has tried. */
bool gpu_may(void);
/* As h264_create(). NULL also if a GPU cannot encode a video of this size. */
struct h264 *gpu_create(unsigned width, unsigned height, int quality);

#endif
