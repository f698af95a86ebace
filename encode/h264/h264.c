/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/h264/h264.h"

#include <errno.h>
#include <stdio.h>

#include "encode/h264/coder.h"

/* Written before there are threads. */
static struct {
	unsigned who;         /* who may encode, and whose library is there */
	struct reason no_gpu; /* why a GPU is not among them */
} here;

int h264_load(unsigned who, struct reason *reason) {
	struct reason why[2] = {{""}, {""}};
	here.who = 0;
	here.no_gpu = (struct reason){""};
	if (who & H264_CPU && x264_load(&why[0]) == 0)
		here.who |= H264_CPU;
	if (who & H264_GPU && gpu_load(&here.no_gpu) == 0)
		here.who |= H264_GPU;
	if (who & H264_GPU)
		why[1] = here.no_gpu;
	if (here.who)
		return 0;
	return reason_set(reason, -ENOENT, "%s%s%s", why[0].text,
		why[0].text[0] && why[1].text[0] ? "; " : "", why[1].text);
}

/* The smallest size that all drivers can be expected to take. */
enum { TRIED_WIDTH = 256, TRIED_HEIGHT = 256, TRIED_QUALITY = 79 };

void h264_try_gpu(void) {
	if (!(here.who & H264_GPU))
		return;
	struct h264 *h264 = gpu_create(TRIED_WIDTH, TRIED_HEIGHT, TRIED_QUALITY);
	h264_destroy(h264);
}

void h264_report(struct h264_report *report) {
	*report = (struct h264_report){.gpu = here.no_gpu};
	if (here.who & H264_GPU)
		gpu_report(report->by, &report->gpu);
	if (!report->by[0] && here.who & H264_CPU)
		snprintf(report->by, sizeof report->by, "%s", x264_library());
	report->can = report->by[0] || (here.who & H264_GPU && !report->gpu.text[0]);
}

bool h264_can(void) {
	struct h264_report report;
	h264_report(&report);
	return report.can || (here.who & H264_GPU && gpu_may());
}

struct h264 *h264_create(unsigned width, unsigned height, int quality) {
	struct h264 *h264 = here.who & H264_GPU ? gpu_create(width, height, quality) : NULL;
	if (!h264 && here.who & H264_CPU)
		h264 = x264_create(width, height, quality);
	return h264;
}

void h264_destroy(struct h264 *h264) {
	if (h264)
		h264->impl->destroy(h264);
}

size_t h264_encode(struct h264 *h264, const uint32_t *pixels, size_t stride, bool key, const uint8_t **data) {
	return h264->impl->encode(h264, pixels, stride, key, data);
}

struct camera *h264_camera(struct h264 *h264) {
	return h264->impl->camera ? h264->impl->camera(h264) : NULL;
}

size_t h264_encode_exposure(
	struct h264 *h264, const struct exposure *exposure, bool key, const uint8_t **data) {
	return h264->impl->encode_exposure ? h264->impl->encode_exposure(h264, exposure, key, data) : 0;
}
