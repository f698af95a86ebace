/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/plane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

static const char *const property_names[KMS_PLANE_PROPERTIES] = {
	[KMS_PLANE_TYPE] = "type",
	[KMS_PLANE_FB_ID] = "FB_ID",
	[KMS_PLANE_CRTC_ID] = "CRTC_ID",
	[KMS_PLANE_SRC_X] = "SRC_X",
	[KMS_PLANE_SRC_Y] = "SRC_Y",
	[KMS_PLANE_SRC_W] = "SRC_W",
	[KMS_PLANE_SRC_H] = "SRC_H",
	[KMS_PLANE_CRTC_X] = "CRTC_X",
	[KMS_PLANE_CRTC_Y] = "CRTC_Y",
	[KMS_PLANE_CRTC_W] = "CRTC_W",
	[KMS_PLANE_CRTC_H] = "CRTC_H",
	[KMS_PLANE_ROTATION] = "rotation",
	[KMS_PLANE_ALPHA] = "alpha",
	[KMS_PLANE_BLEND] = "pixel blend mode",
	[KMS_PLANE_ZPOS] = "zpos",
	[KMS_PLANE_ENCODING] = "COLOR_ENCODING",
	[KMS_PLANE_RANGE] = "COLOR_RANGE",
	[KMS_PLANE_HOTSPOT_X] = "HOTSPOT_X",
	[KMS_PLANE_HOTSPOT_Y] = "HOTSPOT_Y",
};

static const char *const blend_names[] = {
	[FRAME_BLEND_PREMULTIPLIED] = "Pre-multiplied",
	[FRAME_BLEND_COVERAGE] = "Coverage",
	[FRAME_BLEND_NONE] = "None",
};
static const char *const encoding_names[] = {
	[FRAME_ENCODING_BT601] = "ITU-R BT.601 YCbCr",
	[FRAME_ENCODING_BT709] = "ITU-R BT.709 YCbCr",
	[FRAME_ENCODING_BT2020] = "ITU-R BT.2020 YCbCr",
};
static const char *const range_names[] = {
	[FRAME_RANGE_LIMITED] = "YCbCr limited range",
	[FRAME_RANGE_FULL] = "YCbCr full range",
};

static int get_plane(int fd, uint32_t plane_id, struct drm_mode_get_plane *plane) {
	/* count_format_types 0: no formats are asked for, so no second call and no memory */
	*plane = (struct drm_mode_get_plane){.plane_id = plane_id};
	return drmIoctl(fd, DRM_IOCTL_MODE_GETPLANE, plane) == 0 ? 0 : -errno;
}

int kms_plane_peek(const struct kms_device *device, uint32_t plane_id, uint32_t *fb_id, uint32_t *crtc_id) {
	struct drm_mode_get_plane plane;
	int error = get_plane(device->fd, plane_id, &plane);
	if (error)
		return error;
	*fb_id = plane.fb_id;
	*crtc_id = plane.crtc_id;
	return 0;
}

static int learn(const struct kms_device *device, uint32_t plane_id, struct kms_plane *plane) {
	memset(plane, 0, sizeof *plane);
	plane->id = plane_id;
	struct drm_mode_get_plane fixed;
	struct kms_properties properties;
	int error = get_plane(device->fd, plane_id, &fixed);
	if (!error)
		error = kms_properties_read(device->fd, plane_id, DRM_MODE_OBJECT_PLANE, &properties);
	if (error)
		return error;
	plane->possible_crtcs = fixed.possible_crtcs;
	plane->format_count = fixed.count_format_types;
	kms_properties_learn(device->fd, &properties, property_names, KMS_PLANE_PROPERTIES, plane->property);
	kms_properties_learn_enum(
		device->fd, plane->property[KMS_PLANE_BLEND], blend_names, 3, plane->blend_value);
	kms_properties_learn_enum(
		device->fd, plane->property[KMS_PLANE_ENCODING], encoding_names, 3, plane->encoding_value);
	kms_properties_learn_enum(
		device->fd, plane->property[KMS_PLANE_RANGE], range_names, 2, plane->range_value);
	uint64_t type;
	if (!kms_properties_get(&properties, plane->property[KMS_PLANE_TYPE], &type))
		return -EPROTO;
	plane->type = (uint32_t)type;
	return 0;
}

int kms_plane_list(const struct kms_device *device, struct kms_plane **planes, size_t *count) {
	*planes = NULL;
	*count = 0;
	drmModePlaneRes *resources = drmModeGetPlaneResources(device->fd);
	if (!resources)
		return errno ? -errno : -ENOMEM;
	int error = 0;
	*planes = calloc(resources->count_planes + 1, sizeof **planes);
	if (!*planes)
		error = -ENOMEM;
	for (uint32_t i = 0; !error && i < resources->count_planes; i++)
		error = learn(device, resources->planes[i], &(*planes)[(*count)++]);
	drmModeFreePlaneResources(resources);
	if (error) {
		free(*planes);
		*planes = NULL;
		*count = 0;
	}
	return error;
}

/* Properties that are stored as they are, into a member of 2, 4 or 8 bytes. Negative numbers come as 64-bit
 * two's complement. */
static const struct {
	enum kms_plane_property property;
	size_t offset, size;
} plain[] = {
#define PLAIN(property, member)                                                                              \
	{ property, offsetof(struct kms_plane_state, member), sizeof((struct kms_plane_state *)0)->member }
	PLAIN(KMS_PLANE_FB_ID, fb_id),
	PLAIN(KMS_PLANE_CRTC_ID, crtc_id),
	PLAIN(KMS_PLANE_SRC_X, source.x),
	PLAIN(KMS_PLANE_SRC_Y, source.y),
	PLAIN(KMS_PLANE_SRC_W, source.width),
	PLAIN(KMS_PLANE_SRC_H, source.height),
	PLAIN(KMS_PLANE_CRTC_X, destination.x),
	PLAIN(KMS_PLANE_CRTC_Y, destination.y),
	PLAIN(KMS_PLANE_CRTC_W, destination.width),
	PLAIN(KMS_PLANE_CRTC_H, destination.height),
	PLAIN(KMS_PLANE_ROTATION, rotation),
	PLAIN(KMS_PLANE_ALPHA, alpha),
	PLAIN(KMS_PLANE_ZPOS, zpos),
	PLAIN(KMS_PLANE_HOTSPOT_X, hotspot_x),
	PLAIN(KMS_PLANE_HOTSPOT_Y, hotspot_y),
#undef PLAIN
};

static void store(struct kms_plane_state *state, size_t offset, size_t size, uint64_t value) {
	uint8_t *member = (uint8_t *)state + offset;
	uint32_t word = (uint32_t)value;
	uint16_t half = (uint16_t)value;
	memcpy(member, size == 8 ? (void *)&value : size == 4 ? (void *)&word : (void *)&half, size);
}

/* Which of an enumeration's meanings a value has. `fallback` if none of those known here fits. */
static int meaning(const struct kms_plane *plane, const struct kms_properties *properties,
	enum kms_plane_property property, const uint64_t *values, int count, int fallback) {
	uint64_t value;
	if (!kms_properties_get(properties, plane->property[property], &value))
		return fallback;
	for (int i = 0; i < count; i++)
		if (values[i] == value)
			return i;
	return fallback;
}

void kms_plane_decode(const struct kms_plane *plane, const struct kms_properties *properties,
	struct kms_plane_state *state) {
	*state = (struct kms_plane_state){.rotation = DRM_MODE_ROTATE_0, .alpha = 0xffff};
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
		uint64_t value;
		if (!kms_properties_get(properties, plane->property[plain[i].property], &value))
			continue;
		store(state, plain[i].offset, plain[i].size, value);
		state->has_hotspot |= plain[i].property == KMS_PLANE_HOTSPOT_X;
	}
	state->blend = (enum frame_blend)meaning(
		plane, properties, KMS_PLANE_BLEND, plane->blend_value, 3, FRAME_BLEND_PREMULTIPLIED);
	state->encoding = (enum frame_encoding)meaning(
		plane, properties, KMS_PLANE_ENCODING, plane->encoding_value, 3, FRAME_ENCODING_BT601);
	state->range = (enum frame_range)meaning(
		plane, properties, KMS_PLANE_RANGE, plane->range_value, 2, FRAME_RANGE_LIMITED);
}

int kms_plane_read(
	const struct kms_device *device, const struct kms_plane *plane, struct kms_plane_state *state) {
	struct kms_properties properties;
	int error = kms_properties_read(device->fd, plane->id, DRM_MODE_OBJECT_PLANE, &properties);
	if (error)
		return error;
	kms_plane_decode(plane, &properties, state);
	if (device->atomic)
		return 0;
	return kms_plane_peek(device, plane->id, &state->fb_id, &state->crtc_id);
}
