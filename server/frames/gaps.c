/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames/gaps.h"

#include <string.h>

static uint32_t right_of(const struct rect *place) {
	return (uint32_t)place->x + place->width;
}

static uint32_t bottom_of(const struct rect *place) {
	return (uint32_t)place->y + place->height;
}

static bool has_row(const struct rect *place, uint32_t y) {
	return (uint32_t)place->y <= y && y < bottom_of(place);
}

/* Lowers `end` to an edge that comes after `start`. */
static void stop_at(uint32_t *end, uint32_t edge, uint32_t start) {
	if (edge > start && edge < *end)
		*end = edge;
}

/* Where the rows end that the same places cover as row `y`. */
static uint32_t end_of_band(const struct rect *places, size_t count, uint32_t y, uint32_t height) {
	for (size_t i = 0; i < count; i++) {
		stop_at(&height, (uint32_t)places[i].y, y);
		stop_at(&height, bottom_of(&places[i]), y);
	}
	return height;
}

/* Where the pixels of the row end that are covered, or not covered, as the one at `x` is. */
static uint32_t end_of_span(
	const struct rect *places, size_t count, uint32_t x, uint32_t y, uint32_t width, bool *covered) {
	*covered = false;
	for (size_t i = 0; i < count; i++) {
		if (!has_row(&places[i], y))
			continue;
		stop_at(&width, (uint32_t)places[i].x, x);
		stop_at(&width, right_of(&places[i]), x);
		*covered |= (uint32_t)places[i].x <= x && x < right_of(&places[i]);
	}
	return width;
}

static uint32_t *row_of(
	const struct picture *picture, const uint8_t *pixels, struct rect part, uint32_t row) {
	size_t offset = ((size_t)part.y + row) * picture->stride + (size_t)part.x * 4;
	return (uint32_t *)(void *)(uintptr_t)(pixels + offset);
}

/* Whether this part of the picture that was published last is black. */
static bool was_black(const struct picture *picture, struct rect part) {
	const uint8_t *pixels = picture->reference ? picture->reference : picture->pixels;
	for (uint32_t y = 0; y < part.height; y++) {
		const uint32_t *row = row_of(picture, pixels, part, y);
		for (uint32_t x = 0; x < part.width; x++)
			if (row[x])
				return false;
	}
	return true;
}

static void blank_in_tile(
	struct picture *picture, struct rect part, struct rect tile, struct damage *damage) {
	if (was_black(picture, part) && picture_has_pixels(picture, &part))
		return;
	for (uint32_t y = 0; y < part.height; y++)
		memset(row_of(picture, picture->pixels, part, y), 0, (size_t)part.width * 4);
	picture_note_stored(picture, &part);
	damage_add(damage, (uint32_t)tile.x / DAMAGE_TILE, (uint32_t)tile.y / DAMAGE_TILE);
}

static void blank(
	struct picture_store *store, struct picture *picture, struct rect gap, struct damage *damage) {
	uint32_t right = (right_of(&gap) - 1) / DAMAGE_TILE, bottom = (bottom_of(&gap) - 1) / DAMAGE_TILE;
	picture_store_prepare(store, &gap);
	for (uint32_t row = (uint32_t)gap.y / DAMAGE_TILE; row <= bottom; row++) {
		for (uint32_t column = (uint32_t)gap.x / DAMAGE_TILE; column <= right; column++) {
			struct rect tile = damage_tile(damage, column, row);
			blank_in_tile(picture, rect_intersect(tile, gap), tile, damage);
		}
	}
}

void gaps_blank(struct picture_store *store, struct picture *picture, const struct rect *places, size_t count,
	struct damage *damage) {
	for (uint32_t y = 0, bottom; y < picture->height; y = bottom) {
		bottom = end_of_band(places, count, y, picture->height);
		for (uint32_t x = 0, right; x < picture->width; x = right) {
			bool covered;
			right = end_of_span(places, count, x, y, picture->width, &covered);
			if (!covered)
				blank(store, picture,
					(struct rect){(int32_t)x, (int32_t)y, right - x, bottom - y}, damage);
		}
	}
}
