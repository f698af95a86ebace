/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blend_rows: the loops of blend.h. Each kernel compiles them for its own instruction set, in which compilers
 * find the vectors.
 */
#include <drm_fourcc.h>
#include <string.h>

#include "capture/frame.h"
#include "encode/cpu/kernel.h"
#include "encode/cpu/pixel.h"
#include "encode/damage.h"
#include "encode/pixel_format.h"

/* What fills a register, and the levels in it as numbers of 16 bits, of which two lie in each pixel. */
#ifdef __AVX2__
enum { AT_ONCE = 8 };
#else
enum { AT_ONCE = 4 };
#endif
enum { PAIR = 0xff00ff, COLOURS = 0xffffff };
typedef uint32_t blend_pixels __attribute__((vector_size(4 * AT_ONCE)));
typedef uint16_t blend_levels __attribute__((vector_size(4 * AT_ONCE)));

/* Numbers of 65,025 at most, divided by 255 and rounded to the nearest. Then, sums of the four bytes of
 * pixels, but not above 255. */
#if VECTOR_PIXELS > 1 && defined(__AVX2__)
static inline blend_levels divided(blend_levels levels) {
	return (blend_levels)_mm256_mulhi_epu16((__m256i)(levels + 128), _mm256_set1_epi16(257));
}

static inline blend_pixels clamped_sum(blend_pixels one, blend_pixels other) {
	return (blend_pixels)_mm256_adds_epu8((__m256i)one, (__m256i)other);
}
#elif VECTOR_PIXELS > 1 && defined(__SSE2__)
static inline blend_levels divided(blend_levels levels) {
	return (blend_levels)_mm_mulhi_epu16((__m128i)(levels + 128), _mm_set1_epi16(257));
}

static inline blend_pixels clamped_sum(blend_pixels one, blend_pixels other) {
	return (blend_pixels)_mm_adds_epu8((__m128i)one, (__m128i)other);
}
#else
static inline blend_levels divided(blend_levels levels) {
	blend_levels sum = levels + 128;
	return (sum + (sum >> 8)) >> 8;
}

static inline blend_levels clamped(blend_levels sums) {
	return (sums | (0 - (sums >> 8))) & 255;
}

static inline blend_pixels clamped_sum(blend_pixels one, blend_pixels other) {
	blend_levels even = clamped((blend_levels)(one & PAIR) + (blend_levels)(other & PAIR));
	blend_levels odd = clamped(((blend_levels)one >> 8) + ((blend_levels)other >> 8));
	return (blend_pixels)(even | odd << 8);
}
#endif

static inline blend_pixels with_red_and_blue_swapped(blend_pixels pixels) {
	return (pixels & ~(uint32_t)PAIR) | (pixels >> 16 & 255) | (pixels & 255) << 16;
}

/* `swapped`: red and blue of the upper pixels are stored the other way round. The X bytes may be anything. */
static inline blend_pixels blended(bool swapped, bool coverage, blend_pixels upper, blend_pixels lower) {
	if (swapped)
		upper = with_red_and_blue_swapped(upper);
	blend_pixels alpha = upper >> 24;
	blend_levels alphas = (blend_levels)(alpha | alpha << 16), rest = alphas ^ 255;
	blend_levels even = (blend_levels)(lower & PAIR) * rest, odd = ((blend_levels)lower >> 8) * rest;
	if (coverage) {
		even += (blend_levels)(upper & PAIR) * alphas;
		odd += ((blend_levels)upper >> 8) * alphas;
	}
	blend_pixels sum = (blend_pixels)(divided(even) | divided(odd) << 8);
	return coverage ? sum : clamped_sum(upper, sum);
}

/* Up to AT_ONCE pixels as they lie in memory; the others are 0. */
static inline blend_pixels loaded(const uint8_t *source, size_t count) {
	blend_pixels pixels = {0};
	memcpy(&pixels, source, 4 * count);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	pixels = pixels << 24 | (pixels & 0xff00) << 8 | (pixels >> 8 & 0xff00) | pixels >> 24;
#endif
	return pixels;
}

static inline void blend_some(
	bool swapped, bool coverage, const uint8_t *source, uint32_t *pixels, size_t count) {
	blend_pixels lower = {0};
	memcpy(&lower, pixels, 4 * count);
	lower = blended(swapped, coverage, loaded(source, count), lower) & COLOURS;
	memcpy(pixels, &lower, 4 * count);
}

static inline void blend(
	bool swapped, bool coverage, const uint8_t *source, uint32_t *restrict pixels, size_t count) {
	for (; count >= AT_ONCE; count -= AT_ONCE, source += 4 * AT_ONCE, pixels += AT_ONCE)
		blend_some(swapped, coverage, source, pixels, AT_ONCE);
	blend_some(swapped, coverage, source, pixels, count);
}

static void blend_row(const struct pixel_format *format, enum frame_blend how, const uint8_t *source,
	uint32_t *pixels, size_t count) {
	bool swapped = format->fourcc == DRM_FORMAT_ABGR8888;
	if (how == FRAME_BLEND_COVERAGE)
		swapped ? blend(true, true, source, pixels, count)
			: blend(false, true, source, pixels, count);
	else
		swapped ? blend(true, false, source, pixels, count)
			: blend(false, false, source, pixels, count);
}

/* --- the same, compared with a reference --- */

static inline blend_pixels picture_loaded(const void *pixels) {
	blend_pixels result;
	memcpy(&result, pixels, sizeof result);
	return result;
}

static inline bool has_colour(blend_pixels pixels) {
	typedef uint64_t words __attribute__((vector_size(4 * AT_ONCE)));
	words all = (words)(pixels & COLOURS);
	uint64_t any = 0;
	for (int i = 0; i < AT_ONCE / 2; i++)
		any |= all[i];
	return any != 0;
}

static inline blend_pixels laid_over(
	bool swapped, bool coverage, const uint8_t *upper, const uint8_t *lower, size_t i) {
	return blended(swapped, coverage, loaded(upper + 4 * i, AT_ONCE), picture_loaded(lower + 4 * i));
}

static inline bool tile_over_differs(bool swapped, bool coverage, const struct kernel_row *row) {
	blend_pixels difference = {0};
#pragma GCC unroll 16
	for (size_t i = 0; i < DAMAGE_TILE; i += AT_ONCE)
		difference |= laid_over(swapped, coverage, row->over, row->source, i) ^
			      picture_loaded(row->reference + i);
	return has_colour(difference);
}

static inline void tile_over_store(bool swapped, bool coverage, const struct kernel_row *row) {
#pragma GCC unroll 16
	for (size_t i = 0; i < DAMAGE_TILE; i += AT_ONCE) {
		blend_pixels pixels = laid_over(swapped, coverage, row->over, row->source, i) & COLOURS;
		memcpy(row->picture + i, &pixels, sizeof pixels);
	}
}

static inline uint64_t same_pixels(blend_pixels one, blend_pixels other) {
#if VECTOR_PIXELS > 1
	return vector_same((vector)one, (vector)other);
#else
	uint64_t same = 0;
	for (int i = 0; i < AT_ONCE; i++)
		same |= (uint64_t)(one[i] == other[i]) << i;
	return same;
#endif
}

static inline uint64_t tile_over_store_noting(bool swapped, bool coverage, const struct kernel_row *row) {
	uint64_t same = 0;
#pragma GCC unroll 16
	for (size_t i = 0; i < DAMAGE_TILE; i += AT_ONCE) {
		blend_pixels was = picture_loaded(row->reference + i);
		blend_pixels is = laid_over(swapped, coverage, row->over, row->source, i) & COLOURS;
		memcpy(row->picture + i, &is, sizeof is);
		same |= same_pixels(is, was) << i;
	}
	return ~same;
}

static inline void tile_over_update(
	bool swapped, bool coverage, const struct kernel_row *row, struct kernel_tile *tile) {
	if (!tile->first && !tile_over_differs(swapped, coverage, row))
		return;
	if (kernel_tile_is_settled(tile) && !row->compares)
		tile_over_store(swapped, coverage, row);
	else
		kernel_tile_note(tile, tile_over_store_noting(swapped, coverage, row), row->number);
}

/* Less than a tile. */
static inline void narrow_over_update(
	bool swapped, bool coverage, const struct kernel_row *row, uint32_t width, struct kernel_tile *tile) {
	uint32_t pixels[DAMAGE_TILE];
	uint64_t different = 0;
	memcpy(pixels, row->source, 4 * width);
	blend(swapped, coverage, row->over, pixels, width);
	for (uint32_t i = 0; i < width; i++)
		different |= (uint64_t)(pixels[i] != row->reference[i]) << i;
	kernel_tile_note(tile, different, row->number);
	if (tile->first)
		memcpy(row->picture, pixels, 4 * width);
}

static inline void over_update(
	bool swapped, bool coverage, struct kernel_row row, uint32_t width, struct kernel_tile *tiles) {
	for (; width >= DAMAGE_TILE; width -= DAMAGE_TILE, tiles++) {
		tile_over_update(swapped, coverage, &row, tiles);
		row.source += 4 * DAMAGE_TILE;
		row.over += 4 * DAMAGE_TILE;
		row.reference += DAMAGE_TILE;
		row.picture += DAMAGE_TILE;
	}
	if (width)
		narrow_over_update(swapped, coverage, &row, width, tiles);
}

static void update_over(const struct pixel_format *format, enum frame_blend how, struct kernel_row row,
	uint32_t width, struct kernel_tile *tiles) {
	bool swapped = format->fourcc == DRM_FORMAT_ABGR8888;
	if (how == FRAME_BLEND_COVERAGE)
		swapped ? over_update(true, true, row, width, tiles)
			: over_update(false, true, row, width, tiles);
	else
		swapped ? over_update(true, false, row, width, tiles)
			: over_update(false, false, row, width, tiles);
}
