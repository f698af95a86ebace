/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/plane.h"

#include <drm_mode.h>

#include "tests/test.h"

/* A plane as virtio_gpu's cursor has it, with every property that is known here: ids are 100 + the property.
 */
static struct kms_plane full_plane(void) {
	struct kms_plane plane = {.id = 33,
		.blend_value =
			{[FRAME_BLEND_PREMULTIPLIED] = 0, [FRAME_BLEND_COVERAGE] = 1, [FRAME_BLEND_NONE] = 2},
		.encoding_value = {0, 1, UINT64_MAX},
		.range_value = {0, 1}};
	for (int i = 0; i < KMS_PLANE_PROPERTIES; i++)
		plane.property[i] = 100 + (uint32_t)i;
	return plane;
}

static void set(struct kms_properties *properties, enum kms_plane_property property, uint64_t value) {
	properties->ids[properties->count] = 100 + (uint32_t)property;
	properties->values[properties->count++] = value;
}

static void decodes_everything(void) {
	struct kms_plane plane = full_plane();
	struct kms_properties properties = {0};
	struct kms_plane_state state;
	set(&properties, KMS_PLANE_RANGE, 1);
	set(&properties, KMS_PLANE_ENCODING, 1);
	set(&properties, KMS_PLANE_BLEND, 1);
	set(&properties, KMS_PLANE_FB_ID, 77);
	set(&properties, KMS_PLANE_CRTC_ID, 41);
	set(&properties, KMS_PLANE_SRC_X, 8 << 16 | 0x8000);
	set(&properties, KMS_PLANE_SRC_Y, 0xffff0000u);
	set(&properties, KMS_PLANE_SRC_W, 640 << 16);
	set(&properties, KMS_PLANE_SRC_H, 480 << 16);
	set(&properties, KMS_PLANE_CRTC_X, (uint64_t)-5);
	set(&properties, KMS_PLANE_CRTC_Y, (uint64_t)INT32_MIN);
	set(&properties, KMS_PLANE_CRTC_W, 320);
	set(&properties, KMS_PLANE_CRTC_H, 240);
	set(&properties, KMS_PLANE_ROTATION, DRM_MODE_ROTATE_90 | DRM_MODE_REFLECT_X);
	set(&properties, KMS_PLANE_ALPHA, 0x8000);
	set(&properties, KMS_PLANE_ZPOS, 3);
	set(&properties, KMS_PLANE_HOTSPOT_X, 5);
	set(&properties, KMS_PLANE_HOTSPOT_Y, (uint64_t)-7);
	kms_plane_decode(&plane, &properties, &state);
	CHECK(state.fb_id == 77 && state.crtc_id == 41);
	CHECK(state.source.x == (8 << 16 | 0x8000) && state.source.y == 0xffff0000u);
	CHECK(state.source.width == 640 << 16 && state.source.height == 480 << 16);
	CHECK(state.destination.x == -5 && state.destination.y == INT32_MIN);
	CHECK(state.destination.width == 320 && state.destination.height == 240);
	CHECK(state.rotation == (DRM_MODE_ROTATE_90 | DRM_MODE_REFLECT_X));
	CHECK(state.alpha == 0x8000 && state.zpos == 3 && state.blend == FRAME_BLEND_COVERAGE);
	CHECK(state.encoding == FRAME_ENCODING_BT709 && state.range == FRAME_RANGE_FULL);
	CHECK(state.has_hotspot && state.hotspot_x == 5 && state.hotspot_y == -7);
}

/* If a plain driver leaves a property out, its default from the kernel's documentation applies. */
static void missing_is_plain(void) {
	struct kms_plane plane = {.id = 33};
	struct kms_properties properties = {.count = 2, .ids = {0, 9}, .values = {123, 456}};
	struct kms_plane_state state;
	kms_plane_decode(&plane, &properties, &state);
	CHECK(state.fb_id == 0 && state.crtc_id == 0 && !state.has_hotspot);
	CHECK(state.alpha == 0xffff && state.rotation == DRM_MODE_ROTATE_0);
	CHECK(state.blend == FRAME_BLEND_PREMULTIPLIED && state.encoding == FRAME_ENCODING_BT601);
	CHECK(state.range == FRAME_RANGE_LIMITED);
}

static void unknown_enumerators_fall_back(void) {
	struct kms_plane plane = full_plane();
	struct kms_properties properties = {0};
	struct kms_plane_state state;
	set(&properties, KMS_PLANE_BLEND, 17);
	set(&properties, KMS_PLANE_ENCODING, 2);
	kms_plane_decode(&plane, &properties, &state);
	CHECK(state.blend == FRAME_BLEND_PREMULTIPLIED && state.encoding == FRAME_ENCODING_BT601);
}

int main(void) {
	decodes_everything();
	missing_is_plain();
	unknown_enumerators_fall_back();
	return 0;
}
