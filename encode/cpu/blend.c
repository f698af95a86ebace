/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/blend.h"

#include <drm_fourcc.h>

static enum blend_way way_of(const struct pixel_format *format, enum frame_blend how, uint16_t alpha) {
	if (!format->alpha.bits || how == FRAME_BLEND_NONE)
		return BLEND_PLANE;
	if (how == FRAME_BLEND_COVERAGE)
		return alpha == 0xffff ? BLEND_COVERAGE : BLEND_PLANE_COVERAGE;
	return alpha == 0xffff ? BLEND_PREMULTIPLIED : BLEND_PLANE_PREMULTIPLIED;
}

bool blend_set(struct blend *blend, const struct pixel_format *format, enum frame_blend how, uint16_t alpha) {
	uint32_t fourcc = format->fourcc;
	bool swapped = fourcc == DRM_FORMAT_ABGR8888 || fourcc == DRM_FORMAT_XBGR8888;
	*blend = (struct blend){way_of(format, how, alpha), swapped, alpha};
	return swapped || fourcc == DRM_FORMAT_ARGB8888 || fourcc == DRM_FORMAT_XRGB8888;
}
