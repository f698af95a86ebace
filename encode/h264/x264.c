/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A video that libx264 encodes. */
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <x264.h>

#include "capture/base/array.h"
#include "encode/h264/coder.h"
#include "encode/h264/stream.h"
#include "encode/h264/symbols.h"
#include "encode/h264/yuv420.h"
#include "encode/memory.h"

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

/* The structures of the header are those of this version and of no other. */
#define LIBRARY "libx264.so." TEXT(X264_BUILD)
#define OPEN    "x264_encoder_open_" TEXT(X264_BUILD)

enum {
	ALIGNMENT = 64, /* of rows */
};

static struct {
	void *handle; /* NULL: it was not loaded */
	int (*param_default_preset)(x264_param_t *, const char *preset, const char *tune);
	int (*param_apply_profile)(x264_param_t *, const char *profile);
	void (*picture_init)(x264_picture_t *);
	x264_t *(*open)(x264_param_t *);
	int (*encode)(x264_t *, x264_nal_t **, int *, x264_picture_t *, x264_picture_t *);
	void (*close)(x264_t *);
} library;

struct x264_video {
	struct h264 base;
	x264_t *encoder;
	struct yuv420 yuv;
	uint8_t *planes; /* owned */
	uint8_t *bytes;  /* owned; of the last picture */
	size_t room;
	int64_t count; /* of pictures */
};

/* --- the library --- */

static bool find_functions(void *handle) {
	const struct symbol symbols[] = {
		{"x264_param_default_preset", &library.param_default_preset},
		{"x264_param_apply_profile", &library.param_apply_profile},
		{"x264_picture_init", &library.picture_init},
		{OPEN, &library.open},
		{"x264_encoder_encode", &library.encode},
		{"x264_encoder_close", &library.close},
	};
	return symbols_find(handle, symbols, ARRAY_LEN(symbols));
}

int x264_load(struct reason *reason) {
	if (library.handle)
		return 0;
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return reason_set(reason, -ENOENT,
			"%s is not installed (Debian and Ubuntu: libx264-%d; Arch: x264; Alpine: x264-libs; Fedora: x264-libs of RPM Fusion)",
			LIBRARY, X264_BUILD);
	if (!find_functions(handle)) {
		dlclose(handle);
		return reason_set(reason, -ENOENT,
			"%s lacks functions: it is not the library that its name says", LIBRARY);
	}
	library.handle = handle;
	return 0;
}

const char *x264_library(void) {
	return library.handle ? LIBRARY : NULL;
}

/* --- a video --- */

/* As good as JPEG of this quality: tests/bench/README.md has the figures. */
static float rate_factor(int quality) {
	return 35.4f - 0.171f * (float)quality;
}

/* No thread besides the caller's, nothing that looks ahead, and no slice but one: some decoders take each
 * slice for a picture (noVNC). */
static void describe(x264_param_t *param, unsigned width, unsigned height, int quality) {
	library.param_default_preset(param, "ultrafast", "zerolatency");
	param->b_deblocking_filter = 1;
	param->i_threads = 1;
	param->b_sliced_threads = 0;
	param->i_lookahead_threads = 1;
	param->i_width = (int)width;
	param->i_height = (int)height;
	param->i_csp = X264_CSP_I420;
	param->i_fps_num = 30;
	param->i_fps_den = 1;
	param->b_vfr_input = 0;
	param->i_frame_reference = 1;
	param->i_keyint_max = X264_KEYINT_MAX_INFINITE;
	param->i_scenecut_threshold = 0;
	param->b_repeat_headers = 1;
	param->b_annexb = 1;
	param->b_aud = 0;
	param->rc.i_rc_method = X264_RC_CRF;
	param->rc.f_rf_constant = rate_factor(quality);
	param->vui.b_fullrange = 0;
	param->vui.i_colorprim = STREAM_PRIMARIES_BT709;
	param->vui.i_transfer = STREAM_TRANSFER_SRGB;
	param->vui.i_colmatrix = STREAM_MATRIX_BT601;
	param->i_log_level = X264_LOG_NONE;
	library.param_apply_profile(param, "baseline");
}

static bool make_planes(struct x264_video *video, unsigned width, unsigned height) {
	struct yuv420 *yuv = &video->yuv;
	size_t luma_stride = (width + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, chroma_stride = luma_stride / 2;
	size_t luma = luma_stride * height, chroma = chroma_stride * (height / 2);
	video->planes = malloc(luma + 2 * chroma);
	*yuv = (struct yuv420){.width = width,
		.height = height,
		.luma = video->planes,
		.luma_stride = luma_stride,
		.chroma_stride = chroma_stride};
	if (!video->planes)
		return false;
	yuv->cb = yuv->luma + luma;
	yuv->cr = yuv->cb + chroma;
	return true;
}

static void x264_destroy(struct h264 *h264) {
	struct x264_video *video = (struct x264_video *)h264;
	if (video->encoder)
		library.close(video->encoder);
	free(video->planes);
	free(video->bytes);
	free(video);
}

static size_t size_of(const x264_nal_t *nals, int count) {
	size_t size = 0;
	for (int i = 0; i < count; i++)
		size += nals[i].i_type == NAL_SEI ? 0 : (size_t)nals[i].i_payload;
	return size;
}

/* What the library says about itself (SEI) is as long as a small picture. */
static size_t join(struct x264_video *video, const x264_nal_t *nals, int count) {
	size_t size = size_of(nals, count);
	uint8_t *to;
	if (!size || !memory_grow(&video->bytes, &video->room, size))
		return 0;
	to = video->bytes;
	for (int i = 0; i < count; i++)
		if (nals[i].i_type != NAL_SEI) {
			memcpy(to, nals[i].p_payload, (size_t)nals[i].i_payload);
			to += nals[i].i_payload;
		}
	return size;
}

static size_t x264_encode(
	struct h264 *h264, const uint32_t *pixels, size_t stride, bool key, const uint8_t **data) {
	struct x264_video *video = (struct x264_video *)h264;
	const struct yuv420 *yuv = &video->yuv;
	x264_picture_t in, out;
	x264_nal_t *nals;
	int count;
	yuv420_convert(yuv, pixels, stride);
	library.picture_init(&in);
	in.i_type = key ? X264_TYPE_IDR : X264_TYPE_AUTO;
	in.i_pts = video->count++;
	in.img.i_csp = X264_CSP_I420;
	in.img.i_plane = 3;
	in.img.plane[0] = yuv->luma;
	in.img.plane[1] = yuv->cb;
	in.img.plane[2] = yuv->cr;
	in.img.i_stride[0] = (int)yuv->luma_stride;
	in.img.i_stride[1] = in.img.i_stride[2] = (int)yuv->chroma_stride;
	size_t size =
		library.encode(video->encoder, &nals, &count, &in, &out) > 0 ? join(video, nals, count) : 0;
	*data = video->bytes;
	return size;
}

static const struct h264_impl impl = {.encode = x264_encode, .destroy = x264_destroy};

struct h264 *x264_create(unsigned width, unsigned height, int quality) {
	x264_param_t param;
	struct x264_video *video = library.handle ? calloc(1, sizeof *video) : NULL;
	if (!video)
		return NULL;
	video->base.impl = &impl;
	describe(&param, width, height, quality);
	if (make_planes(video, width, height))
		video->encoder = library.open(&param);
	if (video->encoder)
		return &video->base;
	x264_destroy(&video->base);
	return NULL;
}
