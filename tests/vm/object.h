/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object: a KMS object (a plane, a CRTC, a connector) and its properties, by their names. */
#ifndef ZEROVNC_OBJECT_H
#define ZEROVNC_OBJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <xf86drmMode.h>

struct object {
	uint32_t id, count;
	drmModePropertyRes **properties; // owned, and what they point to
	uint64_t *values;                // owned: those that they had when they were read
};

/* Reads all of it. One that cannot be read has no properties. `type`: DRM_MODE_OBJECT_*. */
void object_init(struct object *object, int fd, uint32_t id, uint32_t type);
void object_finish(struct object *object);

/* NULL: it has none of that name. `value`, if not NULL, becomes its value. */
const drmModePropertyRes *object_property(const struct object *object, const char *name, uint64_t *value);

/* Writes the value that a word stands for in this property. False: the property has no such word. */
bool object_word(const drmModePropertyRes *property, const char *word, uint64_t *value);

#endif
