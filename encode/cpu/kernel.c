/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/kernel.h"

#include <drm_fourcc.h>
#include <string.h>

#include "capture/base/array.h"

static const struct kernel *const kernels[] = {
#if defined(__x86_64__)
	&kernel_avx2,
	&kernel_sse2,
#elif defined(__aarch64__)
	&kernel_neon,
#endif
	&kernel_c,
};

static bool can_run(const struct kernel *kernel) {
#if defined(__x86_64__)
	if (kernel == &kernel_avx2)
		return __builtin_cpu_supports("avx2");
#endif
	return true;
}

const struct kernel *kernel_at(size_t index) {
	for (size_t i = 0; i < ARRAY_LEN(kernels); i++) {
		if (can_run(kernels[i]) && index-- == 0)
			return kernels[i];
	}
	return NULL;
}

/* One fourcc of each shape. Others of the same shape differ only in alpha. */
static const uint32_t representatives[KERNEL_SHAPES] = {
	[KERNEL_XRGB8888] = DRM_FORMAT_XRGB8888,
	[KERNEL_XBGR8888] = DRM_FORMAT_XBGR8888,
	[KERNEL_RGBX8888] = DRM_FORMAT_RGBX8888,
	[KERNEL_BGRX8888] = DRM_FORMAT_BGRX8888,
	[KERNEL_RGB565] = DRM_FORMAT_RGB565,
	[KERNEL_XRGB2101010] = DRM_FORMAT_XRGB2101010,
	[KERNEL_XBGR2101010] = DRM_FORMAT_XBGR2101010,
	[KERNEL_RGB888] = DRM_FORMAT_RGB888,
	[KERNEL_BGR888] = DRM_FORMAT_BGR888,
};

static bool same_channel(struct pixel_channel a, struct pixel_channel b) {
	return a.shift == b.shift && a.bits == b.bits;
}

int kernel_shape_of(const struct pixel_format *format) {
	for (int shape = 0; shape < KERNEL_SHAPES; shape++) {
		const struct pixel_format *other = pixel_format_find(representatives[shape]);
		if (other->model == format->model && other->bytes_per_pixel == format->bytes_per_pixel &&
			same_channel(other->red, format->red) && same_channel(other->green, format->green) &&
			same_channel(other->blue, format->blue))
			return shape;
	}
	return -1;
}

bool kernel_streams(void) {
#if defined(__x86_64__)
	return __builtin_cpu_supports("sse4.1");
#elif defined(__aarch64__)
	return true;
#else
	return false;
#endif
}

void kernel_stream_copy(void *to, const void *from, size_t size) {
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2")) {
		kernel_stream_copy_avx2(to, from, size);
		return;
	}
	if (kernel_streams()) {
		kernel_stream_copy_sse41(to, from, size);
		return;
	}
#elif defined(__aarch64__)
	kernel_stream_copy_neon(to, from, size);
	return;
#endif
	memcpy(to, from, size);
}
