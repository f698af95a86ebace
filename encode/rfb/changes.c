/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/changes.h"

#include <errno.h>
#include <stdlib.h>

#include "encode/rfb/rectangle.h"

void changes_init(struct changes *changes) {
	*changes = (struct changes){.list = NULL};
	damage_init(&changes->damage);
}

void changes_finish(struct changes *changes) {
	damage_finish(&changes->damage);
	free(changes->list);
	changes->list = NULL;
}

static int make_room(struct changes *changes, size_t needed) {
	if (needed <= changes->capacity)
		return 0;
	struct rect *list = realloc(changes->list, needed * sizeof *list);
	if (!list)
		return -ENOMEM;
	changes->list = list;
	changes->capacity = needed;
	return 0;
}

int changes_find(struct changes *changes, const struct picture *picture, uint64_t seen,
	const struct framebuffer *framebuffer) {
	struct damage *damage = &changes->damage;
	changes->count = 0;
	if (picture_damage_since(picture, seen, damage) || make_room(changes, damage_count(damage)))
		return -ENOMEM;
	size_t count = damage_trimmed(damage, RECTANGLE_PIXELS, changes->list, changes->capacity);
	for (size_t i = 0; i < count; i++) {
		struct rect part = changes->list[i];
		if (framebuffer_clip(framebuffer, &part))
			changes->list[changes->count++] = part;
	}
	return 0;
}
