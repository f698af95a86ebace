/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames/exposing.h"

/* A part of the picture as the view's frame has it. */
static struct rect in_frame(const struct view *view, const struct rect *part) {
	return (struct rect){part->x - view->place.x, part->y - view->place.y, part->width, part->height};
}

static bool has_frame(const struct view *view) {
	return view->due && !view->error && view->place.width;
}

static bool can_take(const struct view *view, const struct exposures_want *want) {
	struct rect part = in_frame(view, &want->place);
	return has_frame(view) && rect_is_inside(part, view->frame.width, view->frame.height) &&
	       want->camera->impl->can(want->camera, &view->frame, part);
}

static bool can_expose(
	const struct desktop *desktop, const struct exposures_wanted *wanted, const struct rect *part) {
	for (uint32_t i = 0; i < wanted->count; i++) {
		if (!rect_equals(wanted->list[i].place, *part))
			continue;
		for (size_t at = 0; at < desktop->count; at++)
			if (can_take(desktop->views[at], &wanted->list[i]))
				return true;
	}
	return false;
}

void exposing_begin(struct drawing *drawing, const struct desktop *desktop) {
	struct picture *picture = drawing->picture;
	uint32_t count = 0;
	for (uint32_t i = 0; i < picture->spared_count; i++)
		if (can_expose(desktop, &picture->wanted, &picture->spared[i]))
			picture->spared[count++] = picture->spared[i];
	picture->spared_count = count;
}

static bool touches(const struct damage *damage, const struct rect *part) {
	uint32_t right = ((uint32_t)part->x + part->width - 1) / DAMAGE_TILE,
		 bottom = ((uint32_t)part->y + part->height - 1) / DAMAGE_TILE;
	for (uint32_t row = (uint32_t)part->y / DAMAGE_TILE; row <= bottom; row++)
		for (uint32_t column = (uint32_t)part->x / DAMAGE_TILE; column <= right; column++)
			if (damage_has(damage, column, row))
				return true;
	return false;
}

void exposing_take(struct drawing *drawing, const struct view *view) {
	struct picture *picture = drawing->picture;
	for (uint32_t i = 0; i < picture->wanted.count; i++) {
		const struct exposures_want *want = &picture->wanted.list[i];
		if (!can_take(view, want) || !touches(&drawing->damage, &want->place))
			continue;
		struct exposure *exposure =
			want->camera->impl->take(want->camera, &view->frame, in_frame(view, &want->place));
		if (exposure)
			exposures_add(&picture->exposures, &want->place, exposure);
	}
}

void exposing_cancel(struct drawing *drawing) {
	exposures_cancel(&drawing->picture->exposures);
}
