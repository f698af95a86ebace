/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/scan.h"

#include <stdlib.h>

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

struct scan_row scan_row_c(const uint32_t *row, unsigned width) {
	struct scan_row seen = {.changes = 1};
	for (unsigned x = 1; x < width; x++) {
		if (row[x] == row[x - 1])
			continue;
		int step = step_of(row[x], row[x - 1]);
		seen.changes |= UINT64_C(1) << x;
		seen.steps.all++;
		seen.steps.slight += step <= SCAN_SLIGHT;
		seen.steps.edges += step > SCAN_EDGE;
	}
	return seen;
}

static scan_row_function *const kernels[] = {
#if defined(__x86_64__)
	scan_row_avx2,
	scan_row_sse2,
#elif defined(__aarch64__)
	scan_row_neon,
#endif
	scan_row_c,
};

static bool can_run(scan_row_function *kernel) {
#if defined(__x86_64__)
	if (kernel == scan_row_avx2)
		return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
#endif
	return kernel;
}

scan_row_function *scan_row_at(size_t index) {
	for (size_t i = 0; i < ARRAY_LEN(kernels); i++)
		if (can_run(kernels[i]) && index-- == 0)
			return kernels[i];
	return NULL;
}

struct scan_row scan_row(const uint32_t *row, unsigned width) {
	return scan_row_at(0)(row, width);
}

void scan_indices(const struct palette *palette, const uint32_t *row, unsigned width, uint8_t *to) {
	for (unsigned from = 0; from < width; from += SCAN_SIDE) {
		unsigned part = width - from < SCAN_SIDE ? width - from : SCAN_SIDE;
		uint64_t changes = scan_row(row + from, part).changes;
		while (changes) {
			unsigned x = (unsigned)__builtin_ctzll(changes);
			changes &= changes - 1;
			unsigned end = changes ? (unsigned)__builtin_ctzll(changes) : part;
			memset(to + from + x, (int)palette_index(palette, row[from + x]), end - x);
		}
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

static void add_steps(struct scan_steps *sum, const struct scan_steps *steps) {
	sum->all += steps->all;
	sum->slight += steps->slight;
	sum->edges += steps->edges;
}

/* Takes the rows that were seen for all of them. */
static void estimate(struct scan *scan, unsigned seen, unsigned height) {
	struct scan_steps *steps = &scan->steps;
	scan->runs = scan->runs * height / seen;
	steps->all = steps->all * height / seen;
	steps->slight = steps->slight * height / seen;
	steps->edges = steps->edges * height / seen;
}

void scan_area(struct scan *scan, const struct scan_area *area, unsigned limit) {
	enum { STRIDE = 4 }; /* of many colours, every fourth row tells enough */
	scan_row_function *look = scan_row_at(0);
	struct scan_row row = {0};
	unsigned seen = 0;
	palette_clear(&scan->palette);
	scan->many = false;
	scan->runs = 0;
	scan->steps = (struct scan_steps){0};
	for (unsigned y = 0; y < area->height; y += scan->many ? STRIDE : 1, seen++) {
		const uint32_t *pixels = area->pixels + y * area->stride;
		bool repeats = area->repeats >> y & 1;
		if (!repeats || scan->many)
			row = look(pixels, area->width);
		if (!repeats) {
			add_steps(&scan->steps, &row.steps);
			if (!scan->many)
				scan->many = !add_colours(&scan->palette, pixels, row.changes, limit);
		}
		scan->runs += row.steps.all + 1;
	}
	if (seen < area->height)
		estimate(scan, seen, area->height);
}
