/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan_rows: the loops of scan_rows_function for any instruction set. The file that includes this defines
 * `vector`, of PIXELS pixels; load(), and first_left() (the pixels to the left of a row's first ones, the
 * first of which stands for itself); bits_of_equal(), which has a bit for each pixel that is equal;
 * step_of(), which has the difference of each byte, and within(), which has all bits of the pixels no byte of
 * which is larger than a number; and none(), less() and sum() to count with.
 */

/* Pixels whose step is small enough, those of no step included. */
struct counts {
	vector slight, soft;
	uint32_t pixels, steps; /* that were compared, and that differ */
};

static inline uint64_t look_at(vector here, vector left, struct counts *counts) {
	vector step = step_of(here, left);
	counts->slight = less(counts->slight, within(step, SCAN_SLIGHT));
	counts->soft = less(counts->soft, within(step, SCAN_EDGE));
	return ~bits_of_equal(here, left) & ((1u << PIXELS) - 1);
}

static inline uint64_t look_along(const uint32_t *row, unsigned pixels, struct counts *counts) {
	uint64_t changes = look_at(load(row), first_left(row), counts);
	for (unsigned x = PIXELS; x < pixels; x += PIXELS)
		changes |= look_at(load(row + x), load(row + x - 1), counts) << x;
	counts->pixels += pixels;
	counts->steps += (uint32_t)__builtin_popcountll(changes);
	return changes | 1;
}

static inline void add_counts(const struct counts *counts, struct scan_steps *steps) {
	steps->all += counts->steps;
	steps->slight += sum(counts->slight) - (counts->pixels - counts->steps);
	steps->edges += counts->pixels - sum(counts->soft);
}

static inline void scan_vectors(const struct scan_area *area, uint64_t rows, struct scan_rows *seen) {
	struct counts counts = {none(), none(), 0, 0};
	unsigned width = area->width, pixels = width / PIXELS * PIXELS;
	if (!pixels) {
		scan_rows_c(area, rows, seen);
		return;
	}
	for (; rows; rows &= rows - 1) {
		unsigned y = (unsigned)__builtin_ctzll(rows);
		const uint32_t *row = area->pixels + y * area->stride;
		uint64_t changes = width == SCAN_SIDE ? look_along(row, SCAN_SIDE, &counts)
						      : look_along(row, pixels, &counts);
		if (pixels < width) { /* the last pixels, and the one before them */
			uint64_t rest;
			scan_row_c(row + pixels - 1, width - pixels + 1, &rest, &seen->steps);
			changes |= (rest & ~UINT64_C(1)) << (pixels - 1);
		}
		seen->changes[y] = changes;
		seen->runs[y] = (uint8_t)__builtin_popcountll(changes);
	}
	add_counts(&counts, &seen->steps);
}
