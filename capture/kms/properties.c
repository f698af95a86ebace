/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/properties.h"

#include <errno.h>
#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

int kms_properties_read(int fd, uint32_t object, uint32_t type, struct kms_properties *properties) {
	struct drm_mode_obj_get_properties query = {
		.props_ptr = (uintptr_t)properties->ids,
		.prop_values_ptr = (uintptr_t)properties->values,
		.count_props = KMS_MAX_PROPERTIES,
		.obj_id = object,
		.obj_type = type,
	};
	properties->count = 0;
	if (drmIoctl(fd, DRM_IOCTL_MODE_OBJ_GETPROPERTIES, &query) != 0)
		return -errno;
	/* the kernel says how many there are, which may be more than it stored */
	properties->count = query.count_props < KMS_MAX_PROPERTIES ? query.count_props : KMS_MAX_PROPERTIES;
	return 0;
}

bool kms_properties_get(const struct kms_properties *properties, uint32_t id, uint64_t *value) {
	for (uint32_t i = 0; id && i < properties->count; i++) {
		if (properties->ids[i] == id) {
			*value = properties->values[i];
			return true;
		}
	}
	return false;
}

void kms_properties_learn(int fd, const struct kms_properties *properties, const char *const *names,
	size_t count, uint32_t *ids) {
	memset(ids, 0, count * sizeof *ids);
	for (uint32_t i = 0; i < properties->count; i++) {
		drmModePropertyRes *property = drmModeGetProperty(fd, properties->ids[i]);
		for (size_t j = 0; property && j < count; j++)
			if (strcmp(property->name, names[j]) == 0)
				ids[j] = properties->ids[i];
		drmModeFreeProperty(property);
	}
}

void kms_properties_learn_enum(
	int fd, uint32_t id, const char *const *names, size_t count, uint64_t *values) {
	for (size_t j = 0; j < count; j++)
		values[j] = UINT64_MAX;
	drmModePropertyRes *property = id ? drmModeGetProperty(fd, id) : NULL;
	for (int i = 0; property && i < property->count_enums; i++)
		for (size_t j = 0; j < count; j++)
			if (strcmp(property->enums[i].name, names[j]) == 0)
				values[j] = property->enums[i].value;
	drmModeFreeProperty(property);
}
