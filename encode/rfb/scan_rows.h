/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan_rows: the loop of scan_row() for any instruction set. The file that includes this defines `vector`, of
 * PIXELS pixels; load(), and first_left() (the pixels to the left of a row's first ones, the first of which
 * stands for itself); bits_of_equal(), which has a bit for each pixel that is equal; step_of(), which has the
 * difference of each byte, and within(), which has all bits of the pixels no byte of which is larger than a
 * number; and none(), less() and sum() to count with.
 */
static inline struct scan_row scan_vectors(const uint32_t *row, unsigned width) {
	struct scan_row seen = {.changes = 1};
	vector slight = none(), soft = none();
	unsigned x = 0;
	for (; x + PIXELS <= width; x += PIXELS) {
		vector here = load(row + x), left = x ? load(row + x - 1) : first_left(row);
		vector step = step_of(here, left);
		unsigned different = ~bits_of_equal(here, left) & ((1u << PIXELS) - 1);
		seen.changes |= (uint64_t)different << x;
		slight = less(slight, within(step, SCAN_SLIGHT));
		soft = less(soft, within(step, SCAN_EDGE));
	}
	if (!x)
		return scan_row_c(row, width);
	seen.steps.all = (uint32_t)__builtin_popcountll(seen.changes) - 1;
	seen.steps.slight = sum(slight) - (x - seen.steps.all); /* but for those that are equal */
	seen.steps.edges = x - sum(soft);
	if (x < width) { /* the last pixels, and the one before them */
		struct scan_row rest = scan_row_c(row + x - 1, width - x + 1);
		seen.changes |= (rest.changes & ~UINT64_C(1)) << (x - 1);
		seen.steps.all += rest.steps.all;
		seen.steps.slight += rest.steps.slight;
		seen.steps.edges += rest.steps.edges;
	}
	return seen;
}
