/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/blend.h"

#include <drm_fourcc.h>

bool blend_can(const struct pixel_format *format, enum frame_blend blend, uint16_t alpha) {
	bool order = format->fourcc == DRM_FORMAT_ARGB8888 || format->fourcc == DRM_FORMAT_ABGR8888;
	return order && alpha == 0xffff && blend != FRAME_BLEND_NONE;
}
