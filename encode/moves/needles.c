/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/moves/needles.h"

#include <string.h>

enum {
	PATIENCE = 300000, /* see struct search */
	WIDTH = 16,        /* pixels of a needle */
	HEIGHT = 4,        /* its rows */
	STEP = 8,          /* between places in a tile that are tried */
	CHANGES = 6,       /* from pixel to pixel in its first row; with fewer it may be found anywhere */
	SAMPLES = 32,      /* needles that are chosen; an offset must be right for half of them */
	STRETCH = 16,      /* pixels of a row that are looked at together */
	SOUGHT = 3,        /* that are looked for everywhere */
	OFFSETS_MAX = 64   /* that are kept of each of these: text is full of repetitions */
};

struct needle {
	uint32_t x, y;        /* in the later picture */
	uint32_t rare, pixel; /* the place of the pixel in the first row that is looked for, and its colour */
};

struct search {
	const struct moves_pair *pair;
	struct needle samples[SAMPLES];
	size_t sample_count;
	struct needle sought[SOUGHT]; /* some of the samples */
	size_t sought_count;
	struct offset offsets[SOUGHT][OFFSETS_MAX]; /* of each needle that is sought: where it came from */
	size_t offset_counts[SOUGHT];
	uint32_t patience; /* pixels that are looked at one by one before the search is given up */
};

static const uint32_t *row_of(const struct moves_pair *pair, const uint8_t *pixels, uint32_t y) {
	return (const uint32_t *)(const void *)(pixels + y * pair->stride);
}

/* --- choosing --- */

static unsigned count_changes(const uint32_t *pixels) {
	unsigned changes = 0;
	for (int i = 1; i < WIDTH; i++)
		changes += pixels[i] != pixels[i - 1];
	return changes;
}

/* Whether the earlier picture has other pixels in the same place. */
static bool is_new(const struct moves_pair *pair, uint32_t x, uint32_t y) {
	return memcmp(row_of(pair, pair->before, y) + x, row_of(pair, pair->after, y) + x,
		       WIDTH * sizeof(uint32_t)) != 0;
}

/* Finds the pixel that is least like the others. */
static void choose_pixel(const struct moves_pair *pair, struct needle *needle) {
	const uint32_t *pixels = row_of(pair, pair->after, needle->y) + needle->x;
	unsigned fewest = WIDTH + 1;
	for (uint32_t i = 0; i < WIDTH; i++) {
		unsigned same = 0;
		for (int k = 0; k < WIDTH; k++)
			same += pixels[k] == pixels[i];
		if (same >= fewest)
			continue;
		fewest = same;
		needle->rare = i;
		needle->pixel = pixels[i];
	}
}

/* Takes the place of a tile that has the most changes. False: there is not enough to see anywhere. */
static bool choose_place(const struct moves_pair *pair, const struct rect *tile, struct needle *needle) {
	unsigned most = CHANGES - 1;
	for (uint32_t y = 0; y + HEIGHT <= tile->height; y += STEP)
		for (uint32_t x = 0; x + WIDTH <= tile->width; x += STEP) {
			uint32_t at_x = (uint32_t)tile->x + x, at_y = (uint32_t)tile->y + y;
			unsigned changes = count_changes(row_of(pair, pair->after, at_y) + at_x);
			if (changes <= most || !is_new(pair, at_x, at_y))
				continue;
			most = changes;
			*needle = (struct needle){.x = at_x, .y = at_y};
		}
	if (most < CHANGES)
		return false;
	choose_pixel(pair, needle);
	return true;
}

/* Takes samples from damaged tiles that lie apart by equal numbers of them, and of these a few that are
 * looked for. */
static void choose(struct search *search, const struct damage *damage) {
	uint32_t tiles = damage_count(damage), seen = 0;
	uint32_t every = (tiles + SAMPLES - 1) / SAMPLES;
	for (uint32_t row = 0; row < damage->rows; row++)
		for (uint32_t column = 0; column < damage->columns; column++) {
			if (!damage_has(damage, column, row) || seen++ % every)
				continue;
			struct rect tile = damage_tile(damage, column, row);
			search->sample_count +=
				choose_place(search->pair, &tile, &search->samples[search->sample_count]);
		}
	size_t count = search->sample_count;
	for (size_t i = 0; i < SOUGHT && i < count; i++)
		search->sought[search->sought_count++] = search->samples[(2 * i + 1) * count / (2 * SOUGHT)];
}

/* --- looking for them --- */

static bool is_here(const struct moves_pair *pair, const struct needle *needle, int64_t x, int64_t y) {
	if (x < 0 || y < 0 || x + WIDTH > pair->width || y + HEIGHT > pair->height)
		return false;
	for (uint32_t i = 0; i < HEIGHT; i++)
		if (memcmp(row_of(pair, pair->before, (uint32_t)y + i) + x,
			    row_of(pair, pair->after, needle->y + i) + needle->x,
			    WIDTH * sizeof(uint32_t)) != 0)
			return false;
	return true;
}

/* At this place of the earlier picture, there is a pixel of this colour. */
static void look(struct search *search, uint32_t pixel, uint32_t x, uint32_t y) {
	for (size_t i = 0; i < search->sought_count; i++) {
		const struct needle *needle = &search->sought[i];
		int64_t left = (int64_t)x - needle->rare;
		if (needle->pixel != pixel || search->offset_counts[i] == OFFSETS_MAX ||
			!is_here(search->pair, needle, left, y))
			continue;
		search->offsets[i][search->offset_counts[i]++] =
			(struct offset){(int32_t)(needle->x - left), (int32_t)needle->y - (int32_t)y};
	}
}

static bool has_any(const uint32_t *pixels, uint32_t one, uint32_t two, uint32_t three) {
	uint32_t any = 0;
	for (int i = 0; i < STRETCH; i++)
		any |= (uint32_t)(pixels[i] == one) | (uint32_t)(pixels[i] == two) |
		       (uint32_t)(pixels[i] == three);
	return any;
}

/* Most stretches have no pixel of any needle, which is found out for all of them at once. */
static void look_along(struct search *search, uint32_t from, uint32_t end, uint32_t y) {
	const uint32_t *row = row_of(search->pair, search->pair->before, y);
	const struct needle *sought = search->sought;
	size_t last = search->sought_count - 1;
	uint32_t one = sought[0].pixel, two = sought[last / 2].pixel, three = sought[last].pixel;
	for (uint32_t x = from; x < end && search->patience;) {
		if (end - x >= STRETCH && !has_any(row + x, one, two, three)) {
			x += STRETCH;
			continue;
		}
		uint32_t stop = end - x < STRETCH ? end : x + STRETCH;
		search->patience -= search->patience < STRETCH ? search->patience : STRETCH;
		for (; x < stop; x++)
			look(search, row[x], x, y);
	}
}

static void look_everywhere(struct search *search, const struct damage *damage) {
	for (uint32_t y = 0; y < search->pair->height; y++)
		for (uint32_t column = 0; column < damage->columns; column++) {
			if (!damage_has(damage, column, y / DAMAGE_TILE))
				continue;
			struct rect tile = damage_tile(damage, column, y / DAMAGE_TILE);
			look_along(search, (uint32_t)tile.x, (uint32_t)tile.x + tile.width, y);
		}
}

/* --- choosing an offset --- */

static size_t count_right(const struct search *search, struct offset by) {
	size_t right = 0;
	for (size_t i = 0; i < search->sample_count; i++) {
		const struct needle *sample = &search->samples[i];
		right += is_here(search->pair, sample, (int64_t)sample->x - by.x, (int64_t)sample->y - by.y);
	}
	return right;
}

bool needles_find(const struct moves_pair *pair, const struct damage *damage, struct offset *by) {
	struct search search = {.pair = pair, .patience = PATIENCE};
	size_t best = 0;
	choose(&search, damage);
	if (!search.sought_count)
		return false;
	look_everywhere(&search, damage);
	for (size_t i = 0; i < search.sought_count; i++)
		for (size_t k = 0; k < search.offset_counts[i]; k++) {
			size_t right = count_right(&search, search.offsets[i][k]);
			if (right <= best)
				continue;
			best = right;
			*by = search.offsets[i][k];
		}
	return best * 2 > search.sample_count;
}
