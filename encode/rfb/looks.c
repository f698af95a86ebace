/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/looks.h"

#include <stdlib.h>

#include "encode/memory.h"

static uint32_t smaller(uint32_t a, uint32_t b) {
	return a < b ? a : b;
}

static struct look_tile *tile_at(const struct looks *looks, unsigned column, unsigned row) {
	return &looks->tiles[row * looks->columns + column];
}

/* --- looks --- */

enum { FEW_COLOURS = 24 }; /* not worth JPEG, whatever their steps are */

/*
 * Text and drawings have hard edges, and hardly anything between these and what is flat, be it that dithering
 * makes it flicker a little. In photographs there are steps of all sizes, and where edges are many, little is
 * flat. Where no step is clear, as in a sky or behind a heading, the tiles around it tell more. What has few
 * colours or few steps needs no JPEG.
 */
static enum nature nature_of(const struct scan *scan, uint32_t area) {
	const struct scan_steps *steps = &scan->steps;
	uint32_t clear = steps->all - steps->slight, flat = area - clear;
	if ((!scan->many && scan->palette.count <= FEW_COLOURS) || steps->all < area / 16)
		return NATURE_PLAIN;
	if (clear < area / 256)
		return NATURE_RATHER_PHOTO;
	if (steps->edges * 2 >= clear ? flat * 3 >= area : steps->edges * 5 >= clear && flat * 5 >= area * 3)
		return NATURE_DRAWN;
	if (flat * 3 < area || (steps->edges * 12 < clear && clear * 8 > area))
		return NATURE_PHOTO;
	return steps->edges * 4 >= clear && flat * 2 >= area ? NATURE_RATHER_DRAWN : NATURE_RATHER_PHOTO;
}

/* Photographs that are blurred behind a few sharp things have as many edges as some text on a gradient, and
 * as much that is flat. What lies between the two is mostly far from the edges there. The tiles around it
 * tell. */
static enum nature nature_in_doubt(
	enum nature nature, const struct scan *scan, const struct scan_area *area) {
	struct scan_blur blur;
	uint32_t clear = scan->steps.all - scan->steps.slight;
	if (nature != NATURE_DRAWN || !scan->many || scan->steps.edges * 2 >= clear)
		return nature;
	scan_blur(area, &blur);
	return blur.apart * 10 >= blur.steps * 3 ? NATURE_RATHER_DRAWN : NATURE_DRAWN;
}

/* Most steps are slight, or nothing repeats anyway. */
static bool is_smooth(const struct scan *scan, uint32_t area) {
	return scan->many &&
	       ((scan->steps.slight * 3 > scan->runs && scan->runs > area / 8) || scan->runs > area * 2 / 5);
}

/* The pixels of some tiles, in the part. */
static struct rect pixels_of(
	const struct looks *looks, unsigned column, unsigned row, unsigned end, unsigned bottom) {
	return (struct rect){(int32_t)(column * LOOKS_TILE), (int32_t)(row * LOOKS_TILE),
		smaller(end * LOOKS_TILE, looks->of.width) - column * LOOKS_TILE,
		smaller(bottom * LOOKS_TILE, looks->of.height) - row * LOOKS_TILE};
}

static bool is_beside_photo(const struct looks *looks, unsigned column, unsigned row) {
	return (column && tile_at(looks, column - 1, row)->nature == NATURE_PHOTO) ||
	       (row && tile_at(looks, column, row - 1)->nature == NATURE_PHOTO);
}

/* What lies beside a photograph is mostly one as well. Then its colours need not be found. */
static bool goes_on_with_photo(
	const struct looks *looks, unsigned column, unsigned row, const struct scan_area *area) {
	struct scan scan;
	uint32_t size = area->width * area->height;
	if (!looks->of.photo || !is_beside_photo(looks, column, row))
		return false;
	scan_area(&scan, area, 0);
	return scan.runs > size / 2 && nature_of(&scan, size) == NATURE_PHOTO;
}

static void look_closely(struct looks *looks, struct look_tile *tile, const struct scan_area *area) {
	struct scan *scan = &tile->scan;
	uint32_t size = area->width * area->height;
	scan_area(scan, area, PALETTE_MAX);
	tile->look = scan->many ? LOOK_PIXELS : scan->palette.count == 1 ? LOOK_SOLID : LOOK_PALETTE;
	tile->nature = looks->of.photo ? nature_in_doubt(nature_of(scan, size), scan, area) : NATURE_PLAIN;
	if (looks->of.smooth && is_smooth(scan, size))
		tile->look = LOOK_SMOOTH;
}

/* The same of a tile whose colours were scanned. */
static void look_at_colours(struct looks *looks, struct look_tile *tile, const struct scan_area *area) {
	struct scan *scan = &tile->scan;
	tile->look = scan->palette.count == 1 ? LOOK_SOLID : LOOK_PALETTE;
	tile->nature = NATURE_PLAIN;
	if (!looks->of.photo || scan->palette.count <= FEW_COLOURS)
		return;
	scan_steps(scan, area);
	tile->nature = nature_of(scan, area->width * area->height);
}

static void look_at(struct looks *looks, unsigned column, unsigned row) {
	struct look_tile *tile = tile_at(looks, column, row);
	struct rect inside = pixels_of(looks, column, row, column + 1, row + 1);
	if (tile->colours)
		scan_colours(&tile->scan, tile->colours, inside.width, inside.height, &tile->repeats,
			tile->indices);
	const struct scan_area area = {
		looks_row(looks, &inside, 0), looks->of.stride, inside.width, inside.height, tile->repeats};
	tile->taken = false;
	if (goes_on_with_photo(looks, column, row, &area)) {
		tile->look = LOOK_PIXELS;
		tile->nature = NATURE_PHOTO;
	} else if (tile->colours) {
		look_at_colours(looks, tile, &area);
	} else {
		look_closely(looks, tile, &area);
	}
}

/* What the tiles around one that is in doubt say: whether more of them are photographs, or rather are. It
 * takes two photographs to outvote what was rather drawn. */
static int votes_around(const struct looks *looks, unsigned column, unsigned row) {
	static const int votes[] = {[NATURE_PLAIN] = 0,
		[NATURE_DRAWN] = -2,
		[NATURE_RATHER_DRAWN] = 0,
		[NATURE_RATHER_PHOTO] = 1,
		[NATURE_PHOTO] = 2};
	int sum = 0;
	for (unsigned y = row ? row - 1 : 0; y <= row + 1 && y < looks->rows; y++)
		for (unsigned x = column ? column - 1 : 0; x <= column + 1 && x < looks->columns; x++)
			sum += votes[tile_at(looks, x, y)->nature];
	return sum;
}

static bool is_photo(const struct looks *looks, unsigned column, unsigned row) {
	enum nature nature = tile_at(looks, column, row)->nature;
	if (nature != NATURE_RATHER_DRAWN && nature != NATURE_RATHER_PHOTO)
		return nature == NATURE_PHOTO;
	int votes = votes_around(looks, column, row), enough = nature == NATURE_RATHER_DRAWN ? 4 : 1;
	return votes ? votes >= enough : nature == NATURE_RATHER_PHOTO;
}

static void find_photos(struct looks *looks) {
	for (unsigned row = 0; row < looks->rows; row++)
		for (unsigned column = 0; column < looks->columns; column++)
			if (is_photo(looks, column, row))
				tile_at(looks, column, row)->look = LOOK_PHOTO;
}

static void find_colours(struct looks *looks, unsigned row) {
	const struct tile_colours_grid *colours = &looks->of.colours;
	for (unsigned column = 0; column < looks->columns; column++)
		tile_at(looks, column, row)->colours =
			colours->tiles ? colours->tiles[row * colours->columns + column] : NULL;
}

/* Of some tiles of a row. */
static void find_repeats(struct looks *looks, unsigned column, unsigned end, unsigned row) {
	uint64_t repeats[LOOKS_WIDEST];
	struct rect inside = pixels_of(looks, column, row, end, row + 1);
	scan_repeats(looks_row(looks, &inside, 0), looks->of.stride, inside.width, inside.height, repeats);
	for (unsigned i = 0; i < end - column; i++)
		tile_at(looks, column + i, row)->repeats = repeats[i];
}

/* Of those whose colours are not known: the others' are found with less. */
static void find_other_repeats(struct looks *looks, unsigned row) {
	for (unsigned column = 0, end; column < looks->columns; column = end) {
		bool known = tile_at(looks, column, row)->colours;
		end = column + 1;
		while (end < looks->columns && !tile_at(looks, end, row)->colours == !known)
			end++;
		if (!known)
			find_repeats(looks, column, end, row);
	}
}

bool looks_find(struct looks *looks, const struct looks_of *of) {
	looks->of = *of;
	looks->columns = (of->width + LOOKS_TILE - 1) / LOOKS_TILE;
	looks->rows = (of->height + LOOKS_TILE - 1) / LOOKS_TILE;
	looks->next = 0;
	if (!memory_grow(&looks->tiles, &looks->tiles_size,
		    (size_t)looks->columns * looks->rows * sizeof *looks->tiles))
		return false;
	for (unsigned row = 0; row < looks->rows; row++) {
		find_colours(looks, row);
		find_other_repeats(looks, row);
		for (unsigned column = 0; column < looks->columns; column++)
			look_at(looks, column, row);
	}
	if (of->photo)
		find_photos(looks);
	return true;
}

void looks_finish(struct looks *looks) {
	free(looks->tiles);
}

/* --- tiles that go together --- */

static bool is_solid(const struct look_tile *tile, uint32_t colour) {
	return !tile->taken && tile->look == LOOK_SOLID && tile->scan.palette.colours[0] == colour;
}

/* How many colours of the other palette this one lacks. */
static unsigned missing(const struct palette *palette, const struct palette *other) {
	unsigned count = 0;
	for (unsigned i = 0; i < other->count; i++)
		count += !palette->places[palette_place(palette, other->colours[i])];
	return count;
}

/* Adds the other palette's colours, all or none. */
static bool join(struct palette *palette, const struct palette *other) {
	if (palette->count + missing(palette, other) > PALETTE_MAX)
		return false;
	for (unsigned i = 0; i < other->count; i++)
		palette_add(palette, other->colours[i], PALETTE_MAX);
	return true;
}

/* Two colours take a bit, and more take a byte. So a tile of two colours is joined only to one of the same.
 */
static bool join_tile(struct palette *palette, const struct look_tile *next) {
	const struct palette *other = &next->scan.palette;
	if (next->taken || next->look != LOOK_PALETTE || (palette->count == 2) != (other->count == 2))
		return false;
	return palette->count == 2 ? !missing(palette, other) : join(palette, other);
}

/* Whether a tile looks like the first one, with whose palette its own is joined if it has one. */
static bool is_alike(const struct look_tile *tile, const struct look_tile *first, struct palette *palette) {
	if (tile->taken || tile->look != first->look)
		return false;
	if (first->look == LOOK_SOLID)
		return is_solid(tile, first->scan.palette.colours[0]);
	return first->look != LOOK_PALETTE || join_tile(palette, tile);
}

/* How far tiles like the first one go to the right. */
static unsigned end_of(const struct looks *looks, unsigned column, unsigned row, struct palette *palette) {
	const struct look_tile *first = tile_at(looks, column, row);
	unsigned end = column + 1;
	while (end < looks->columns && is_alike(tile_at(looks, end, row), first, palette))
		end++;
	return end;
}

static bool is_free_palette(const struct looks *looks, unsigned column, unsigned row) {
	const struct look_tile *tile = tile_at(looks, column, row);
	return column < looks->columns && !tile->taken && tile->look == LOOK_PALETTE;
}

/* Whether these tiles of a row are alike. Where palettes go on beside them, they are left to be joined with
 * those.
 */
static bool row_is_alike(const struct looks *looks, unsigned column, unsigned end, unsigned row,
	const struct look_tile *first, struct palette *palette) {
	if (first->look == LOOK_PALETTE &&
		((column && is_free_palette(looks, column - 1, row)) || is_free_palette(looks, end, row)))
		return false;
	for (; column < end; column++)
		if (!is_alike(tile_at(looks, column, row), first, palette))
			return false;
	return true;
}

/* How far down these tiles go on. */
static unsigned bottom_of(
	const struct looks *looks, unsigned column, unsigned end, unsigned row, struct palette *palette) {
	const struct look_tile *first = tile_at(looks, column, row);
	unsigned most = first->look == LOOK_PHOTO ? smaller(row + LOOKS_JPEG_HEIGHT / LOOKS_TILE, looks->rows)
						  : looks->rows;
	unsigned bottom = row + 1;
	while (bottom < most && row_is_alike(looks, column, end, bottom, first, palette))
		bottom++;
	return bottom;
}

/* From here on, the tile's numbers are known by their indices in the palette of its group. */
static void index_by_group(struct look_tile *tile, const struct palette *palette) {
	uint8_t in_group[PALETTE_MAX];
	if (!tile->colours)
		return;
	for (unsigned i = 0; i < tile->scan.palette.count; i++)
		in_group[i] = (uint8_t)palette_index(palette, tile->scan.palette.colours[i]);
	for (unsigned i = 0; i < tile->colours->count; i++)
		tile->indices[i] = in_group[tile->indices[i]];
}

static void take_from(struct looks *looks, unsigned column, unsigned row, struct look_group *group) {
	const struct look_tile *first = tile_at(looks, column, row);
	group->look = first->look;
	if (first->look == LOOK_PALETTE)
		group->palette = first->scan.palette;
	unsigned end = end_of(looks, column, row, &group->palette),
		 bottom = bottom_of(looks, column, end, row, &group->palette);
	for (unsigned y = row; y < bottom; y++)
		for (unsigned x = column; x < end; x++) {
			tile_at(looks, x, y)->taken = true;
			if (group->look == LOOK_PALETTE)
				index_by_group(tile_at(looks, x, y), &group->palette);
		}
	group->inside = pixels_of(looks, column, row, end, bottom);
}

bool looks_take(struct looks *looks, struct look_group *group) {
	while (looks->next < looks->columns * looks->rows && looks->tiles[looks->next].taken)
		looks->next++;
	if (looks->next == looks->columns * looks->rows)
		return false;
	take_from(looks, looks->next % looks->columns, looks->next / looks->columns, group);
	return true;
}

void looks_take_all(struct looks *looks, struct look_group *group) {
	uint64_t photo = 0;
	bool few = true;
	palette_clear(&group->palette);
	group->inside = (struct rect){0, 0, looks->of.width, looks->of.height};
	for (unsigned row = 0; row < looks->rows; row++)
		for (unsigned column = 0; column < looks->columns; column++) {
			struct look_tile *tile = tile_at(looks, column, row);
			bool has_palette = tile->look == LOOK_SOLID || tile->look == LOOK_PALETTE;
			photo += tile->look == LOOK_PHOTO
					 ? rect_area(pixels_of(looks, column, row, column + 1, row + 1))
					 : 0;
			few = few && has_palette && join(&group->palette, &tile->scan.palette);
			tile->taken = true;
		}
	for (unsigned i = 0; few && i < looks->columns * looks->rows; i++)
		index_by_group(&looks->tiles[i], &group->palette);
	if (few)
		group->look = group->palette.count == 1 ? LOOK_SOLID : LOOK_PALETTE;
	else
		group->look = photo > rect_area(group->inside) / 2 ? LOOK_PHOTO : LOOK_PIXELS;
}

/* --- margins --- */

/* Returns how many pixels from one on are like it, one step after the other. */
static uint32_t run_of(const uint32_t *pixel, ptrdiff_t step, uint32_t most) {
	uint32_t run = 1;
	while (run < most && pixel[run * step] == *pixel)
		run++;
	return run;
}

/* Returns how many lines from a corner on have its colour. They are `length` pixels long. */
static uint32_t margin_from(
	const uint32_t *corner, ptrdiff_t along, uint32_t length, ptrdiff_t across, uint32_t lines) {
	uint32_t margin = run_of(corner, across, lines);
	if (margin >= LOOKS_MARGIN && run_of(corner, along, length) == length)
		for (uint32_t i = 1; i < length && margin >= LOOKS_MARGIN; i++)
			margin = smaller(margin, run_of(corner + i * along, across, margin));
	else
		margin = 0;
	return margin >= LOOKS_MARGIN ? margin : 0;
}

bool looks_cut_margin(const struct looks *looks, struct rect *inside, struct rect *margin) {
	const ptrdiff_t right = 1, down = (ptrdiff_t)looks->of.stride;
	const uint32_t width = inside->width, height = inside->height;
	const uint32_t *first = looks_row(looks, inside, 0);
	const uint32_t *last = looks_row(looks, inside, height - 1) + width - 1;
	uint32_t size;
	*margin = *inside;
	if ((size = margin_from(first, right, width, down, height / 2))) {
		margin->height = size;
		inside->y += (int32_t)size;
		inside->height -= size;
	} else if ((size = margin_from(last, -right, width, -down, height / 2))) {
		margin->y += (int32_t)(height - size);
		margin->height = size;
		inside->height -= size;
	} else if ((size = margin_from(first, down, height, right, width / 2))) {
		margin->width = size;
		inside->x += (int32_t)size;
		inside->width -= size;
	} else if ((size = margin_from(last, -down, height, -right, width / 2))) {
		margin->x += (int32_t)(width - size);
		margin->width = size;
		inside->width -= size;
	}
	return size;
}
