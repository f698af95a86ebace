/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/video_find.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "encode/rfb/scan.h"

#define MS 1000000ull

enum {
	JUDGE_MS = 250,
	RUN_MS = 500,   /* so long a tile has to move */
	PAUSE_MS = 250, /* a longer pause ends a run, unless viewers look rarely */
	PAUSE_LOOKS = 3,
	LONG_PAUSE_MS = 1000,
	LOOK_AGAIN_MS = 2000, /* at the pixels of a tile */
	GROW_MS = 1500,       /* a place grows no sooner than this after it has begun or grown */
	MISSES = 3,           /* judgements after which a place is given up */
	OFTEN_HZ = 8,         /* changes in a second that are enough at any rate */
	SELDOM_HZ = 3,        /* if most pictures are looked at have one */
	WIDTH_MIN = 128,
	HEIGHT_MIN = 96,
	TILE = DAMAGE_TILE,
};

/* A run: the time in which a tile has changed again and again. */
struct video_tile {
	uint64_t first_ns, last_ns; /* its first change and its last one; 0: there was none */
	uint64_t first_look, last_look;
	uint32_t count;        /* of changes, with the first */
	uint64_t area;         /* of all changes, added up */
	struct damage_box box; /* around all of them */
	uint64_t scanned_ns;   /* when its pixels were looked at; 0: in no run */
	bool filmed;           /* its pixels are like those of a video */
	bool moves, taken;     /* for the judgement that is made */
};

/* What a judgement puts together: tiles that move and touch. */
struct group {
	struct rect box;
	uint64_t area;          /* what changes of it in one picture */
	uint32_t tiles, filmed; /* tiles that change over a good part of them, and how many are filmed */
};

void video_find_finish(struct video_find *find) {
	free(find->tiles);
	free(find->queue);
	*find = (struct video_find){.numbers = find->numbers};
}

/* --- tiles --- */

static bool resize(struct video_find *find, const struct picture *picture) {
	if (find->tiles && find->width == picture->width && find->height == picture->height)
		return true;
	video_find_finish(find);
	find->columns = (picture->width + TILE - 1) / TILE;
	find->rows = (picture->height + TILE - 1) / TILE;
	size_t count = (size_t)find->columns * find->rows;
	find->tiles = calloc(count, sizeof *find->tiles);
	find->queue = malloc(count * sizeof *find->queue);
	if (!find->tiles || !find->queue) {
		video_find_finish(find);
		return false;
	}
	find->width = picture->width;
	find->height = picture->height;
	return true;
}

static struct rect place_of(uint32_t column, uint32_t row, struct damage_box box) {
	return (struct rect){(int32_t)(column * TILE + box.left), (int32_t)(row * TILE + box.top),
		(uint32_t)(box.right - box.left), (uint32_t)(box.bottom - box.top)};
}

static bool contains(struct rect outer, struct rect inner) {
	return rect_equals(rect_intersect(outer, inner), inner);
}

/* What has only moved is sent as a copy. */
static bool only_moved(const struct video_find *find, const struct picture *picture, struct rect changed) {
	if (picture->moves.from != find->generation)
		return false;
	for (size_t i = 0; i < picture->moves.count; i++)
		if (contains(picture->moves.list[i].target, changed))
			return true;
	return false;
}

static bool goes_on(const struct video_find *find, const struct video_tile *tile, uint64_t now_ns) {
	uint64_t pause = now_ns - tile->last_ns;
	return tile->count && pause <= LONG_PAUSE_MS * MS &&
	       (pause <= PAUSE_MS * MS || find->looks - tile->last_look <= PAUSE_LOOKS);
}

static void note(
	const struct video_find *find, struct video_tile *tile, struct damage_box box, uint64_t now_ns) {
	if (!goes_on(find, tile, now_ns))
		*tile = (struct video_tile){.first_ns = now_ns, .first_look = find->looks, .box = box};
	tile->last_ns = now_ns;
	tile->last_look = find->looks;
	tile->count++;
	tile->area += (uint64_t)(box.right - box.left) * (uint64_t)(box.bottom - box.top);
	tile->box = damage_box_unite(tile->box, box);
}

static void note_changes(struct video_find *find, const struct picture *picture, uint64_t now_ns) {
	find->looks++;
	for (uint32_t row = 0, i = 0; row < find->rows; row++)
		for (uint32_t column = 0; column < find->columns; column++, i++) {
			if (picture->tile_generation[i] <= find->generation)
				continue;
			struct damage_box box = history_since(&picture->histories[i], find->generation);
			if (!only_moved(find, picture, place_of(column, row, box)))
				note(find, &find->tiles[i], box, now_ns);
		}
}

/* --- judgements --- */

static bool moves(const struct video_find *find, const struct video_tile *tile, uint64_t now_ns) {
	uint64_t run_ms = (tile->last_ns - tile->first_ns) / MS, more = tile->count - 1;
	if (!goes_on(find, tile, now_ns) || run_ms < RUN_MS)
		return false;
	return more * 1000 >= run_ms * OFTEN_HZ ||
	       (more * 1000 >= run_ms * SELDOM_HZ && more * 2 >= tile->last_look - tile->first_look);
}

/* A tile at the edge of a video, or a spinner, changes only in a small part. */
static bool is_inner(const struct video_tile *tile) {
	return tile->area / tile->count >= TILE * TILE / 4;
}

/* A film has many colours. Text has, too, if it is smoothed, but also edges, and flat paper in between. */
static bool looks_filmed(const struct picture *picture, struct rect place) {
	struct scan scan;
	struct scan_area area = {
		(const uint32_t *)(const void *)(picture->pixels + (size_t)place.y * picture->stride) +
			place.x,
		picture->stride / sizeof(uint32_t), place.width, place.height, 0};
	scan_repeats(area.pixels, area.stride, area.width, area.height, &area.repeats);
	scan_area(&scan, &area, PALETTE_MAX);
	uint32_t size = place.width * place.height, clear = scan.steps.all - scan.steps.slight;
	return scan.many && (scan.steps.edges * 2 < clear || clear < size / 16 || (size - clear) * 3 < size);
}

static bool is_filmed(struct video_find *find, const struct picture *picture, uint32_t i, uint64_t now_ns) {
	struct video_tile *tile = &find->tiles[i];
	if (!tile->scanned_ns || now_ns - tile->scanned_ns > LOOK_AGAIN_MS * MS) {
		tile->filmed =
			looks_filmed(picture, place_of(i % find->columns, i / find->columns, tile->box));
		tile->scanned_ns = now_ns;
	}
	return tile->filmed;
}

static void push(struct video_find *find, uint32_t i, uint32_t *end) {
	if (find->tiles[i].moves && !find->tiles[i].taken) {
		find->tiles[i].taken = true;
		find->queue[(*end)++] = i;
	}
}

static void add(struct video_find *find, const struct picture *picture, uint32_t i, uint64_t now_ns,
	struct group *group) {
	const struct video_tile *tile = &find->tiles[i];
	struct rect place = place_of(i % find->columns, i / find->columns, tile->box);
	group->box = group->box.width ? rect_unite(group->box, place) : place;
	group->area += tile->area / tile->count;
	if (is_inner(tile)) {
		group->tiles++;
		group->filmed += is_filmed(find, picture, i, now_ns);
	}
}

/* The tiles around one, and those around them. */
static struct group gather(
	struct video_find *find, const struct picture *picture, uint32_t first, uint64_t now_ns) {
	struct group group = {0};
	uint32_t end = 0;
	push(find, first, &end);
	for (uint32_t next = 0; next < end; next++) {
		uint32_t i = find->queue[next], column = i % find->columns, row = i / find->columns;
		add(find, picture, i, now_ns, &group);
		if (column)
			push(find, i - 1, &end);
		if (column + 1 < find->columns)
			push(find, i + 1, &end);
		if (row)
			push(find, i - find->columns, &end);
		if (row + 1 < find->rows)
			push(find, i + find->columns, &end);
	}
	return group;
}

/* Sides are even, for four pixels share their colour. */
static struct rect evened(const struct video_find *find, struct rect rect) {
	if (rect.width % 2 && (uint32_t)rect.x + rect.width < find->width)
		rect.width++;
	if (rect.height % 2 && (uint32_t)rect.y + rect.height < find->height)
		rect.height++;
	rect.width &= ~1u;
	rect.height &= ~1u;
	return rect;
}

static bool is_video(const struct group *group) {
	uint64_t area = rect_area(group->box);
	return group->box.width >= WIDTH_MIN && group->box.height >= HEIGHT_MIN &&
	       group->box.width <= VIDEO_SIDE_MAX && group->box.height <= VIDEO_SIDE_MAX &&
	       area <= VIDEO_AREA_MAX && group->filmed && group->filmed * 3 >= group->tiles &&
	       group->area * 5 >= area * 2;
}

/* The place that a group is, or that it has become. -1: it is a new one. */
static int find_place(const struct video_find *find, struct rect box) {
	for (size_t i = 0; i < find->count; i++) {
		uint64_t both = rect_area(rect_intersect(find->places[i].rect, box));
		if (both * 2 >= rect_area(find->places[i].rect))
			return (int)i;
	}
	return -1;
}

static void set_place(struct video_find *find, size_t i, struct rect rect, uint64_t now_ns) {
	find->places[i] = (struct video_place){++find->numbers, rect};
	find->grown_ns[i] = now_ns;
	find->missed[i] = 0;
}

static bool overlaps_other(const struct video_find *find, size_t self, struct rect rect) {
	for (size_t i = 0; i < find->count; i++)
		if (i != self && rect_intersect(find->places[i].rect, rect).width)
			return true;
	return false;
}

static void keep_or_add(struct video_find *find, struct rect box, uint64_t now_ns) {
	int i = find_place(find, box);
	if (i < 0) {
		if (find->count < VIDEO_PLACES_MAX && !overlaps_other(find, VIDEO_PLACES_MAX, box))
			set_place(find, find->count++, box, now_ns);
		return;
	}
	const struct rect place = find->places[i].rect;
	bool shrunk = rect_area(box) * 2 < rect_area(place);
	find->missed[i] = 0;
	if ((shrunk || !contains(place, box)) && now_ns - find->grown_ns[i] >= GROW_MS * MS &&
		!overlaps_other(find, (size_t)i, box))
		set_place(find, (size_t)i, box, now_ns);
}

static void give_up(struct video_find *find, size_t i) {
	find->count--;
	find->places[i] = find->places[find->count];
	find->grown_ns[i] = find->grown_ns[find->count];
	find->missed[i] = find->missed[find->count];
}

/* Whether nothing in it has changed for a while. */
static bool stands_still(const struct video_find *find, struct rect rect, uint64_t now_ns) {
	uint32_t right = ((uint32_t)rect.x + rect.width - 1) / TILE,
		 bottom = ((uint32_t)rect.y + rect.height - 1) / TILE;
	for (uint32_t row = (uint32_t)rect.y / TILE; row <= bottom; row++)
		for (uint32_t column = (uint32_t)rect.x / TILE; column <= right; column++) {
			const struct video_tile *tile = &find->tiles[(size_t)row * find->columns + column];
			if (tile->count && now_ns - tile->last_ns < VIDEO_STILL_MS * MS)
				return false;
		}
	return true;
}

static void drop_places(struct video_find *find, uint64_t now_ns) {
	for (size_t i = find->count; i-- > 0;)
		if (find->missed[i] >= MISSES || stands_still(find, find->places[i].rect, now_ns))
			give_up(find, i);
}

static void judge(struct video_find *find, const struct picture *picture, uint64_t now_ns) {
	const uint32_t count = find->columns * find->rows;
	for (size_t i = 0; i < find->count; i++)
		find->missed[i]++;
	for (uint32_t i = 0; i < count; i++) {
		find->tiles[i].moves = moves(find, &find->tiles[i], now_ns);
		find->tiles[i].taken = false;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (!find->tiles[i].moves || find->tiles[i].taken)
			continue;
		struct group group = gather(find, picture, i, now_ns);
		if (is_video(&group))
			keep_or_add(find, evened(find, group.box), now_ns);
	}
	find->judged_ns = now_ns;
}

static uint64_t latest(const struct video_find *find, uint64_t now_ns) {
	return now_ns > find->now_ns ? now_ns : find->now_ns;
}

void video_find_look(struct video_find *find, const struct picture *picture, uint64_t now_ns) {
	if (!resize(find, picture))
		return;
	now_ns = find->now_ns = latest(find, now_ns);
	if (find->generation && picture->generation > find->generation)
		note_changes(find, picture, now_ns);
	if (picture->generation >= find->generation) {
		find->generation = picture->generation;
		if (now_ns - find->judged_ns >= JUDGE_MS * MS)
			judge(find, picture, now_ns);
	}
	drop_places(find, now_ns);
}

/* --- what stands still --- */

static bool is_in_place(const struct video_find *find, struct rect part) {
	for (size_t i = 0; i < find->count; i++)
		if (contains(find->places[i].rect, part))
			return true;
	return false;
}

/* The parts of a rectangle that lie in different tiles. */
static void add_still(
	const struct video_find *find, struct rect rect, uint64_t now_ns, struct region *still) {
	uint32_t right = (uint32_t)rect.x + rect.width, bottom = (uint32_t)rect.y + rect.height;
	for (uint32_t row = (uint32_t)rect.y / TILE; row * TILE < bottom; row++)
		for (uint32_t column = (uint32_t)rect.x / TILE; column * TILE < right; column++) {
			const struct rect tile = {
				(int32_t)(column * TILE), (int32_t)(row * TILE), TILE, TILE};
			const struct rect part = rect_intersect(rect, tile);
			if (!is_in_place(find, part) && stands_still(find, part, now_ns))
				region_add(still, part);
		}
}

void video_find_still(
	const struct video_find *find, const struct region *region, uint64_t now_ns, struct region *still) {
	for (size_t i = 0; i < region->count; i++) {
		struct rect rect = rect_intersect(
			region_rects(region)[i], (struct rect){0, 0, find->width, find->height});
		if (rect.width)
			add_still(find, rect, latest(find, now_ns), still);
	}
}
