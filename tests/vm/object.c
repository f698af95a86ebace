/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/vm/object.h"

#include <stdlib.h>
#include <string.h>

void object_init(struct object *object, int fd, uint32_t id, uint32_t type) {
	*object = (struct object){.id = id};
	drmModeObjectProperties *all = drmModeObjectGetProperties(fd, id, type);
	if (!all)
		return;
	object->properties = calloc(all->count_props + 1, sizeof *object->properties);
	object->values = calloc(all->count_props + 1, sizeof *object->values);
	if (!object->properties || !object->values)
		abort();
	for (uint32_t i = 0; i < all->count_props; i++) {
		object->properties[object->count] = drmModeGetProperty(fd, all->props[i]);
		object->values[object->count] = all->prop_values[i];
		object->count += object->properties[object->count] != NULL;
	}
	drmModeFreeObjectProperties(all);
}

void object_finish(struct object *object) {
	for (uint32_t i = 0; i < object->count; i++)
		drmModeFreeProperty(object->properties[i]);
	free(object->properties);
	free(object->values);
	*object = (struct object){0};
}

const drmModePropertyRes *object_property(const struct object *object, const char *name, uint64_t *value) {
	for (uint32_t i = 0; i < object->count; i++) {
		if (strcmp(object->properties[i]->name, name) != 0)
			continue;
		if (value)
			*value = object->values[i];
		return object->properties[i];
	}
	return NULL;
}

bool object_word(const drmModePropertyRes *property, const char *word, uint64_t *value) {
	for (int i = 0; i < property->count_enums; i++) {
		uint64_t number = property->enums[i].value;
		*value = property->flags & DRM_MODE_PROP_BITMASK ? 1ull << number : number;
		if (strcmp(property->enums[i].name, word) == 0)
			return true;
	}
	return false;
}
