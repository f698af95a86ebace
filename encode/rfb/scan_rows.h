/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan_rows: the loops of scan_rows_function for any instruction set. The file that includes this defines
 * `vector`, of PIXELS pixels; load(), and first_left() (the pixels to the left of a row's first ones, the
 * first of which stands for itself); equal(), which has all bits of the pixels that are equal, and bits_of(),
 * which makes a bit of each pixel's; step_of(), which has the difference of each byte, and within(), which
 * has all bits of the pixels no byte of which is larger than a number; and none(), less() and sum() to count
 * with.
 */

struct counts {
	vector slight;                 /* pixels whose step is slight, those of no step included */
	uint32_t pixels, steps, edges; /* pixels that were compared, and those that differ */
};

/* Where a row changes, and where by much. */
struct places {
	uint64_t changes, edges;
};

static inline void look_at(
	vector here, vector left, unsigned x, struct counts *counts, struct places *places) {
	static const unsigned all = (1u << PIXELS) - 1;
	vector step = step_of(here, left);
	counts->slight = less(counts->slight, within(step, SCAN_SLIGHT));
	places->changes |= (uint64_t)(~bits_of(equal(here, left)) & all) << x;
	places->edges |= (uint64_t)(~bits_of(within(step, SCAN_EDGE)) & all) << x;
}

static inline struct places look_along(const uint32_t *row, unsigned pixels, struct counts *counts) {
	struct places places = {0, 0};
	look_at(load(row), first_left(row), 0, counts, &places);
	for (unsigned x = PIXELS; x < pixels; x += PIXELS)
		look_at(load(row + x), load(row + x - 1), x, counts, &places);
	counts->pixels += pixels;
	counts->steps += (uint32_t)__builtin_popcountll(places.changes);
	counts->edges += (uint32_t)__builtin_popcountll(places.edges);
	places.changes |= 1;
	return places;
}

/* Adds the last pixels of a row, which are no whole vector: these and the one before them. */
static inline void look_at_rest(
	const uint32_t *row, unsigned from, unsigned width, struct places *places, struct scan_steps *steps) {
	uint64_t changes, edges;
	scan_row_c(row + from - 1, width - from + 1, &changes, &edges, steps);
	places->changes |= (changes & ~UINT64_C(1)) << (from - 1);
	places->edges |= edges << (from - 1);
}

static inline void add_counts(const struct counts *counts, struct scan_steps *steps) {
	steps->all += counts->steps;
	steps->slight += sum(counts->slight) - (counts->pixels - counts->steps);
	steps->edges += counts->edges;
}

static inline void scan_vectors(const struct scan_area *area, uint64_t rows, struct scan_rows *seen) {
	struct counts counts = {none(), 0, 0, 0};
	unsigned width = area->width, pixels = width / PIXELS * PIXELS;
	if (!pixels) {
		scan_rows_c(area, rows, seen);
		return;
	}
	for (; rows; rows &= rows - 1) {
		unsigned y = (unsigned)__builtin_ctzll(rows);
		const uint32_t *row = area->pixels + y * area->stride;
		struct places places = width == SCAN_SIDE ? look_along(row, SCAN_SIDE, &counts)
							  : look_along(row, pixels, &counts);
		if (pixels < width)
			look_at_rest(row, pixels, width, &places, &seen->steps);
		seen->changes[y] = places.changes;
		seen->runs[y] = (uint8_t)__builtin_popcountll(places.changes);
		if (places.changes != 1)
			seen->border &= places.edges;
	}
	add_counts(&counts, &seen->steps);
}
