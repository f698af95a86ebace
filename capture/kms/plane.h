/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kms_plane: hardware layers: which of them exist, and what one of them shows at one moment. */
#ifndef ZEROVNC_KMS_PLANE_H
#define ZEROVNC_KMS_PLANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"
#include "capture/kms/device.h"
#include "capture/kms/properties.h"

enum kms_plane_property {
	KMS_PLANE_TYPE,
	KMS_PLANE_FB_ID,
	KMS_PLANE_CRTC_ID,
	KMS_PLANE_SRC_X,
	KMS_PLANE_SRC_Y,
	KMS_PLANE_SRC_W,
	KMS_PLANE_SRC_H,
	KMS_PLANE_CRTC_X,
	KMS_PLANE_CRTC_Y,
	KMS_PLANE_CRTC_W,
	KMS_PLANE_CRTC_H,
	KMS_PLANE_ROTATION,
	KMS_PLANE_ALPHA,
	KMS_PLANE_BLEND,
	KMS_PLANE_ZPOS,
	KMS_PLANE_ENCODING,
	KMS_PLANE_RANGE,
	KMS_PLANE_HOTSPOT_X,
	KMS_PLANE_HOTSPOT_Y,
	KMS_PLANE_PROPERTIES,
};

/* What is fixed about a plane. */
struct kms_plane {
	uint32_t id;
	uint32_t type;           /* DRM_PLANE_TYPE_* */
	uint32_t possible_crtcs; /* bit n: the CRTC of index n */
	uint32_t format_count;
	uint32_t property[KMS_PLANE_PROPERTIES]; /* ids of properties; 0: the plane has no such property */
	uint64_t blend_value[3];                 /* by enum frame_blend */
	uint64_t encoding_value[3];              /* by enum frame_encoding */
	uint64_t range_value[2];                 /* by enum frame_range */
};

/* What a plane shows. */
struct kms_plane_state {
	uint32_t fb_id, crtc_id;  /* 0: none */
	struct rect_fixed source; /* of the framebuffer; all 0 if the driver is not atomic */
	struct rect destination;  /* on the CRTC; all 0 if the driver is not atomic */
	uint32_t rotation;        /* DRM_MODE_ROTATE_* | DRM_MODE_REFLECT_* */
	uint16_t alpha;
	enum frame_blend blend;
	uint64_t zpos;
	enum frame_encoding encoding;
	enum frame_range range;
	bool has_hotspot;
	int32_t hotspot_x, hotspot_y;
};

/* Lists the card's planes in the kernel's order, with everything that is fixed about them. 0 or -errno. The
 * caller frees *planes. */
int kms_plane_list(const struct kms_device *device, struct kms_plane **planes, size_t *count);

/* Takes one snapshot of all properties (by GETPLANE alone if the driver is not atomic). 0 or -errno. */
int kms_plane_read(
	const struct kms_device *device, const struct kms_plane *plane, struct kms_plane_state *state);

/* The framebuffer and CRTC of a plane by GETPLANE, which takes only this plane's lock. 0 or -errno. */
int kms_plane_peek(const struct kms_device *device, uint32_t plane_id, uint32_t *fb_id, uint32_t *crtc_id);

/* Interprets a snapshot by the plane's ids. Missing properties have their defaults: opaque, upright,
 * premultiplied. */
void kms_plane_decode(const struct kms_plane *plane, const struct kms_properties *properties,
	struct kms_plane_state *state);

#endif
