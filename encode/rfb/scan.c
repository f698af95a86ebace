/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/scan.h"

#include <stdlib.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "capture/base/array.h"

/* --- rows --- */

/* The largest of the differences between the bytes of two pixels. */
static int step_of(uint32_t a, uint32_t b) {
	int most = 0;
	for (unsigned shift = 0; shift < 32; shift += 8) {
		int step = abs((int)(a >> shift & 0xff) - (int)(b >> shift & 0xff));
		most = step > most ? step : most;
	}
	return most;
}

void scan_row_c(
	const uint32_t *row, unsigned width, uint64_t *changes, uint64_t *edges, struct scan_steps *steps) {
	*changes = 1;
	*edges = 0;
	for (unsigned x = 1; x < width; x++) {
		if (row[x] == row[x - 1])
			continue;
		int step = step_of(row[x], row[x - 1]);
		*changes |= UINT64_C(1) << x;
		*edges |= (uint64_t)(step > SCAN_EDGE) << x;
		steps->all++;
		steps->slight += step <= SCAN_SLIGHT;
		steps->edges += step > SCAN_EDGE;
	}
}

void scan_rows_c(const struct scan_area *area, uint64_t rows, struct scan_rows *seen) {
	for (; rows; rows &= rows - 1) {
		unsigned y = (unsigned)__builtin_ctzll(rows);
		uint32_t steps = seen->steps.all;
		uint64_t edges;
		scan_row_c(area->pixels + y * area->stride, area->width, &seen->changes[y], &edges,
			&seen->steps);
		seen->runs[y] = (uint8_t)(seen->steps.all - steps + 1);
		if (seen->changes[y] != 1)
			seen->border &= edges;
	}
}

static scan_rows_function *const kernels[] = {
#if defined(__x86_64__)
	scan_rows_avx2,
	scan_rows_sse2,
#elif defined(__aarch64__)
	scan_rows_neon,
#endif
	scan_rows_c,
};

static bool can_run(scan_rows_function *kernel) {
#if defined(__x86_64__)
	if (kernel == scan_rows_avx2)
		return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
#endif
	return kernel;
}

scan_rows_function *scan_rows_at(size_t index) {
	for (size_t i = 0; i < ARRAY_LEN(kernels); i++)
		if (can_run(kernels[i]) && index-- == 0)
			return kernels[i];
	return NULL;
}

static inline void write_sixteen(uint8_t *to, uint64_t eight) {
	memcpy(to, &eight, sizeof eight);
	memcpy(to + sizeof eight, &eight, sizeof eight);
}

_Static_assert(SCAN_SPILL == 2 * sizeof(uint64_t), "so much is written at once");

/* Most runs are short. Writes as many bytes as are written fastest, and goes on behind those that count. */
static inline uint8_t *fill(uint8_t *to, unsigned index, unsigned count) {
	uint64_t eight = index * UINT64_C(0x0101010101010101);
	write_sixteen(to, eight);
	for (unsigned i = SCAN_SPILL; i < count; i += SCAN_SPILL)
		write_sixteen(to + i, eight);
	return to + count;
}

void scan_indices(
	const struct palette *palette, const uint32_t *row, uint64_t changes, unsigned width, uint8_t *to) {
	for (unsigned x = 0, end; x < width; x = end) {
		changes &= changes - 1;
		end = changes ? (unsigned)__builtin_ctzll(changes) : width;
		to = fill(to, palette_index(palette, row[x]), end - x);
	}
}

void scan_numbers(
	const uint8_t *indices, const uint8_t *numbers, uint64_t changes, unsigned width, uint8_t *to) {
	for (unsigned x = 0, end; x < width; x = end) {
		changes &= changes - 1;
		end = changes ? (unsigned)__builtin_ctzll(changes) : width;
		to = fill(to, indices[numbers ? numbers[x] : 0], end - x);
	}
}

/* --- tiles --- */

void scan_repeats(const uint32_t *pixels, size_t stride, unsigned width, unsigned height, uint64_t *repeats) {
	unsigned tiles = (width + SCAN_SIDE - 1) / SCAN_SIDE;
	memset(repeats, 0, tiles * sizeof *repeats);
	for (unsigned y = 1; y < height; y++)
		for (unsigned tile = 0, x = 0; tile < tiles; tile++, x += SCAN_SIDE) {
			const uint32_t *row = pixels + y * stride + x;
			unsigned part = width - x < SCAN_SIDE ? width - x : SCAN_SIDE;
			if (y + 3 < height)
				for (unsigned i = 0; i < part; i += 16)
					__builtin_prefetch(row + 3 * stride + i);
			repeats[tile] |= (uint64_t)(memcmp(row, row - stride, part * sizeof *row) == 0) << y;
		}
}

/* Returns whether all colours of the row are in the palette now. */
static bool add_colours(struct palette *palette, const uint32_t *row, uint64_t changes, unsigned limit) {
	for (; changes; changes &= changes - 1) {
		uint32_t colour = row[__builtin_ctzll(changes)];
		if (palette_add(palette, colour, limit) < 0)
			return false;
	}
	return true;
}

/* Text has no edge that goes through all rows of a tile that have anything. `rows` were seen, and are not
 * repeated.
 */
static struct scan_steps without_border(const struct scan_rows *seen, uint64_t rows) {
	enum { MANY_ROWS = 12 };
	struct scan_steps steps = seen->steps;
	uint32_t count = 0;
	for (; rows; rows &= rows - 1)
		count += seen->runs[__builtin_ctzll(rows)] > 1;
	uint32_t border = count >= MANY_ROWS ? (uint32_t)__builtin_popcountll(seen->border) * count : 0;
	steps.all -= border;
	steps.edges -= border;
	return steps;
}

/* Takes the rows that were seen for all of them. */
static void estimate(struct scan *scan, unsigned seen, unsigned height) {
	struct scan_steps *steps = &scan->steps;
	scan->runs = scan->runs * height / seen;
	steps->all = steps->all * height / seen;
	steps->slight = steps->slight * height / seen;
	steps->edges = steps->edges * height / seen;
}

/* `count` rows, which are fewer than 64. */
static uint64_t rows_from(unsigned y, unsigned count) {
	return ((UINT64_C(1) << count) - 1) << y;
}

static unsigned smaller(unsigned a, unsigned b) {
	return a < b ? a : b;
}

/* Takes what was seen of rows that are not repeated, or that repeat rows that were seen before them. Returns
 * whether there are not too many colours. */
static bool take_rows(struct scan *scan, const struct scan_area *area, struct scan_rows *seen, unsigned y,
	unsigned end, unsigned limit) {
	bool few = true;
	for (; y < end; y++) {
		bool repeats = area->repeats >> y & 1;
		if (repeats) {
			seen->changes[y] = seen->changes[y - 1];
			seen->runs[y] = seen->runs[y - 1];
		}
		scan->changes[y] = seen->changes[y];
		scan->runs += seen->runs[y];
		if (few && !repeats)
			few = add_colours(
				&scan->palette, area->pixels + y * area->stride, seen->changes[y], limit);
	}
	return few;
}

/* Of many colours, every fourth row tells enough. */
static uint64_t sampled_rows(const struct scan_area *area, unsigned y) {
	static const uint64_t every_fourth = UINT64_C(0x1111111111111111);
	return y < area->height ? every_fourth << y & ~UINT64_C(0) >> (SCAN_SIDE - area->height) : 0;
}

static void sample(struct scan *scan, const struct scan_area *area, struct scan_rows *seen, uint64_t rows) {
	struct scan_rows repeated = {.steps = {0}};
	scan_rows_at(0)(area, rows & ~area->repeats, seen);
	scan_rows_at(0)(area, rows & area->repeats, &repeated);
	for (; rows; rows &= rows - 1) {
		unsigned row = (unsigned)__builtin_ctzll(rows);
		scan->runs += area->repeats >> row & 1 ? repeated.runs[row] : seen->runs[row];
	}
}

void scan_steps(struct scan *scan, const struct scan_area *area) {
	struct scan_rows seen = {.steps = {0}, .border = ~UINT64_C(0)};
	uint64_t rows = ~area->repeats & ~UINT64_C(0) >> (SCAN_SIDE - area->height);
	scan_rows_at(0)(area, rows, &seen);
	scan->steps = without_border(&seen, rows);
}

/* The places from which an edge is no further away than SCAN_NEAR. */
static uint64_t near(uint64_t edges) {
	uint64_t places = edges;
	for (unsigned by = 1; by <= SCAN_NEAR; by++)
		places |= edges << by | edges >> by;
	return places;
}

void scan_blur(const struct scan_area *area, struct scan_blur *blur) {
	*blur = (struct scan_blur){0};
	for (uint64_t rows = sampled_rows(area, 0); rows; rows &= rows - 1) {
		const uint32_t *row = area->pixels + (size_t)__builtin_ctzll(rows) * area->stride;
		uint64_t edges = 0, between = 0;
		for (unsigned x = 1; x < area->width; x++) {
			int step = row[x] == row[x - 1] ? 0 : step_of(row[x], row[x - 1]);
			edges |= (uint64_t)(step > SCAN_EDGE) << x;
			between |= (uint64_t)(step > SCAN_SLIGHT && step <= SCAN_EDGE) << x;
		}
		blur->steps += (uint32_t)__builtin_popcountll(edges | between);
		blur->apart += (uint32_t)__builtin_popcountll(between & ~near(edges));
	}
}

void scan_changes(const struct scan_area *area, uint64_t *changes) {
	struct scan_rows seen = {.steps = {0}};
	scan_rows_at(0)(area, ~area->repeats & ~UINT64_C(0) >> (SCAN_SIDE - area->height), &seen);
	for (unsigned y = 0; y < area->height; y++)
		changes[y] = area->repeats >> y & 1 ? changes[y - 1] : seen.changes[y];
}

void scan_area(struct scan *scan, const struct scan_area *area, unsigned limit) {
	enum { AT_ONCE = 4 };
	struct scan_rows seen;
	unsigned y = 0, end;
	seen.steps = (struct scan_steps){0};
	seen.border = ~UINT64_C(0);
	palette_clear(&scan->palette);
	scan->many = !limit;
	scan->runs = 0;
	for (; y < area->height && !scan->many; y = end) {
		end = smaller(y + AT_ONCE, area->height);
		scan_rows_at(0)(area, rows_from(y, end - y) & ~area->repeats, &seen);
		scan->many = !take_rows(scan, area, &seen, y, end, limit);
	}
	uint64_t rows = sampled_rows(area, y);
	sample(scan, area, &seen, rows);
	rows |= y < SCAN_SIDE ? rows_from(0, y) : ~UINT64_C(0);
	unsigned count = (unsigned)__builtin_popcountll(rows);
	scan->steps = without_border(&seen, rows & ~area->repeats);
	if (count < area->height)
		estimate(scan, count, area->height);
}

/* --- tiles whose colours are known --- */

_Static_assert((int)SCAN_SIDE == (int)DAMAGE_TILE && SCAN_SIDE == 64, "a row is a number of bits");

#if defined(__SSE2__)
static bool row_repeats(const uint8_t *row) {
	__m128i equal = _mm_set1_epi8(-1);
	for (int x = 0; x < SCAN_SIDE; x += 16) {
		__m128i here = _mm_loadu_si128((const __m128i *)(const void *)(row + x));
		__m128i above = _mm_loadu_si128((const __m128i *)(const void *)(row + x - SCAN_SIDE));
		equal = _mm_and_si128(equal, _mm_cmpeq_epi8(here, above));
	}
	return _mm_movemask_epi8(equal) == 0xffff;
}

/* Which numbers differ from the one to their left. The first one counts as different. */
static uint64_t row_changes(const uint8_t *row) {
	__m128i left = _mm_setzero_si128();
	uint64_t equal = 0;
	for (int x = 0; x < SCAN_SIDE; x += 16) {
		__m128i here = _mm_loadu_si128((const __m128i *)(const void *)(row + x));
		__m128i before = _mm_or_si128(_mm_slli_si128(here, 1), _mm_srli_si128(left, 15));
		equal |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(here, before)) << x;
		left = here;
	}
	return ~equal | 1;
}
#else
static bool row_repeats(const uint8_t *row) {
	return memcmp(row, row - SCAN_SIDE, SCAN_SIDE) == 0;
}

static uint64_t row_changes(const uint8_t *row) {
	uint64_t changes = 1;
	for (int x = 1; x < SCAN_SIDE; x++)
		changes |= (uint64_t)(row[x] != row[x - 1]) << x;
	return changes;
}
#endif

/* A part of a tile's rows repeats more often than all of them. */
static bool part_repeats(const uint8_t *row, unsigned width) {
	return width == SCAN_SIDE ? row_repeats(row) : memcmp(row, row - SCAN_SIDE, width) == 0;
}

static void scan_one_colour(struct scan *scan, uint32_t colour, unsigned height, uint64_t *repeats) {
	palette_add(&scan->palette, colour, PALETTE_MAX);
	*repeats = ~UINT64_C(1) & ~UINT64_C(0) >> (SCAN_SIDE - height);
	for (unsigned y = 0; y < height; y++)
		scan->changes[y] = 1;
}

/* Numbers get indices in the order in which they are seen. */
struct numbering {
	const struct tile_colours *colours;
	struct palette *palette;
	uint8_t *indices;
	bool seen[TILE_COLOURS_MAX];
	uint32_t left; /* numbers that were not seen */
};

static void number_row(struct numbering *numbering, const uint8_t *row, uint64_t changes) {
	for (; changes; changes &= changes - 1) {
		unsigned number = row[__builtin_ctzll(changes)];
		if (numbering->seen[number])
			continue;
		numbering->seen[number] = true;
		numbering->left--;
		numbering->indices[number] = (uint8_t)palette_add(
			numbering->palette, numbering->colours->colours[number], PALETTE_MAX);
	}
}

void scan_colours(struct scan *scan, const struct tile_colours *colours, unsigned width, unsigned height,
	uint64_t *repeats, uint8_t indices[TILE_COLOURS_MAX]) {
	const uint8_t *row = colours->numbers;
	const uint64_t inside = ~UINT64_C(0) >> (SCAN_SIDE - width);
	struct numbering numbering = {colours, &scan->palette, indices, {0}, colours->count};
	palette_clear(&scan->palette);
	scan->many = false;
	scan->runs = 0;
	scan->steps = (struct scan_steps){0};
	*repeats = 0;
	memset(indices, 0, TILE_COLOURS_MAX);
	if (colours->count == 1) {
		scan_one_colour(scan, colours->colours[0], height, repeats);
		return;
	}
	for (unsigned y = 0; y < height; y++, row += SCAN_SIDE) {
		if (y && part_repeats(row, width)) {
			*repeats |= UINT64_C(1) << y;
			scan->changes[y] = scan->changes[y - 1];
			continue;
		}
		scan->changes[y] = row_changes(row) & inside;
		if (numbering.left)
			number_row(&numbering, row, scan->changes[y]);
	}
}
