/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One layer of 8 bits over pixels, by every kernel that this machine can run: every level of every alpha over
 * every level, against the formulas of drm_blend.c, with planes' alpha and without, and which tiles are found
 * to differ.
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

/* A layer's format, and how it is laid over what is below it. */
struct kind {
	uint32_t fourcc;
	enum frame_blend blend;
	uint16_t alpha; /* the plane's */
};

static struct blend blend_of(const struct kind *kind) {
	struct blend blend;
	CHECK(blend_set(&blend, pixel_format_find(kind->fourcc), kind->blend, kind->alpha));
	return blend;
}

static double exact(const struct kind *kind, uint32_t alpha, uint32_t upper, uint32_t lower) {
	bool opaque = kind->blend == FRAME_BLEND_NONE || !pixel_format_find(kind->fourcc)->alpha.bits;
	double plane = kind->alpha / 65535.0, covered = plane * (opaque ? 1 : alpha / 255.0);
	double level =
		lower * (1 - covered) + upper * (kind->blend == FRAME_BLEND_COVERAGE ? covered : plane);
	return level < 255 ? level : 255;
}

/* Without a plane's alpha, it is the nearest one; half levels do not occur. */
static bool is_right(const struct kind *kind, double want, uint32_t pixel) {
	double slack = kind->alpha == 0xffff ? 1e-9 : 0.02, level = pixel & 255;
	return pixel == grey(pixel & 255) && level > want - 0.5 - slack && level < want + 0.5 + slack;
}

/* The rounding is the same wherever a level stands, except that half levels do not occur. */
static void check_levels(const struct kernel *kernel, const struct kind *kind) {
	const struct blend blend = blend_of(kind);
	uint32_t source[LEVELS], pixels[LEVELS];
	for (uint32_t alpha = 0; alpha < LEVELS; alpha++) {
		for (uint32_t upper = 0; upper < LEVELS; upper++) {
			for (uint32_t lower = 0; lower < LEVELS; lower++) {
				source[lower] = htole32(alpha << 24 | grey(upper));
				pixels[lower] = grey(lower);
			}
			kernel->blend(&blend, (const uint8_t *)source, pixels, LEVELS);
			for (uint32_t lower = 0; lower < LEVELS; lower++)
				CHECK_SAY(is_right(kind, exact(kind, alpha, upper, lower), pixels[lower]),
					"%s: %u of alpha %u, plane's %u, over %u is %06x, not %g",
					kernel->name, upper, alpha, kind->alpha, lower, pixels[lower],
					exact(kind, alpha, upper, lower));
		}
	}
}

/* What a row is: random pixels, of which the X bytes below are anything. */
struct rows {
	uint32_t upper[LONGEST], lower[LONGEST], reference[LONGEST], picture[LONGEST + 1];
};

static void fill(struct rows *rows, struct random *random, const struct kernel *kernel,
	const struct blend *blend, uint32_t width) {
	for (uint32_t i = 0; i < LONGEST; i++) {
		rows->upper[i] = (uint32_t)random_next(random);
		rows->lower[i] = (uint32_t)random_next(random);
		rows->reference[i] = rows->lower[i] & 0xffffff;
		rows->picture[i] = 0x77777777;
	}
	rows->picture[LONGEST] = 0x77777777;
	kernel->blend(blend, (const uint8_t *)rows->upper, rows->reference, width);
}

/* One pixel differs, or none. Only its tile is stored, and nothing beyond the row. */
static void check_row(
	struct random *random, const struct kernel *kernel, const struct kind *kind, uint32_t width) {
	const struct blend blend = blend_of(kind);
	struct rows rows;
	struct kernel_tile tiles[TILES] = {0};
	uint32_t at = random_below(random, width), tile = at / DAMAGE_TILE;
	bool differs = random_below(random, 4);
	fill(&rows, random, kernel, &blend, width);
	uint32_t want = rows.reference[at];
	rows.reference[at] ^= differs ? 1u << random_below(random, 24) : 0;
	const struct kernel_row row = {
		.source = (const uint8_t *)rows.lower,
		.reference = rows.reference,
		.picture = rows.picture,
		.over = (const uint8_t *)rows.upper,
		.number = 5,
	};
	kernel->update_over(&blend, row, width, tiles);
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

/* All kernels make the same bytes. */
static void check_alike(struct random *random, const struct kind *kind) {
	const struct blend blend = blend_of(kind);
	struct rows rows;
	uint32_t pixels[LONGEST];
	const struct kernel *kernel;
	fill(&rows, random, kernel_at(0), &blend, LONGEST);
	for (size_t which = 1; (kernel = kernel_at(which)); which++) {
		for (uint32_t i = 0; i < LONGEST; i++)
			pixels[i] = rows.lower[i] & 0xffffff;
		kernel->blend(&blend, (const uint8_t *)rows.upper, pixels, LONGEST);
		CHECK_SAY(memcmp(pixels, rows.reference, sizeof pixels) == 0, "%s differs from %s",
			kernel->name, kernel_at(0)->name);
	}
}

static void check_kind(struct random *random, const struct kernel *kernel, const struct kind *kind) {
	check_levels(kernel, kind);
	for (uint32_t width = 1; width <= LONGEST; width++)
		for (int n = 0; n < 8; n++)
			check_row(random, kernel, kind, width);
}

int main(void) {
	static const struct kind kinds[] = {
		{DRM_FORMAT_ARGB8888, FRAME_BLEND_PREMULTIPLIED, 0xffff},
		{DRM_FORMAT_ARGB8888, FRAME_BLEND_COVERAGE, 0xffff},
		{DRM_FORMAT_ABGR8888, FRAME_BLEND_PREMULTIPLIED, 0xffff},
		{DRM_FORMAT_ABGR8888, FRAME_BLEND_COVERAGE, 0xffff},
		{DRM_FORMAT_XRGB8888, FRAME_BLEND_PREMULTIPLIED, 0x8000},
		{DRM_FORMAT_XBGR8888, FRAME_BLEND_COVERAGE, 0xfffe},
		{DRM_FORMAT_ARGB8888, FRAME_BLEND_NONE, 1},
		{DRM_FORMAT_ARGB8888, FRAME_BLEND_PREMULTIPLIED, 0xabcd},
		{DRM_FORMAT_ABGR8888, FRAME_BLEND_PREMULTIPLIED, 0x0100},
		{DRM_FORMAT_ARGB8888, FRAME_BLEND_COVERAGE, 0x7fff},
		{DRM_FORMAT_ABGR8888, FRAME_BLEND_COVERAGE, 0xff00},
		{DRM_FORMAT_ARGB8888, FRAME_BLEND_COVERAGE, 65282},
		{DRM_FORMAT_ARGB8888, FRAME_BLEND_PREMULTIPLIED, 64775},
	};
	struct random random = {.state = 9};
	const struct kernel *kernel;
	for (size_t which = 0; (kernel = kernel_at(which)); which++) {
		for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
			check_kind(&random, kernel, &kinds[i]);
		printf("%s: every level\n", kernel->name);
	}
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		for (int n = 0; n < 200; n++)
			check_alike(&random, &kinds[i]);
	return 0;
}
