/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kms_framebuffer: from a framebuffer's id to memory that others can read: GETFB2, PRIME, MAP_DUMB. */
#ifndef ZEROVNC_KMS_FRAMEBUFFER_H
#define ZEROVNC_KMS_FRAMEBUFFER_H

#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/frame.h"
#include "capture/kms/device.h"
#include "capture/kms/map.h"

/*
 * Fills the framebuffer's part of a layer: size, format, modifier, and planes with their dma-bufs (owned by
 * the layer's frame). If the driver exports none or `flags` has SOURCE_MAP_MEMORY, also memory (borrowed from
 * `maps`). Every GEM handle that the kernel gave is closed again. 0, or -errno with a reason:
 *   -ENOENT  the framebuffer is gone, because it was flipped away in the meantime; look again
 *   -EACCES  the process lacks CAP_SYS_ADMIN
 *   -EPROTO  the driver describes the framebuffer in a way that must not be mapped
 *   -ENOTSUP it can be neither exported nor mapped
 */
int kms_framebuffer_export(const struct kms_device *device, struct kms_maps *maps, uint32_t fb_id,
	unsigned flags, struct frame_layer *layer, struct reason *reason);

#endif
