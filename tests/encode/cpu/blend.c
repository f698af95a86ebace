/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One layer of 8 bits over pixels, by every kernel that this machine can run: every level of every alpha over
 * every level, against the formulas of drm_blend.c, and which tiles are found to differ.
 */
#include "encode/cpu/blend.h"

#include <drm_fourcc.h>
#include <endian.h>
#include <string.h>

#include "capture/base/array.h"
#include "encode/cpu/kernel.h"
#include "encode/damage.h"
#include "tests/encode/random.h"
#include "tests/test.h"

enum { LEVELS = 256, TILES = 3, LONGEST = TILES * DAMAGE_TILE };

static uint32_t grey(uint32_t level) {
	return level << 16 | level << 8 | level;
}

static uint32_t exact(enum frame_blend blend, uint32_t alpha, uint32_t upper, uint32_t lower) {
	uint32_t parts = lower * (255 - alpha) + upper * (blend == FRAME_BLEND_COVERAGE ? alpha : 255);
	uint32_t level = (2 * parts + 255) / 510;
	return level < 255 ? level : 255;
}

/* The rounding is the same wherever a level stands, except that half levels do not occur. */
static void check_levels(const struct kernel *kernel, uint32_t fourcc, enum frame_blend blend) {
	const struct pixel_format *format = pixel_format_find(fourcc);
	uint32_t source[LEVELS], pixels[LEVELS];
	CHECK(blend_can(format, blend, 0xffff));
	for (uint32_t alpha = 0; alpha < LEVELS; alpha++) {
		for (uint32_t upper = 0; upper < LEVELS; upper++) {
			for (uint32_t lower = 0; lower < LEVELS; lower++) {
				source[lower] = htole32(alpha << 24 | grey(upper));
				pixels[lower] = grey(lower);
			}
			kernel->blend(format, blend, (const uint8_t *)source, pixels, LEVELS);
			for (uint32_t lower = 0; lower < LEVELS; lower++)
				CHECK_SAY(pixels[lower] == grey(exact(blend, alpha, upper, lower)),
					"%s: %u of alpha %u over %u is %06x", kernel->name, upper, alpha,
					lower, pixels[lower]);
		}
	}
}

/* What a row is: random pixels, of which the X bytes below are anything. */
struct rows {
	uint32_t upper[LONGEST], lower[LONGEST], reference[LONGEST], picture[LONGEST + 1];
};

static void fill(struct rows *rows, struct random *random, const struct kernel *kernel,
	const struct pixel_format *format, enum frame_blend blend, uint32_t width) {
	for (uint32_t i = 0; i < LONGEST; i++) {
		rows->upper[i] = (uint32_t)random_next(random);
		rows->lower[i] = (uint32_t)random_next(random);
		rows->reference[i] = rows->lower[i] & 0xffffff;
		rows->picture[i] = 0x77777777;
	}
	rows->picture[LONGEST] = 0x77777777;
	kernel->blend(format, blend, (const uint8_t *)rows->upper, rows->reference, width);
}

/* One pixel differs, or none. Only its tile is stored, and nothing beyond the row. */
static void check_row(struct random *random, const struct kernel *kernel, uint32_t fourcc,
	enum frame_blend blend, uint32_t width) {
	const struct pixel_format *format = pixel_format_find(fourcc);
	struct rows rows;
	struct kernel_tile tiles[TILES] = {0};
	uint32_t at = random_below(random, width), tile = at / DAMAGE_TILE;
	bool differs = random_below(random, 4);
	fill(&rows, random, kernel, format, blend, width);
	uint32_t want = rows.reference[at];
	rows.reference[at] ^= differs ? 1u << random_below(random, 24) : 0;
	const struct kernel_row row = {
		.source = (const uint8_t *)rows.lower,
		.reference = rows.reference,
		.picture = rows.picture,
		.over = (const uint8_t *)rows.upper,
		.number = 5,
	};
	kernel->update_over(format, blend, row, width, tiles);
	rows.reference[at] = want;
	for (uint32_t i = 0; i < TILES; i++) {
		bool here = differs && i == tile;
		CHECK_SAY(tiles[i].first == (here ? 5 : 0) && tiles[i].last == tiles[i].first &&
				  tiles[i].columns == (here ? UINT64_C(1) << at % DAMAGE_TILE : 0),
			"%s: tile %u of %u pixels", kernel->name, i, width);
	}
	for (uint32_t i = 0; i <= LONGEST; i++)
		CHECK_SAY(rows.picture[i] == (i < width && tiles[i / DAMAGE_TILE].first ? rows.reference[i]
											: 0x77777777),
			"%s: pixel %u of %u is %06x", kernel->name, i, width, rows.picture[i]);
}

int main(void) {
	static const uint32_t fourccs[] = {DRM_FORMAT_ARGB8888, DRM_FORMAT_ABGR8888};
	static const enum frame_blend blends[] = {FRAME_BLEND_PREMULTIPLIED, FRAME_BLEND_COVERAGE};
	struct random random = {.state = 9};
	const struct kernel *kernel;
	for (size_t which = 0; (kernel = kernel_at(which)); which++) {
		for (size_t i = 0; i < ARRAY_LEN(fourccs) * ARRAY_LEN(blends); i++) {
			check_levels(kernel, fourccs[i / 2], blends[i % 2]);
			for (uint32_t width = 1; width <= LONGEST; width++)
				for (int n = 0; n < 8; n++)
					check_row(&random, kernel, fourccs[i / 2], blends[i % 2], width);
		}
		printf("%s: every level\n", kernel->name);
	}
	return 0;
}
