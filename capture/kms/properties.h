/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kms_properties: all properties of one KMS object at one moment. The state of every other client may be read
 * this way. The kernel takes all modeset locks for it, so it really is one moment, and may wait for a
 * modeset.
 */
#ifndef ZEROVNC_KMS_PROPERTIES_H
#define ZEROVNC_KMS_PROPERTIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KMS_MAX_PROPERTIES = 64 };

struct kms_properties {
	uint32_t count;
	uint32_t ids[KMS_MAX_PROPERTIES];
	uint64_t values[KMS_MAX_PROPERTIES];
};

/* Makes one ioctl. `type` is a DRM_MODE_OBJECT_*. 0 or -errno (-ENOENT: the object no longer exists). */
int kms_properties_read(int fd, uint32_t object, uint32_t type, struct kms_properties *properties);

/* False if the object has no such property. Id 0 stands for none. */
bool kms_properties_get(const struct kms_properties *properties, uint32_t id, uint64_t *value);

/* Finds the ids of these names among an object's properties. An id is 0 if the object lacks the property. Ids
 * stay the same as long as the device exists. */
void kms_properties_learn(int fd, const struct kms_properties *properties, const char *const *names,
	size_t count, uint32_t *ids);

/* The value that an enumeration has for each of these names, UINT64_MAX for names that it lacks. */
void kms_properties_learn_enum(int fd, uint32_t id, const char *const *names, size_t count, uint64_t *values);

#endif
