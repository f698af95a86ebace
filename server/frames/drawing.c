/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames/drawing.h"

#include <errno.h>

#include "server/frames/gaps.h"

void drawing_init(struct drawing *drawing, struct picture_store *store) {
	drawing->store = store;
	drawing->picture = NULL;
	damage_init(&drawing->damage);
	damage_init(&drawing->part);
}

void drawing_finish(struct drawing *drawing) {
	damage_finish(&drawing->damage);
	damage_finish(&drawing->part);
}

int drawing_begin(struct drawing *drawing, uint32_t width, uint32_t height) {
	drawing->picture = picture_store_begin(drawing->store, width, height);
	if (!drawing->picture)
		return -ENOMEM;
	if (damage_resize(&drawing->damage, width, height) == 0 &&
		damage_resize(&drawing->part, width, height) == 0)
		return 0;
	picture_store_cancel(drawing->store, NULL);
	drawing->picture = NULL;
	return -ENOMEM;
}

void drawing_add_part(struct drawing *drawing) {
	damage_merge(&drawing->damage, &drawing->part);
}

void drawing_catch_up(struct drawing *drawing) {
	picture_store_catch_up(drawing->store, &drawing->damage);
}

void drawing_blank_gaps(struct drawing *drawing, const struct rect *places, size_t count) {
	gaps_blank(drawing->store, drawing->picture, places, count, &drawing->damage);
}

void drawing_end(struct drawing *drawing) {
	if (damage_is_empty(&drawing->damage))
		picture_store_cancel(drawing->store, NULL);
	else
		picture_store_publish(drawing->store, &drawing->damage);
	drawing->picture = NULL;
}
