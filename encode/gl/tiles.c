/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/tiles.h"

#include <string.h>

#include "encode/cpu/kernel.h"
#include "encode/damage.h"

void tiles_finish(struct tiles *tiles) {
	crew_destroy(tiles->crew);
	memset(tiles, 0, sizeof *tiles);
}

/* What the worker pool unpacks. */
struct unpacking {
	const struct unpack_header *headers;
	const uint8_t *payload;
	struct picture *picture;
	struct rect part;
	uint32_t column, row, columns; /* the picture's tile that is number 0, and how many a row has */
	unsigned count;
	bool stream; /* write past the caches */
	bool bounce; /* copy out of slow memory first */
};

/* The part of the picture that a tile covers there. */
static struct rect tile_in(const struct picture *picture, uint32_t column, uint32_t row) {
	const struct damage grid = {.width = picture->width, .height = picture->height};
	return damage_tile(&grid, column, row);
}

static size_t number_of(const struct picture *picture, uint32_t column, uint32_t row) {
	return (size_t)row * ((picture->width + DAMAGE_TILE - 1) / DAMAGE_TILE) + column;
}

static struct tile_colours **colours_at(const struct picture *picture, uint32_t column, uint32_t row) {
	return &picture->colours[number_of(picture, column, row)];
}

/* Whether the picture is to get the colours of a tile of which this cell is written: only if that is all of
 * it. */
static bool wants_colours(const struct picture *picture, struct rect tile, struct rect cell) {
	return picture->colours && picture->wants_colours && rect_equals(cell, tile);
}

/* Leaves the tile's colours in the picture, or none that are wrong. */
static void keep_colours(
	struct tile_colours **colours, const struct unpack_header *header, const uint8_t *payload) {
	bool numbered, known = unpack_has_colours(header, &numbered);
	if (known)
		*colours = tile_colours_renew(*colours, numbered);
	if (known && *colours && unpack_colours(header, payload, *colours))
		return;
	tile_colours_drop(*colours);
	*colours = NULL;
}

static void store_tile(
	const struct unpacking *job, const struct unpack_header *header, uint32_t column, uint32_t row) {
	const struct picture *picture = job->picture;
	const uint8_t *payload = job->payload + unpack_at(header);
	_Alignas(64) uint8_t whole[UNPACK_PIXELS_BYTES], bounced[UNPACK_PIXELS_BYTES];
	size_t size = unpack_size(header); /* 0 of one colour */
	if (job->bounce && size) {
		kernel_stream_copy(bounced, payload, size);
		payload = bounced;
	}
	uint32_t x = column * DAMAGE_TILE, y = row * DAMAGE_TILE;
	struct rect place = tile_in(picture, column, row), cell = rect_intersect(place, job->part);
	if (wants_colours(picture, place, cell))
		keep_colours(colours_at(picture, column, row), header, payload);
	uint8_t *to = picture->pixels + (size_t)cell.y * picture->stride + (size_t)cell.x * 4;
	if (cell.width == DAMAGE_TILE && cell.height == DAMAGE_TILE) {
		unpack_tile(header, payload, to, picture->stride, job->stream);
		return;
	}
	unpack_tile(header, payload, whole, DAMAGE_TILE * 4, false);
	const uint8_t *from = whole + (((uint32_t)cell.y - y) * DAMAGE_TILE + (uint32_t)cell.x - x) * 4;
	for (uint32_t i = 0; i < cell.height; i++)
		memcpy(to + (size_t)i * picture->stride, from + i * DAMAGE_TILE * 4, (size_t)cell.width * 4);
}

/* Stores the tile, or says that it is absent. Threads that do this at once write different flags. */
static void deal_with(const struct unpacking *job, const struct unpack_header *header) {
	uint32_t tile = header->tile & 0xffffff;
	uint32_t column = job->column + tile % job->columns, row = job->row + tile / job->columns;
	bool absent = unpack_is_absent(header);
	if (!absent)
		store_tile(job, header, column, row);
	if (job->picture->absent)
		job->picture->absent[number_of(job->picture, column, row)] = absent;
}

/* A converter that says of a box that it lies elsewhere is not believed. */
void tiles_report(struct damage *damage, uint32_t column, uint32_t row, struct damage_box box,
	const struct rect *part) {
	struct rect cell = rect_intersect(damage_tile(damage, column, row), *part);
	uint32_t x = column * DAMAGE_TILE, y = row * DAMAGE_TILE;
	struct rect changed = {(int32_t)(x + box.left), (int32_t)(y + box.top),
		(uint32_t)(box.right - box.left), (uint32_t)(box.bottom - box.top)};
	changed = rect_intersect(changed, cell);
	if (!changed.width)
		changed = cell;
	box.left = (uint8_t)((uint32_t)changed.x - x);
	box.top = (uint8_t)((uint32_t)changed.y - y);
	box.right = (uint8_t)(box.left + changed.width);
	box.bottom = (uint8_t)(box.top + changed.height);
	damage_add_box(damage, column, row, box);
}

void tiles_report_stored(struct damage *damage, const struct picture *picture, uint32_t column, uint32_t row,
	struct damage_box box, const struct rect *part) {
	struct rect place = tile_in(picture, column, row);
	tiles_report(damage, column, row, box, part);
	if (picture->absent && picture->absent[number_of(picture, column, row)])
		return; /* the colours are of older pixels */
	if (wants_colours(picture, place, rect_intersect(place, *part)) && *colours_at(picture, column, row))
		damage_add_colours(damage, column, row);
}

enum { CHUNK = 8 };

static void store_chunk(void *data, unsigned chunk) {
	const struct unpacking *job = (const struct unpacking *)data;
	for (unsigned i = chunk * CHUNK; i < (chunk + 1) * CHUNK && i < job->count; i++)
		deal_with(job, &job->headers[i]);
	unpack_finish();
}

/* Used if so much changes that waking a thread pays. */
static struct crew *crew_for(struct tiles *tiles, unsigned count, unsigned expected) {
	enum { WORTH_WAKING = 80, WORTH_SHARING = 32 };
	if (expected < WORTH_WAKING || count < WORTH_SHARING || tiles->fixed_hands < 0)
		return NULL;
	if (!tiles->crew_tried)
		tiles->crew =
			crew_create(tiles->fixed_hands ? (unsigned)tiles->fixed_hands : crew_useful_hands());
	tiles->crew_tried = true;
	return tiles->crew;
}

void tiles_store(struct tiles *tiles, const struct unpack_header *headers, unsigned count, unsigned expected,
	const uint8_t *payload, bool bounce, const struct rect *part, struct picture *picture) {
	/* More than this would push everything else out of the caches, and itself, too, before it is sent. */
	enum { CACHE_TILES = 128 };
	uint32_t column = (uint32_t)part->x / DAMAGE_TILE;
	struct unpacking job = {
		.headers = headers,
		.payload = payload,
		.picture = picture,
		.part = *part,
		.column = column,
		.row = (uint32_t)part->y / DAMAGE_TILE,
		.columns = ((uint32_t)part->x + part->width + DAMAGE_TILE - 1) / DAMAGE_TILE - column,
		.count = count,
		.bounce = bounce,
		.stream = tiles->fixed_stream ? tiles->fixed_stream > 0 : expected > CACHE_TILES,
	};
	crew_run(crew_for(tiles, count, expected), store_chunk, &job, (count + CHUNK - 1) / CHUNK);
}
